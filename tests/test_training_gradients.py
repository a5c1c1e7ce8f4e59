"""The fast passes against the engine's own backpropagation and against PyTorch."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow
from explorer.clipping import clipped_backward
from explorer.readout import cross_entropy, readout_gradient
from explorer.run import cell_of
from explorer.training.batches import Batch, stacked
from explorer.training.bptt import Network, Rules
from explorer.training.settings import Training
from explorer.training.tasks import TASKS
from explorer.training.trainer import Trainer
from explorer.weights import Weights

NETWORKS = {
    "tanh": {"cell": "rnn", "activation": "tanh"},
    "sigmoid": {"cell": "rnn", "activation": "sigmoid"},
    "relu": {"cell": "rnn", "activation": "relu"},
    "identity": {"cell": "rnn", "activation": "identity", "gain": 0.9},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
}
EVERY = pytest.mark.parametrize("name", NETWORKS)


def trainer(name, task="recall", seeds=(3,), **changes):
    settings = {"steps": 12, "hidden_size": 5, "batch": 4, "precision": "float64", "input_scale": 0.4}
    return Trainer(Training(task=task, **{**settings, **NETWORKS[name], **changes}), seeds=seeds)


def engine_inputs(t, batch):
    """x (T, B, X) as the engine reads it."""
    x = batch.x[0]
    return np.eye(t.layout.X)[x] if x.ndim == 2 else x


def engine_gradient(t, state, batch, threshold=None):
    """The loss and the row of ∂E/∂θ by explorer.flow (or explorer.clipping), at the batch's weights."""
    w, out = t.layout.unpack(state.rows[0])
    cell = cell_of(t.training)
    x = engine_inputs(t, batch)
    trace = flow.forward(cell, w, x, flow.initial_state(cell, x.shape[1:2], t.layout.H))
    n = batch.targets.shape[1]
    h = trace.s["h"][-n:]
    weights = batch.weights[0]
    if t.task.real:
        answer = (h @ out.V.T + out.c)[..., 0]
        loss = np.sum(weights * (answer - batch.targets[0]) ** 2)
        do = (2 * weights * (answer - batch.targets[0]))[..., None]
    else:
        found = cross_entropy(out, h, batch.targets[0], np.ones(n, bool))
        loss, do = np.sum(weights * found.E), weights[..., None] * found.dE_do
    direct = np.zeros_like(trace.s["h"])
    direct[-n:] = do @ out.V
    if threshold is None:
        back = flow.backward(cell, w, trace, {"h": direct})
    else:
        back, _ = clipped_backward(cell, w, trace, {"h": direct}, threshold=threshold)
    scale = 2.0**back.gradient_exponent
    parts = (back.gradient.W, back.gradient.U, back.gradient.b)
    gradient = Weights(*({k: a * scale for k, a in part.items()} for part in parts))
    V = np.einsum("tbk,tbh->kh", do, h)
    return loss, t.layout.pack(gradient, replace(out, V=V, c=do.sum(axis=(0, 1))))


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12 * np.max(np.abs(theirs)))


@EVERY
@pytest.mark.parametrize("task", ["recall", "adding", "copy", "reber", "words"])
def test_loss_and_gradient_are_those_of_the_engine(name, task):
    t = trainer(name, task)
    state, batch = t.start(), t.batch(1)
    found = t.gradient(state, 1)
    loss, row = engine_gradient(t, state, batch)
    assert found.loss[0] == pytest.approx(loss, rel=1e-13)
    close(found.rows[0], row)


@EVERY
def test_the_signal_is_clipped_inside_as_the_engine_clips_it(name):
    t = trainer(name, "copy", steps=5)
    state, batch = t.start(), t.batch(1)
    tried = {
        th: t.network.gradient(state.rows, batch, Rules(threshold=th)) for th in np.geomspace(0.01, 1, 21)
    }
    threshold, found = min(tried.items(), key=lambda item: abs(item[1].engaged[0] - 0.5))
    assert 0.2 < found.engaged[0] < 0.8
    assert found.log_least[0] < 0
    # the engine cuts each sequence's signal of a loss that is a sum; here the loss is a mean over B
    _, row = engine_gradient(t, state, batch, threshold=threshold / t.training.batch)
    close(found.rows[0][: -t.layout.K * (t.layout.H + 1)], row[: -t.layout.K * (t.layout.H + 1)])


@EVERY
@pytest.mark.parametrize("tau", [1, 4, 5])
def test_truncation_is_the_gradient_with_the_state_held_fixed_at_each_chunk(name, tau):
    t = trainer(name, "copy", steps=2)
    state, batch = t.start(), t.batch(1)
    found = t.network.gradient(state.rows, batch, Rules(truncation=tau))
    w, out = t.layout.unpack(state.rows[0])
    cell, x = cell_of(t.training), engine_inputs(t, batch)
    T, total = len(x), 0.0
    starts = [t0 for t0 in range(T) if (T - t0) % tau == 0 or t0 == 0]
    s = flow.initial_state(cell, x.shape[1:2], t.layout.H)
    for start, end in zip(starts, [*starts[1:], T], strict=True):
        trace = flow.forward(cell, w, x[start:end], s)
        loss = cross_entropy(out, trace.s["h"][1:], batch.targets[0, start:end], np.ones(end - start, bool))
        back = flow.backward(cell, w, trace, {"h": loss.direct() * batch.weights[0, 0, 0]})
        readout = readout_gradient(loss, trace.s["h"][1:])
        weight = batch.weights[0, 0, 0]
        total = total + t.layout.pack(
            back.gradient, replace(readout, V=readout.V * weight, c=readout.c * weight)
        )
        s = {k: a[-1] for k, a in trace.s.items()}
    close(found.rows[0], total)


@EVERY
def test_several_seeds_at_once_are_each_what_they_are_alone(name):
    together = trainer(name, "copy", steps=3, seeds=(0, 1, 2))
    state = together.start()
    for _ in range(5):
        state, _ = together.step(state)
    for i, seed in enumerate((0, 1, 2)):
        alone = trainer(name, "copy", steps=3, seeds=(seed,))
        single = alone.start()
        for _ in range(5):
            single, _ = alone.step(single)
        np.testing.assert_allclose(state.rows[i], single.rows[0], rtol=0, atol=1e-13)


@EVERY
def test_float32_is_float64_rounded(name):
    exact, rounded = trainer(name), trainer(name, precision="float32")
    a = exact.gradient(exact.start(), 1)
    b = rounded.gradient(rounded.start(), 1)
    assert b.rows.dtype == np.float32
    np.testing.assert_allclose(b.rows, a.rows, rtol=0, atol=2e-5 * np.max(np.abs(a.rows)))
    assert b.loss[0] == pytest.approx(a.loss[0], rel=1e-5)


@EVERY
def test_packing_and_unpacking_are_inverse(name):
    t = trainer(name)
    row = np.random.default_rng(0).standard_normal(t.layout.size)
    np.testing.assert_array_equal(t.layout.pack(*t.layout.unpack(row)), row)
    assert t.layout.views(row[None])["W"].base is not None  # a view: nothing is copied


# PyTorch's own layers and automatic differentiation


def torch_network(torch, t, row):
    """PyTorch's layer and readout with our parameters."""
    w, out = t.layout.unpack(row)
    kind = {"lstm": "LSTM", "gru": "GRU"}.get(t.training.cell, "RNN")
    order = {"LSTM": "ifgo", "GRU": "rzn", "RNN": "a"}[kind]
    options = {} if kind != "RNN" else {"nonlinearity": t.training.activation}
    layer = getattr(torch.nn, kind)(t.layout.X, t.layout.H, dtype=torch.float64, **options)
    of_v = [{"n": "m"}.get(k, k) if kind == "GRU" else k for k in order]
    inner = [w.b["m"] if k == "m" else np.zeros(t.layout.H) for k in of_v]
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(np.concatenate([w.U[k] for k in order])))
        layer.weight_hh_l0.copy_(torch.tensor(np.concatenate([w.W[k] for k in of_v])))
        layer.bias_ih_l0.copy_(torch.tensor(np.concatenate([w.b[k] for k in order])))
        layer.bias_hh_l0.copy_(torch.tensor(np.concatenate(inner)))
    V, c = (torch.tensor(a, requires_grad=True) for a in (out.V, out.c))
    return layer, V, c, order, of_v


@pytest.mark.parametrize("name", ["tanh", "relu", "lstm", "gru"])
def test_gradients_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    t = trainer(name, "copy", steps=6)
    state, batch = t.start(), t.batch(1)
    layer, V, c, order, of_v = torch_network(torch, t, state.rows[0])
    h, _ = layer(torch.tensor(engine_inputs(t, batch)))
    o = h @ V.T + c
    loss = torch.nn.functional.cross_entropy(
        o.reshape(-1, t.layout.K), torch.tensor(batch.targets[0].reshape(-1))
    )
    loss.backward()
    H = t.layout.H

    def cut(a, blocks):
        return {k: a.numpy()[i * H : (i + 1) * H] for i, k in enumerate(blocks)}

    b = cut(layer.bias_ih_l0.grad, order)
    if name == "gru":
        b["m"] = layer.bias_hh_l0.grad.numpy()[2 * H :]
    gradient = Weights(cut(layer.weight_hh_l0.grad, of_v), cut(layer.weight_ih_l0.grad, order), b)
    _, out = t.layout.unpack(state.rows[0])
    found = t.gradient(state, 1)
    assert found.loss[0] == pytest.approx(float(loss.detach()), rel=1e-13)
    close(found.rows[0], t.layout.pack(gradient, replace(out, V=V.grad.numpy(), c=c.grad.numpy())))


@pytest.mark.parametrize(
    "changes",
    [
        {"optimiser": "sgd"},
        {"optimiser": "sgd", "momentum": 0.9},
        {"optimiser": "adam"},
    ],
    ids=str,
)
def test_optimisers_take_the_steps_of_pytorch(changes):
    torch = pytest.importorskip("torch")
    t = trainer("tanh", learning_rate=0.05, clipping="norm", threshold=0.3, **changes)
    state = t.start()
    theirs = torch.tensor(state.rows[0].copy(), requires_grad=True)
    options = {"lr": 0.05, "momentum": changes.get("momentum", 0.0)}
    kind = torch.optim.SGD if changes["optimiser"] == "sgd" else torch.optim.Adam
    optimiser = kind([theirs], **(options if kind is torch.optim.SGD else {"lr": 0.05}))
    for number in range(1, 8):
        g = t.gradient(state, number).rows[0]
        theirs.grad = torch.tensor(g * min(1.0, 0.3 / np.linalg.norm(g)))
        optimiser.step()
        state, _ = t.step(state)
        np.testing.assert_allclose(state.rows[0], theirs.detach().numpy(), rtol=0, atol=1e-12)


def test_losses_beyond_float64_are_no_numbers_and_no_warnings():
    t = trainer("relu", gain=20.0, steps=400)
    found = t.gradient(t.start(), 1)
    assert not np.isfinite(found.loss[0])


def test_a_network_takes_any_task():
    for name, task in TASKS.items():
        if name == "text":
            continue
        t = trainer("gru", name, steps=max(task.least, 12))
        assert np.isfinite(t.gradient(t.start(), 1).rows).all()


def test_batches_of_one_shape_stack():
    one = TASKS["recall"].draw(np.random.default_rng(0), 5, 2)
    both = stacked([one, one])
    assert isinstance(both, Batch)
    assert both.x.shape == (2, 5, 2)
    network = Network(Training(hidden_size=3).layout(TASKS["recall"]), (2, 5, 2), "tanh", np.float64)
    row = np.random.default_rng(1).standard_normal(network.layout.size)
    found = network.gradient(np.stack([row, row]), both, Rules())
    np.testing.assert_array_equal(found.rows[0], found.rows[1])

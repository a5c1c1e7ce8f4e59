"""Forward passes, gradients and Jacobians against PyTorch, the second oracle that knows nothing of ours.

torch.nn.RNN, LSTM and GRU are PyTorch's own cells; the twins below are the same equations written once
more for its automatic differentiation, which every activation and every start has. PyTorch computes
tanh′ as 1 − tanh², so that the comparison stays out of deep saturation.
"""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow
from explorer.readout import PLACEMENTS, readout_gradient
from explorer.weights import INITIALISERS
from oracles import CELL, LENGTHS, PARTS, gradient_values, problem

torch = pytest.importorskip("torch")

NN = {"rnn tanh": "RNN", "rnn relu": "RNN", "lstm": "LSTM", "gru": "GRU"}
ORDER = {"RNN": "a", "LSTM": "ifgo", "GRU": "rzn"}  # PyTorch's order of blocks
EVERY = pytest.mark.parametrize("name", CELL)
EVERY_LENGTH = pytest.mark.parametrize("T", LENGTHS)
CLOSE = 1e-12


def close(ours, theirs):
    """Asserts equality to 1e-12 of the largest entry: PyTorch sums in another order."""
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    assert np.shape(ours) == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=CLOSE * np.max(np.abs(theirs)))


def mild(name, T, **options):
    """A problem whose inputs leave the units out of saturation."""
    p = problem(name, T, **options)
    return replace(p, x=0.3 * p.x)


def tensor(a):
    """A leaf whose gradient is wanted."""
    return torch.tensor(np.array(a), dtype=torch.float64, requires_grad=True)


def leaves(p):
    """W, U, b, s_0, V and c as leaves, by part and block."""
    found = {(part, k): tensor(a) for part in PARTS for k, a in getattr(p.w, part).items()}
    found |= {("s0", k): tensor(a) for k, a in p.s0.items()}
    return found | {("V", ""): tensor(p.readout.V), ("c", ""): tensor(p.readout.c)}


# Twins: one step of each cell for automatic differentiation, from leaves, input and state to the state

PHI = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu, "identity": lambda a: a}


def affine(leaf, block, x, h):
    return leaf["b", block] + leaf["W", block] @ h + leaf["U", block] @ x


def rnn_step(phi):
    return lambda leaf, x, s: {"h": phi(affine(leaf, "a", x, s["h"]))}


def lstm_step(leaf, x, s):
    f, i, o = (torch.sigmoid(affine(leaf, block, x, s["h"])) for block in "fio")
    c = f * s["c"] + i * torch.tanh(affine(leaf, "g", x, s["h"]))
    return {"h": o * torch.tanh(c), "c": c}


def gru_step(leaf, x, s):
    r, z = (torch.sigmoid(affine(leaf, block, x, s["h"])) for block in "rz")
    reset = r * (leaf["b", "m"] + leaf["W", "m"] @ s["h"])
    n = torch.tanh(leaf["b", "n"] + leaf["U", "n"] @ x + reset)
    return {"h": (1 - z) * n + z * s["h"]}


TWIN = {**{f"rnn {key}": rnn_step(phi) for key, phi in PHI.items()}, "lstm": lstm_step, "gru": gru_step}


def twin_states(name, p, leaf):
    """{block: [s_0, ..., s_T]} by the twin.

    Each state is a copy of its own, as dE/dc_t means c_t's way into step t + 1, with h_t held fixed.
    """
    s = {k: leaf["s0", k] for k in p.cell.state}
    states = [s]
    for x in torch.tensor(p.x):
        s = {k: 1.0 * a for k, a in TWIN[name](leaf, x, s).items()}
        states.append(s)
    return {k: [step[k] for step in states] for k in p.cell.state}


def twin_loss(p, leaf, h, carries):
    """E by PyTorch's cross-entropy, from h_1..h_T."""
    o = leaf["c", ""] + torch.stack(list(h)) @ leaf["V", ""].T
    chosen = torch.tensor(carries)
    return torch.nn.functional.cross_entropy(o[chosen], torch.tensor(p.targets)[chosen], reduction="sum")


@EVERY
@EVERY_LENGTH
@pytest.mark.parametrize("initialiser", INITIALISERS)
def test_states_are_those_of_the_twin(name, T, initialiser):
    p = problem(name, T, initialiser=initialiser)
    theirs = twin_states(name, p, leaves(p))
    for block, states in p.trace().s.items():
        close(states, torch.stack(theirs[block]))


@EVERY
@EVERY_LENGTH
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_loss_and_gradients_are_those_of_automatic_differentiation(name, T, placement):
    p = mild(name, T, initialiser="orthogonal", placement=placement)
    trace, leaf = p.trace(), leaves(p)
    loss, back = p.loss(trace), p.back(trace)
    E = twin_loss(p, leaf, twin_states(name, p, leaf)["h"][1:], loss.carries)
    E.backward()
    close(loss.total(), E)
    for part in PARTS:
        for block, gradient in gradient_values(back, part).items():
            close(gradient, leaf[part, block].grad)
    for block in p.cell.state:
        close(np.ldexp(back.signals[block][0], back.exponent[0]), leaf["s0", block].grad)
    readout = readout_gradient(loss, trace.s["h"][1:])
    close(readout.V, leaf["V", ""].grad)
    close(readout.c, leaf["c", ""].grad)


@EVERY
@pytest.mark.parametrize("initialiser", INITIALISERS)
def test_gradients_are_those_of_automatic_differentiation_for_every_initialiser(name, initialiser):
    p = mild(name, 20, initialiser=initialiser)
    trace, leaf = p.trace(), leaves(p)
    back = p.back(trace)
    twin_loss(p, leaf, twin_states(name, p, leaf)["h"][1:], p.loss(trace).carries).backward()
    for part in PARTS:
        for block, gradient in gradient_values(back, part).items():
            close(gradient, leaf[part, block].grad)


@EVERY
def test_signals_are_those_of_automatic_differentiation_at_every_step(name):
    p = mild(name, 15, initialiser="orthogonal")
    trace, leaf = p.trace(), leaves(p)
    back, states = p.back(trace), twin_states(name, p, leaf)
    for steps in states.values():
        for a in steps:
            a.retain_grad()
    twin_loss(p, leaf, states["h"][1:], p.loss(trace).carries).backward()
    for block, steps in states.items():
        for t, a in enumerate(steps):
            unused = a.grad is None  # PyTorch's word for c_T, which no error reaches
            theirs = torch.zeros(p.w.H, dtype=torch.float64) if unused else a.grad
            close(np.ldexp(back.signals[block][t], back.exponent[t]), theirs)


@EVERY
@EVERY_LENGTH
def test_products_are_the_jacobians_of_automatic_differentiation(name, T):
    p = mild(name, min(T, 40), initialiser="orthogonal")
    H, leaf = p.w.H, leaves(p)

    def last_state(joint):
        s = {k: joint[i * H : (i + 1) * H] for i, k in enumerate(p.cell.state)}
        for x in torch.tensor(p.x):
            s = TWIN[name](leaf, x, s)
        return torch.cat([s[k] for k in p.cell.state])

    start = torch.tensor(np.concatenate([p.s0[k] for k in p.cell.state]))
    P = flow.chain(p.cell, p.w, p.trace()).product(len(p.x), 0)
    close(np.ldexp(P.mantissa, P.exponent), torch.autograd.functional.jacobian(last_state, start))


# PyTorch's own cells


def own_cell(name, p):
    """torch.nn.RNN, LSTM or GRU with the same weights."""
    kind = NN[name]
    options = {"nonlinearity": name.split()[1]} if kind == "RNN" else {}
    net = getattr(torch.nn, kind)(p.x.shape[1], p.w.H, dtype=torch.float64, **options)
    order = ORDER[kind]
    W = {k: p.w.W["m" if k == "n" else k] for k in order}
    both = {"weight_ih_l0": [p.w.U[k] for k in order], "weight_hh_l0": [W[k] for k in order]}
    both["bias_ih_l0"] = [p.w.b[k] for k in order]
    both["bias_hh_l0"] = [p.w.b["m"] if k == "n" else np.zeros(p.w.H) for k in order]
    with torch.no_grad():
        for parameter, blocks in both.items():
            getattr(net, parameter).copy_(torch.tensor(np.concatenate(blocks)))
    return net


def own_states(net, p):
    """h_1..h_T (T, H) by PyTorch's own cell."""
    starts = tuple(torch.tensor(p.s0[k])[None] for k in p.cell.state)
    h, _ = net(torch.tensor(p.x), starts if len(starts) > 1 else starts[0])
    return h


@pytest.mark.parametrize("name", NN)
@EVERY_LENGTH
def test_states_are_those_of_pytorchs_own_cells(name, T):
    p = problem(name, T)
    close(p.trace().s["h"][1:], own_states(own_cell(name, p), p))


@pytest.mark.parametrize("name", NN)
@EVERY_LENGTH
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_gradients_are_those_of_pytorchs_own_cells(name, T, placement):
    p = mild(name, T, initialiser="orthogonal", placement=placement)
    trace, net = p.trace(), own_cell(name, p)
    back, leaf, order = p.back(trace), leaves(p), ORDER[NN[name]]
    h = own_states(net, p)
    twin_loss(p, leaf, h, p.loss(trace).carries).backward()
    names = {"W": ("weight_hh_l0", "m"), "U": ("weight_ih_l0", "n"), "b": ("bias_ih_l0", "n")}
    for part, (parameter, candidate) in names.items():
        ours = gradient_values(back, part)
        blocks = [ours[candidate if k == "n" else k] for k in order]
        close(np.concatenate(blocks), getattr(net, parameter).grad)


def test_the_bias_inside_the_reset_gate_is_pytorchs_second_one():
    p = problem("gru", 12)
    trace, net = p.trace(), own_cell("gru", p)
    back, leaf = p.back(trace), leaves(p)
    twin_loss(p, leaf, own_states(net, p), p.loss(trace).carries).backward()
    close(gradient_values(back, "b")["m"], net.bias_hh_l0.grad[2 * p.w.H :])


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_pytorchs_default_initialiser_has_pytorchs_range(kind):
    """Every parameter of theirs is uniform within ±1/√H, and so is every block of ours."""
    H, name = 64, {"RNN": "rnn tanh"}.get(kind, kind.lower())
    torch.manual_seed(0)
    net = getattr(torch.nn, kind)(5, H, dtype=torch.float64)
    theirs = max(float(parameter.detach().abs().max()) for parameter in net.parameters())
    w = problem(name, 1, initialiser="pytorch").w
    ours = max(np.abs(a).max() for part in "WU" for a in getattr(w, part).values()) * np.sqrt(w.H)
    assert theirs * np.sqrt(H) == pytest.approx(1.0, abs=1e-2)
    assert 0.8 < ours <= 1.0

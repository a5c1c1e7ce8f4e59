"""Losses taken one by one, each against a complex step of it alone, and what their shares add up to."""

import numpy as np
import pytest

from explorer import flow
from explorer.arrays import log_norm
from explorer.itemised import grouped, itemised
from explorer.readout import Readout
from explorer.run import cell_of
from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.training.snapshot import MOST_ITEMS, asked
from explorer.training.trainer import Trainer
from oracles import CELL, STEP, problem

T = 9
EVERY = pytest.mark.parametrize("name", CELL)


def each_loss(readout, h, targets):
    """Every E_t of states h (T, ..., H), which may be complex: ln(1 + Σ e^(o_j − o_y)), (T, ...)."""
    o = h @ readout.V.T + readout.c
    y = targets.reshape(-1, *[1] * (o.ndim - 1))
    chosen = np.take_along_axis(o, np.broadcast_to(y, (*o.shape[:-1], 1)), axis=-1)
    others = np.arange(len(readout.c)) != y
    return np.log1p(np.sum(np.exp(o - chosen) * others, axis=-1))


def stepped_signals(cell, w, trace, k, losses):
    """∂E_t/∂h_k (T − k, H) for t > k, by a complex step of each unit of h_k."""
    H = trace.s["h"].shape[-1]
    s = {b: np.broadcast_to(a[k], (H, H)).astype(complex) for b, a in trace.s.items()}
    s["h"] = s["h"] + 1j * STEP * np.eye(H)
    moved = flow.forward(cell, w, np.repeat(trace.x[k:, None], H, axis=1).astype(complex), s)
    return losses(moved.s["h"][1:]).imag / STEP


def one_by_one(p, trace, weights):
    """Every ∂(weight · E_t)/∂h_k at [t, k] (T + 1, T + 1, H) by complex steps alone."""
    H = trace.s["h"].shape[-1]
    found = np.zeros((T + 1, T + 1, H))
    for k in range(T + 1):
        if k < T:
            losses = lambda h, k=k: each_loss(p.readout, h, p.targets[k:])  # noqa: E731
            found[k + 1 :, k] = stepped_signals(p.cell, p.w, trace, k, losses)
        if k:
            h = trace.s["h"][k] + 1j * STEP * np.eye(H)
            found[k, k] = each_loss(p.readout, h[None], p.targets[k - 1 : k])[0].imag / STEP
    return found * weights[:, None, None]


def recorded(name, groups):
    p = problem(name, T, initialiser="orthogonal")
    trace, weights = p.trace(), np.concatenate([[0.0], np.random.default_rng(5).uniform(0.2, 1.0, T)])
    direct = p.loss(trace).direct() * weights[:, None]
    return p, trace, weights, itemised(p.cell, p.w, trace, direct, groups)


@EVERY
def test_each_loss_alone_sends_what_a_complex_step_of_it_says(name):
    p, trace, weights, found = recorded(name, grouped(np.arange(1, T + 1), T))
    theirs = one_by_one(p, trace, weights)
    total = theirs.sum(axis=0)
    np.testing.assert_allclose(np.exp(found.log_size), np.exp(log_norm(theirs[1:])), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(np.exp(found.log_total), np.exp(log_norm(total)), rtol=1e-10)
    along = np.einsum("tkh,kh->tk", theirs[1:], total) / np.sum(total**2, axis=-1)
    np.testing.assert_allclose(found.share, along, rtol=0, atol=1e-10)


@EVERY
def test_a_group_of_losses_sends_the_sum_of_theirs(name):
    groups = grouped(np.arange(1, T + 1), 4)
    p, trace, weights, found = recorded(name, groups)
    theirs = one_by_one(p, trace, weights)
    joint = np.stack([theirs[steps].sum(axis=0) for steps in groups])
    assert found.first.tolist() == [1, 4, 6, 8]
    assert found.last.tolist() == [3, 5, 7, 9]
    np.testing.assert_allclose(np.exp(found.log_size), np.exp(log_norm(joint)), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(found.share.sum(axis=0), 1.0, rtol=0, atol=1e-12)


def test_sizes_add_up_to_more_than_the_whole_and_shares_to_all_of_it():
    _, _, _, found = recorded("lstm", grouped(np.arange(1, T + 1), T))
    assert np.all(found.log_sum >= found.log_total - 1e-12)
    assert np.any(found.log_sum[1:-1] > found.log_total[1:-1] + 0.05)
    np.testing.assert_allclose(np.exp(found.log_sum), np.exp(found.log_size).sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize(("gain", "steps"), [(1e-8, 60), (1e8, 45)])
def test_signals_beyond_float64_keep_their_sizes_and_shares(gain, steps):
    """One linear unit per loss: ∂E_t/∂h_k = w^(t−k) exactly, far outside 1e±308."""
    p = problem("rnn identity", steps)
    w = flow.Weights({"a": gain * np.eye(4)}, {"a": np.zeros((4, 3))}, {"a": np.zeros(4)})
    trace = flow.forward(p.cell, w, np.zeros((steps, 3)), {"h": np.zeros(4)})
    direct = np.ones((steps + 1, 4))
    found = itemised(p.cell, w, trace, direct, grouped(np.arange(1, steps + 1), steps))
    lag = np.arange(1, steps + 1)
    np.testing.assert_allclose(found.log_size[:, 0], lag * np.log(gain) + np.log(2.0), rtol=1e-12)
    assert found.share[0 if gain < 1 else -1, 0] == pytest.approx(1.0, abs=1e-7)
    np.testing.assert_allclose(found.share.sum(axis=0)[1:], 1.0, atol=1e-12)


def test_where_nothing_arrives_the_shares_are_zero_and_the_size_is_an_exact_zero():
    p = problem("rnn identity", T)
    w = flow.Weights({"a": np.zeros((4, 4))}, {"a": np.zeros((4, 3))}, {"a": np.zeros(4)})
    trace = flow.forward(p.cell, w, np.zeros((T, 3)), {"h": np.zeros(4)})
    found = itemised(p.cell, w, trace, np.ones((T + 1, 4)), [np.array([T])])
    assert np.isneginf(found.log_total[:T]).all()
    assert not found.share[:, :T].any()
    assert found.share[0, T] == 1.0


def test_losses_that_cancel_leave_nothing_and_no_share():
    p = problem("rnn identity", 2)
    w = flow.Weights({"a": np.eye(4)}, {"a": np.zeros((4, 3))}, {"a": np.zeros(4)})
    trace = flow.forward(p.cell, w, np.zeros((2, 3)), {"h": np.zeros(4)})
    direct = np.array([0.0, 1.0, -1.0])[:, None] * np.ones(4)
    found = itemised(p.cell, w, trace, direct, grouped(np.array([1, 2]), 2))
    assert np.isneginf(found.log_total[1])
    assert found.share[:, 1].tolist() == [0.0, 0.0]
    assert found.log_sum[1] == pytest.approx(np.log(4.0))


# On the watched sequence of a training


@pytest.mark.parametrize("task", ["recall", "adding", "copy", "order", "reber", "words"])
def test_the_losses_of_every_task_make_up_the_signal_of_its_whole_loss(task):
    """Against a complex step of h_1, run through E as the training defines it on the watched sequence."""
    training = Training(task=task, steps=14, hidden_size=4, cell="gru", input_scale=0.5)
    course = Course(training)
    items, probe, layout = course.snapshots[0].items, course.probe, course.trainer.layout
    w, out = layout.unpack(course.state.rows[0])
    x = probe.x[0, :, 0]
    x = np.eye(layout.X)[x] if x.ndim == 1 else x
    cell = cell_of(training)
    trace = flow.forward(cell, w, x, flow.initial_state(cell, (), 4))
    n = probe.targets.shape[1]
    targets, weights = probe.targets[0, :, 0], probe.weights[0, :, :1]

    def losses(h):
        if course.trainer.task.real:
            return weights * ((h[-n:] @ out.V.T + out.c)[..., 0] - targets[:, None]) ** 2
        return weights * each_loss(Readout(out.V, out.c), h[-n:], targets)

    whole = stepped_signals(cell, w, trace, 1, lambda h: losses(np.concatenate([h[:1] * 0, h])))
    theirs = whole[1 if n == trace.T else 0 :].sum(axis=0)
    own = asked(out, trace, probe)
    theirs = theirs + own.own[1] * own.weights[1]  # the step's own loss, at fixed later states
    assert items.log_total[1] == pytest.approx(float(log_norm(theirs)), abs=1e-6)
    assert len(items.first) == np.count_nonzero(weights)


def test_the_watched_sentence_is_one_that_is_asked_at_every_step():
    probe = Trainer(Training(task="words")).probe()
    assert probe.x.shape[1] == np.count_nonzero(probe.weights)


def test_a_long_sequence_is_itemised_in_groups_of_neighbours():
    items = Course(Training(task="copy", steps=100, hidden_size=4)).snapshots[0].items
    assert len(items.first) == MOST_ITEMS
    assert items.first[0] == 1
    assert items.last[-1] == 120
    assert np.all(items.first[1:] == items.last[:-1] + 1)

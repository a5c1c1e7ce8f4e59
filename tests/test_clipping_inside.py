"""Clipping inside backpropagation: what it bounds, what it leaves alone, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow
from explorer.clipping import clipped_backward, flat
from oracles import CELL, PARTS, problem

EVERY = pytest.mark.parametrize("name", CELL)


def signal_sizes(back, cell):
    """Norms of the joint signal at every step."""
    joint = np.concatenate([back.signals[k] for k in cell.state], axis=-1)
    return np.ldexp(np.linalg.norm(joint, axis=-1), back.exponent)


def pieces(name, T=15):
    """A problem, its trace and its own error signals."""
    p = problem(name, T, initialiser="orthogonal")
    trace = p.trace()
    return p, trace, {"h": p.loss(trace).direct()}


@EVERY
@pytest.mark.parametrize("threshold", [1e-3, 0.1, 0.7])
def test_no_signal_inside_backpropagation_exceeds_the_threshold(name, threshold):
    p, trace, direct = pieces(name)
    back, factor = clipped_backward(p.cell, p.w, trace, direct, threshold=threshold)
    sizes = signal_sizes(back, p.cell)
    assert (sizes <= threshold * (1 + 1e-13)).all()
    np.testing.assert_allclose(sizes[factor < 0], threshold, rtol=1e-13)
    assert (factor < 0).any()


@EVERY
def test_clipping_inside_changes_no_bit_where_nothing_is_above_the_threshold(name):
    p, trace, direct = pieces(name)
    plain = flow.backward(p.cell, p.w, trace, direct)
    back, factor = clipped_backward(p.cell, p.w, trace, direct, threshold=1e4)
    assert not factor.any()
    for block in p.cell.state:
        assert (back.signals[block] == plain.signals[block]).all()
    for part in PARTS:
        for block, a in getattr(plain.gradient, part).items():
            assert (getattr(back.gradient, part)[block] == a).all()


@EVERY
def test_clipping_inside_is_the_plain_recursion(name):
    """ds_{t-1} = cut(Jᵀ ds_t + own share), one step after the other."""
    threshold, (p, trace, direct) = 0.3, pieces(name)
    J = flow.chain(p.cell, p.w, trace).take(slice(None))
    H, own = p.w.H, np.zeros((trace.T + 1, J.shape[-1]))
    own[:, :H] = direct["h"]
    back, factor = clipped_backward(p.cell, p.w, trace, direct, threshold=threshold)
    ds = np.zeros(J.shape[-1])
    for t in range(trace.T, -1, -1):
        ds = own[t] + (J[t].T @ ds if t < trace.T else 0.0)
        size = np.linalg.norm(ds)
        assert factor[t] == pytest.approx(min(0.0, np.log(threshold / size)), abs=1e-12)
        ds = ds * min(1.0, threshold / size)
        ours = np.concatenate([back.signals[k][t] for k in p.cell.state])
        np.testing.assert_allclose(ours, ds, rtol=1e-11, atol=1e-14)


@EVERY
def test_the_gradient_of_clipped_signals_is_gathered_from_them(name):
    p, trace, direct = pieces(name)
    back, _ = clipped_backward(p.cell, p.w, trace, direct, threshold=0.2)
    D = trace.partials(p.cell)
    for block in p.cell.v_blocks:
        local = sum(back.signals[k][1:] * D[k][block] for k in p.cell.state if block in D[k])
        expected = local.T @ trace.s["h"][:-1]
        np.testing.assert_allclose(back.gradient.W[block], expected, rtol=1e-12, atol=1e-15)


def test_clipping_inside_tames_what_would_exceed_float64():
    p, trace, direct = pieces("rnn identity", T=40)
    w = replace(p.w, W={"a": 1e12 * p.w.W["a"]})  # the states stay as they were recorded
    back, factor = clipped_backward(p.cell, w, trace, direct, threshold=1.0)
    assert (signal_sizes(back, p.cell) <= 1 + 1e-13).all()
    assert np.isfinite(flat(back.gradient)).all()
    assert factor.min() < np.log(1e-11)


def test_each_sequence_of_a_batch_is_clipped_by_itself():
    p, rng = problem("lstm", 8), np.random.default_rng(0)
    x = rng.standard_normal((8, 2, 3))
    s0 = {k: np.zeros((2, 4)) for k in p.cell.state}
    direct = rng.standard_normal((9, 2, 4)) * [[[1.0], [1e-3]]]
    trace = flow.forward(p.cell, p.w, x, s0)
    back, factor = clipped_backward(p.cell, p.w, trace, {"h": direct}, threshold=0.5)
    assert factor[:, 0].any()
    assert not factor[:, 1].any()
    for i in range(2):
        alone = flow.forward(p.cell, p.w, x[:, i], {k: a[i] for k, a in s0.items()})
        single, _ = clipped_backward(p.cell, p.w, alone, {"h": direct[:, i]}, threshold=0.5)
        for block in p.cell.state:
            ours, alone_signals = back.signals[block][:, i], single.signals[block]
            np.testing.assert_allclose(ours, alone_signals, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("threshold", [0.0, -2.0, np.nan])
def test_clipping_inside_refuses_a_threshold_that_is_no_size(threshold):
    p, trace, direct = pieces("rnn tanh")
    with pytest.raises(ValueError, match="threshold must be positive and finite"):
        clipped_backward(p.cell, p.w, trace, direct, threshold=threshold)

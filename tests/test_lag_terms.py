"""The gradient opened up by lag: its terms against sums written out, and truncated backpropagation."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from explorer import flow
from explorer.arrays import log_norm
from explorer.errors import lag_terms
from explorer.experiment import Experiment
from explorer.readout import PLACEMENTS
from explorer.run import run
from oracles import CELL, last_step_only, plain_contributions, plain_signals, problem, scalar

T = 12
EVERY = pytest.mark.parametrize("name", CELL)
EVERY_PLACEMENT = pytest.mark.parametrize("placement", PLACEMENTS)


def recorded(name, placement="every"):
    """The problem, its trace and its own error signals."""
    p = problem(name, T, initialiser="orthogonal", placement=placement)
    trace = p.trace()
    return p, trace, p.loss(trace).direct()


def explicit_terms(p, trace, direct):
    """(T, entries): the term of each lag, all blocks of W in one row."""
    signals = plain_signals(p.cell, flow.chain(p.cell, p.w, trace).take(slice(None)), direct)
    terms = np.zeros((T, sum(a.size for a in p.w.W.values())))
    for (t, k), blocks in plain_contributions(p, trace, signals, "W").items():
        terms[t - k] += np.concatenate([a.ravel() for a in blocks.values()])
    return terms


@EVERY
@EVERY_PLACEMENT
def test_a_lag_term_is_the_sum_of_its_contributions(name, placement):
    p, trace, direct = recorded(name, placement)
    expected = log_norm(explicit_terms(p, trace, direct))
    np.testing.assert_allclose(lag_terms(p.cell, p.w, trace, direct).log_norm, expected, rtol=0, atol=1e-11)


@EVERY
@EVERY_PLACEMENT
def test_partial_sums_of_lag_terms_approach_the_whole_gradient(name, placement):
    p, trace, direct = recorded(name, placement)
    back = p.back(trace)
    terms, ours = explicit_terms(p, trace, direct), lag_terms(p.cell, p.w, trace, direct)
    partial, size = np.cumsum(terms, axis=0), np.linalg.norm(terms.sum(axis=0))
    np.testing.assert_allclose(ours.log_partial, log_norm(partial), rtol=0, atol=1e-11)
    cosine = partial @ partial[-1] / (np.linalg.norm(partial, axis=1) * size)
    np.testing.assert_allclose(ours.cosine, cosine, rtol=0, atol=1e-12)
    error = np.linalg.norm(partial - partial[-1], axis=1) / size
    np.testing.assert_allclose(ours.relative_error, error, rtol=0, atol=1e-12)
    whole = log_norm(np.concatenate([a.ravel() for a in back.gradient.W.values()]))
    assert ours.log_partial[-1] == pytest.approx(whole + back.gradient_exponent * np.log(2.0), abs=1e-12)


@EVERY
def test_the_last_partial_sum_is_the_whole(name):
    p, trace, direct = recorded(name)
    ours = lag_terms(p.cell, p.w, trace, direct)
    assert ours.relative_error[-1] == 0.0
    assert ours.cosine[-1] == pytest.approx(1.0, abs=1e-14)


@EVERY
@pytest.mark.parametrize("window", [1, 3, T])
def test_a_partial_sum_is_the_gradient_of_truncated_backpropagation(name, window):
    """Each E_t goes back through `window` steps and meets the state there as a constant."""
    p, trace, direct = recorded(name)
    total = np.zeros(sum(a.size for a in p.w.W.values()))
    for t in range(1, T + 1):
        first = max(t - window, 0)
        s0 = {k: a[first] for k, a in trace.s.items()}
        piece = flow.forward(p.cell, p.w, trace.x[first:t], s0)
        own = np.zeros((piece.T + 1, 4))
        own[-1] = direct[t]
        gradient = flow.backward(p.cell, p.w, piece, {"h": own}).gradient.W
        total += np.concatenate([a.ravel() for a in gradient.values()])
    ours = lag_terms(p.cell, p.w, trace, direct)
    assert ours.log_partial[window - 1] == pytest.approx(log_norm(total), abs=1e-11)


def test_lag_terms_of_a_linear_unit_are_powers_far_below_float64():
    """E = h_T with h_0 = 0 and x = 1: term τ is w^τ h_{T−τ−1}, and h is 2 to rounding."""
    steps = 1150
    cell, w, _ = scalar(0.5, 1)
    w = replace(w, U={"a": np.ones((1, 1))})
    trace = flow.forward(cell, w, np.ones((steps, 1)), {"h": np.zeros(1)})
    ours = lag_terms(cell, w, trace, last_step_only(steps))
    lags = np.array([0, 100, 1000, 1050, 1090, 1100])
    np.testing.assert_allclose(ours.log_norm[lags], np.log(2.0) * (1 - lags), rtol=0, atol=1e-9)


def test_lag_terms_without_an_error_are_exact_zeros():
    p = problem("rnn tanh", 5)
    ours = lag_terms(p.cell, p.w, p.trace(), np.zeros((6, 4)))
    assert (ours.log_norm == -np.inf).all()
    assert (ours.log_partial == -np.inf).all()
    assert not np.isnan(ours.cosine).any()
    assert not np.isnan(ours.relative_error).any()


def test_the_terms_of_all_lags_are_never_held_together():
    steps, H = 150, 16
    r = run(Experiment(cell="lstm", steps=steps, hidden_size=H))
    direct = r.loss.direct()
    tracemalloc.start()
    lag_terms(r.cell, r.weights, r.trace, direct)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    together = 8 * steps * 4 * H * H  # bytes
    assert peak < together / 2

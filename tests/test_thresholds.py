"""Many thresholds at once: the closed forms against clipping itself, one threshold after the other."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow, thresholds
from explorer.clipping import by_norm, by_value, clipped_backward, compared
from explorer.experiment import Experiment
from explorer.run import run
from oracles import CELL, problem

EVERY = pytest.mark.parametrize("name", CELL)
THETA = np.logspace(-4, 4, 9)
FAR = {  # what a thousand steps leave of an error, far outside float64
    "vanished": Experiment(steps=1000, gain=0.3, activation="identity", input_scale=0.1),
    "exploded": Experiment(steps=1000, gain=20.0, hidden_size=64, input="zero", start="random"),
    "a long LSTM": Experiment(cell="lstm", steps=1000, hidden_size=8),
    "a wild GRU": Experiment(cell="gru", steps=300, hidden_size=8, gain=15.0),
    "dead": Experiment(activation="relu", bias=-5.0, steps=30),
    "no recurrence": Experiment(gain=0.0, steps=20),
    "one step": Experiment(steps=1),
}


def held_together(cell, w, trace, direct, *, theta):
    """Compare both ways for all thresholds; returns how many of them cut a signal."""
    back = flow.backward(cell, w, trace, direct)
    factors = thresholds.factors_inside(back, np.log(theta))
    found = thresholds.inside(cell, trace, back, factors)
    for i, threshold in enumerate(theta):
        cut, each = clipped_backward(cell, w, trace, direct, threshold=threshold)
        one = compared(back.gradient, cut.gradient, exponent=back.gradient_exponent,
                       exponent_after=cut.gradient_exponent)  # fmt: skip
        size = max(1.0, np.abs(back.log_signals())[np.isfinite(back.log_signals())].max(initial=1.0))
        np.testing.assert_allclose(factors[i], np.cumsum(each[::-1])[::-1], rtol=0, atol=1e-12 * size)
        assert found.at(i).log_before == pytest.approx(one.log_before, abs=1e-10 * size)
        assert found.at(i).log_after == pytest.approx(one.log_after, abs=1e-10 * size)
        assert found.at(i).cosine == pytest.approx(one.cosine, abs=1e-10)
        assert found.at(i).unchanged == one.unchanged
    return np.count_nonzero(factors[:, 1:].any(axis=1))


@EVERY
@pytest.mark.parametrize("T", [1, 2, 15, 60])
@pytest.mark.parametrize("gain", [0.2, 1.0, 4.0])
def test_clipping_inside_is_one_factor_for_each_step(name, T, gain):
    p = problem(name, T, placement="last", seed=T)
    w = replace(p.w, W={k: gain * a for k, a in p.w.W.items()})
    trace = p.trace()
    cut = held_together(p.cell, w, trace, {"h": p.loss(trace).direct()}, theta=THETA)
    assert cut > 0 or T == 60  # the state grows until the readout is sure


@pytest.mark.parametrize("name", FAR)
def test_it_is_so_where_float64_has_ended_long_ago(name):
    recorded = run(replace(FAR[name], placement="last"))
    direct = {"h": recorded.loss.direct()}
    held_together(recorded.cell, recorded.weights, recorded.trace, direct, theta=np.array([1e-4, 0.3, 1e4]))


@pytest.mark.parametrize("name", FAR)
def test_by_norm_and_by_value_are_what_they_are_for_one_threshold(name):
    back = run(replace(FAR[name], placement="last")).back
    exponent = back.gradient_exponent
    theta = np.logspace(-4, 4, 17)
    log_before = by_norm(back.gradient, 1.0, exponent=exponent).log_before
    for many, one in (
        (thresholds.by_norm(log_before, np.log(theta)), by_norm),
        (thresholds.by_value(back.gradient, exponent, np.log(theta)), by_value),
    ):
        for i, threshold in enumerate(theta):
            single, found = one(back.gradient, threshold, exponent=exponent), many.at(i)
            for size in ("log_before", "log_after", "log_factor"):
                assert getattr(found, size) == pytest.approx(getattr(single, size), rel=1e-12, abs=1e-11)
            assert found.cosine == pytest.approx(single.cosine, abs=1e-12)
            assert found.unchanged == single.unchanged

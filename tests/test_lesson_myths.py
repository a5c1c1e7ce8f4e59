"""Myths and surprises: every verdict and every number said, computed anew."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from explorer import claims
from explorer.figures import myths as figures
from explorer.figures.theme import look
from explorer.lessons.cards import CARDS
from explorer.lessons.myths import LESSON, settings_of
from explorer.reports import myths as reports
from explorer.run import run_ensemble

LN10 = np.log(10.0)
TRUE = {"sigma_below", "identity", "inputs"}


@cache
def state_found(name, changes=()):
    state = LESSON.state({**settings_of(name), **dict(changes)})
    return reports.found(state.experiment, state.own)


def decades(name, **changes):
    return state_found(name, tuple(changes.items())).middle / LN10


def report(name, swept=None, **changes):
    state = LESSON.state({**settings_of(name), **changes})
    return reports.myth_report(
        state.experiment, state.own, state_found(name, tuple(changes.items())), swept
    )


# The claims


def test_there_are_at_least_ten_cards_and_not_all_are_myths():
    assert len(CARDS) >= 10
    assert len(LESSON.beats) == 2 * len(CARDS)
    assert 3 <= len(TRUE) < len(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_judged_by_what_was_measured(name):
    card, measured = CARDS[name], state_found(name)
    assert measured.curves.shape[1] == 20
    assert card.holds(measured) is (name in TRUE)
    assert report(name).finding().startswith("True here" if name in TRUE else "False here")


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("sigma_above", {}, -4.1),
        ("sigma_below", {}, -18.8),
        ("gain", {}, -3.7),
        ("gain", {"activation": "identity"}, 10.2),
        ("orthogonal", {}, -10.2),
        ("orthogonal", {"activation": "identity"}, 0.0),
        ("identity", {}, -0.36),
        ("relu", {}, -8.8),
        ("sigmoid", {"gain": 1.0}, -33.5),
        ("sigmoid", {}, -1.5),
        ("inputs", {"input_scale": 0.1}, -0.6),
        ("inputs", {}, -10.2),
        ("inputs", {"input_scale": 3.0}, -21.1),
        ("lstm_vanishes", {}, -9.2),
        ("lstm_vanishes", {"forget_bias": 3.0}, -1.4),
        ("lstm_explodes", {}, 8.6),
    ],
)
def test_what_is_left_after_fifty_steps(name, changes, expected):
    assert state_found(name, tuple(changes.items())).x[-1] == 50
    assert decades(name, **changes) == pytest.approx(expected, abs=0.15)


def test_sigma_max_is_above_one_in_every_network_of_its_card_and_below_in_the_other():
    for name, above in (("sigma_above", True), ("sigma_below", False)):
        e = LESSON.state(CARDS[name].settings).experiment
        W = run_ensemble(e, tuple(range(20))).weights.W["a"]
        largest = [np.linalg.svd(w, compute_uv=False)[0] for w in W]
        assert all((sigma > 1) is above for sigma in map(float, largest))
        assert state_found(name).premise == pytest.approx(sorted(largest)[10], rel=1e-12)


def test_the_largest_gain_rises_although_no_eigenvalue_is_above_095():
    measured = state_found("eigenvalues")
    assert measured.premise == pytest.approx(0.95, abs=1e-12)
    assert np.exp(measured.middle) == pytest.approx(1.86, abs=0.01)
    assert (measured.score > np.log(1.4)).all()


def test_the_lstms_derivative_is_larger_than_the_product_of_its_gates_at_every_forget_bias():
    assert decades("forget_gates") == pytest.approx(4.2, abs=0.1)
    for bias in (0.0, 3.0, 5.0):
        assert state_found("forget_gates", (("forget_bias", bias),)).middle > np.log(4)


@pytest.mark.parametrize(("share", "cosine"), [(0.01, 0.76), (0.1, 0.86), (0.5, 0.99)])
def test_clipping_by_value_turns_the_gradient(share, cosine):
    assert state_found("direction", (("share", share),)).middle == pytest.approx(cosine, abs=0.005)


def test_clipping_the_norm_leaves_the_shape_as_it_was():
    measured = state_found("capping")
    assert measured.middle / LN10 == pytest.approx(-10.1, abs=0.1)
    assert np.log(measured.premise) == pytest.approx(measured.middle, abs=1e-9)
    assert claims.cures(state_found("capping", (("gain", 2.5),))) is None


# Reasons


def test_half_of_the_relu_units_are_off():
    e = LESSON.state(CARDS["relu"].settings).experiment
    assert np.mean(run_ensemble(e, tuple(range(20))).trace.z["a"] <= 0) == pytest.approx(0.5, abs=0.03)


def test_a_forget_bias_of_zero_holds_the_gates_near_a_half():
    e = LESSON.state(CARDS["lstm_vanishes"].settings).experiment
    assert np.mean(run_ensemble(e, tuple(range(20))).trace.z["f"]) == pytest.approx(0.5, abs=0.03)


def test_large_weights_saturate_sigmoid():
    def saturated(gain):
        e = replace(LESSON.state(CARDS["sigmoid"].settings).experiment, gain=gain)
        return np.mean(np.abs(run_ensemble(e, tuple(range(20))).trace.z["a"]) > 3.64)

    assert saturated(1.0) < 0.05
    assert saturated(10.0) > 0.5


def test_the_cell_state_alone_cannot_explode():
    e = LESSON.state(CARDS["lstm_explodes"].settings).experiment
    assert run_ensemble(e, tuple(range(20))).trace.z["f"].max() <= 1


def test_the_sweep_says_where_a_claim_turns_true():
    state = LESSON.state(CARDS["sigma_above"].settings)
    swept = reports.swept(state.experiment, state.own)
    sigma = dict(zip(swept.values, swept.holds, strict=True))
    assert sigma[0.3] is None
    assert sigma[0.8] is False
    assert sigma[3.0] is True


def test_a_network_too_large_for_the_sweep_is_not_swept():
    state = LESSON.state({**CARDS["lstm_explodes"].settings, "card": "lstm_explodes", "hidden_size": 256})
    swept = reports.swept(state.experiment, state.own)
    assert swept is None
    tiny = report("lstm_explodes", swept, hidden_size=4)
    assert "too much to be run" in tiny.sweep_alt()
    assert figures.sweep(look(False), tiny)["layout"]["annotations"]

"""Backwards: the terms are those of backpropagation, and every claim of a beat is recomputed."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import edits, flow
from explorer.lessons.backwards import LESSON, Back, network
from explorer.reports.backwards import back_report


def found(beat=None, **changes):
    state = LESSON.state(LESSON.beat(beat).settings if beat else changes)
    return back_report(network(state.experiment, state.own), state.own)


def of_one_error(report, name):
    """∂E_t by a matrix, from backpropagation of that error alone."""
    run, direct = report.run, np.zeros_like(report.run.trace.s["h"])
    direct[report.t] = run.loss.dE_dh[report.t - 1]
    gradient = flow.backward(run.cell, run.weights, run.trace, {"h": direct}).gradient
    return {"W": gradient.W, "U": gradient.U}[name]["a"]


@pytest.mark.parametrize("name", ["W", "U"])
@pytest.mark.parametrize("t", [1, 4, 6])
def test_the_terms_add_up_to_what_backpropagation_gives(name, t):
    report = found(matrix=name, step=t, reached=1)
    assert len(report.terms) == t
    np.testing.assert_allclose(report.whole, of_one_error(report, name), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(report.partial, report.whole, rtol=1e-12)


def test_the_gradient_of_V_is_one_outer_product():
    report = found(1)
    y = report.run.loss.probabilities[report.t - 1].copy()
    y[report.run.sequence.targets[report.t - 1]] -= 1
    np.testing.assert_allclose(report.whole, np.outer(y, report.run.trace.s["h"][report.t]), rtol=1e-10)
    assert report.added == 1


@pytest.mark.parametrize(("beat", "count"), [(2, 1), (3, 3)])
def test_beats_two_and_three_the_box_holds_a_factor_a_step(beat, count):
    report = found(beat)
    assert report.t - report.k == count
    product = np.linalg.multi_dot([np.eye(3), *report.factors[report.k : report.t][::-1], np.eye(3)])
    np.testing.assert_allclose(report.products[count], product, rtol=1e-12)
    assert report.equations().count("underbrace") == count


def test_beat_four_four_terms():
    report = found(4)
    assert report.added == report.t == len(report.terms) == 4


def test_beat_five_one_step_back_is_2_degrees_off():
    report = found(5)
    assert report.angle[1] == pytest.approx(2.4, abs=0.05)
    assert report.angle[-1] == pytest.approx(0, abs=1e-5)
    assert report.norm_share[-1] == 1


def test_the_window_is_truncated_backpropagation_term_by_term():
    report = found(5)
    T = report.run.T
    owns = [replace(report.own, step=t, matrix="W") for t in range(1, T + 1)]
    pairs = [back_report((report.run, 0), own).terms for own in owns]
    whole = sum(terms.sum(axis=0) for terms in pairs)
    kept = sum(terms[: report.tau + 1].sum(axis=0) for terms in pairs)
    cosine = np.sum(whole * kept) / np.linalg.norm(whole) / np.linalg.norm(kept)
    assert report.norm_share[report.tau] == pytest.approx(np.linalg.norm(kept) / np.linalg.norm(whole))
    assert report.angle[report.tau] == pytest.approx(np.degrees(np.arccos(cosine)), rel=1e-6)


def test_beat_six_descent_subtracts():
    report = found(6)
    before, after, added = report.losses
    assert after < before < added
    slope = sum(np.sum(part**2) for part in edits.gradients(report.run).values())
    small = found(part="update", rate=0.01).losses
    assert small[0] - small[1] == pytest.approx(0.01 * slope, rel=0.1)


@pytest.mark.parametrize("own", [Back(step=1), Back(step=900, reached=900, window=999), Back(matrix="V")])
@pytest.mark.parametrize("part", ["terms", "window", "update"])
def test_any_place_gives_a_sentence(own, part):
    state = LESSON.state({"text": "one two"})
    report = back_report(network(state.experiment, own), replace(own, part=part))
    assert report.t == report.k == 1
    assert len(report.finding()) > 20

"""Every number that the lesson on remedies says, computed anew; and what its page shows of it."""

from functools import cache

import numpy as np
import pytest

from explorer.clipping import flat
from explorer.experiment import Experiment, View
from explorer.figures import remedies as figures
from explorer.figures.theme import look
from explorer.lessons.remedies import LESSON
from explorer.reports import remedies as reports
from explorer.reports import treatments
from explorer.reports.weights import MOST_STEPS
from explorer.run import at_most, run

LN10 = np.log(10.0)


@cache
def swept(short=True):
    """The comparison over gains of the opening; where only a page is drawn, of a tiny network."""
    e = Experiment(cell="lstm", steps=5, hidden_size=3) if short else LESSON.state().experiment
    return treatments.sweep(e)


def report(settings=None, **view):
    state = LESSON.state(settings)
    e = at_most(state.experiment, MOST_STEPS)
    return reports.remedies_report(e, View(**view) if view else state.view, swept())


def said(text):
    """The one beat that says so, as the report of its state."""
    [beat] = [beat for beat in LESSON.beats if text in beat.says]
    return report(beat.settings)


def left(found, name):
    return float(np.exp(found.treated[name].left[1]))


def decades(found, name):
    return round(float(found.treated[name].left[1]) / LN10)


def test_the_baseline():
    found = said("tanh leaves 10⁻¹¹ at step 1.")
    assert found.T == 50
    assert decades(found, "tanh") == -11


def test_half_of_relus_units_are_off():
    found = said("half its units are off")
    assert found.units.off.mean() == pytest.approx(0.5, abs=0.03)
    assert decades(found, "ReLU") == -10


def test_relu_with_the_identity():
    found = said("ReLU leaves about five times")
    assert left(found, "ReLU") / left(found, "tanh") == pytest.approx(5, abs=0.4)
    ours, theirs = (found.treated[name].parts[2] for name in ("ReLU", "tanh"))  # as the curves show it
    assert np.exp(ours - theirs) == pytest.approx(5, abs=0.6)


def test_relu_dies():
    found = said("none of its 32 units")
    assert found.units.never.sum() == len(found.units.never) == 32
    assert left(found, "ReLU") == 0.0


def test_relu_explodes():
    norms = {name: one.norms[0] / LN10 for name, one in said("norm is 10¹⁰").treated.items()}
    assert round(norms["ReLU"]) == 10
    assert round(norms["tanh"]) == 4


def test_capping_keeps_the_shape():
    for text in ("Capping cuts that norm to 1", "capping cures nothing"):
        one = said(text).baseline
        shift = one.capped[2:] - one.parts[2:]
        np.testing.assert_allclose(shift, shift[0], rtol=0, atol=1e-12)
        assert shift[0] < 0
        assert one.norms[1] == pytest.approx(0.0, abs=1e-12)


def test_the_lstm_keeps_what_tanh_loses():
    found = said("leaves 0.08 where")
    assert left(found, "LSTM") == pytest.approx(0.08, abs=0.005)
    assert decades(found, "tanh") == -11


def test_only_the_lstm_stays_within_five_decades_for_every_gain():
    found = swept(short=False)
    assert found.T == 50
    within = {name: bool(((-5 * LN10 < ln) & (ln < 0)).all()) for name, ln in found.left.items()}
    assert within == {"tanh": False, "ReLU": False, "LSTM": True}


def test_the_lstm_is_not_immune():
    assert round(said("not immune").treated["LSTM"].norms[0] / LN10) == 9


# The page


def test_the_parts_of_one_step_add_up_to_the_gradient_of_w():
    found = report({"steps": 1, "start": "random"})
    e = treatments.experiment(LESSON.state({"steps": 1, "start": "random"}).experiment, "tanh")
    W = run(e).back.gradient.W["a"]
    assert found.baseline.parts[1] == pytest.approx(float(np.log(np.linalg.norm(W))), abs=1e-12)


def test_the_norm_before_is_that_of_the_whole_gradient():
    e = treatments.experiment(LESSON.state().experiment, "LSTM")
    norm = np.linalg.norm(flat(run(e).back.gradient))
    assert report().treated["LSTM"].norms[0] == pytest.approx(float(np.log(norm)), abs=1e-12)


@pytest.mark.parametrize("mode", ["norm", "value", "inside"])
@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 1, "hidden_size": 1},
        {"activation": "relu", "bias": -9.0, "input_scale": 0.1},
        {"gain": 20.0, "steps": 200, "hidden_size": 4},
        {"input": "sentence"},
    ],
    ids=str,
)
def test_awkward_settings_can_be_drawn_and_told(changes, mode):
    found = report(changes, clip=mode, threshold=0.5)
    for figure in (figures.curves, figures.units, figures.norms, figures.sweep):
        assert figure(look(True), found)["data"]
    words = (found.finding(), found.verdicts(), found.curves_alt(), found.units_alt(), found.norms_alt())
    for text in (*words, found.sweep_alt()):
        assert any(character.isdigit() for character in text)
        assert "nan" not in text


def test_a_threshold_above_the_norm_finds_nothing_to_cut():
    found = report(threshold=1e4, clip="norm")
    assert "finds nothing to cut" in found.finding()
    np.testing.assert_array_equal(found.baseline.capped, found.baseline.parts)


def test_capping_inside_leaves_no_signal_above_the_threshold():
    found = report({"gain": 3.0, "input_scale": 0.1}, clip="inside", threshold=1.0)
    assert found.baseline.norms[1] < found.baseline.norms[0]
    assert found.baseline.spread < report({"gain": 3.0, "input_scale": 0.1}).baseline.spread

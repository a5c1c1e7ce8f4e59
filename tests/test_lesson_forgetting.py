"""Every number that the lesson on forgetting says, computed anew; and what its page shows of it."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import measures
from explorer.experiment import View
from explorer.figures import forgetting as figures
from explorer.figures import naming
from explorer.figures.strip import lanes
from explorer.figures.theme import look
from explorer.fillers import reach
from explorer.lessons.forgetting import LESSON, Forgetting
from explorer.reports import forgetting as reports
from explorer.run import at_most
from explorer.sequences import SENTENCE

LN10 = np.log(10.0)


def report(settings=None):
    state = LESSON.state(settings)
    e, view, own = state.experiment, state.view, state.own
    pictured = reports.runs(e, own.fillers), reports.pair_maps(e, own.fillers)
    return reports.forgetting_report(e, view, own, reports.reaches(e), pictured)


def said(text):
    """The one beat that says so, as the report of its state."""
    [beat] = [beat for beat in LESSON.beats if text in beat.says]
    return report(beat.settings)


def left(found):
    """The part of the gradient left at the source in both networks."""
    return [float(np.exp(lane.gain[found.fillers])) for lane in found.lanes]


def test_clouds_are_near_for_both():
    found = said("over a tenth of the gradient.")
    assert found.T - found.source == 3
    assert found.pair == ("“sky”", "“clouds”")
    assert min(left(found)) > 0.1


def test_france_is_far_for_the_rnn():
    found = said("keeps under a thousandth")
    assert found.T - found.source == 14
    assert found.pair == ("“French”", "“France”")
    assert 1e-4 < left(found)[0] < 1e-3


def test_the_mean_slope_of_tanh():
    assert said("0.53 on average").slope == pytest.approx(0.53, abs=0.005)
    assert said("0.53 on average").steepest == 1.0


def test_sigmoid_leaves_a_ten_billionth():
    found = said("only 10⁻¹⁰")
    assert found.steepest == 0.25
    assert round(np.log10(left(found)[0])) == -10


def test_the_factors_of_a_step():
    found = said("0.6 of the gradient, the LSTM 0.76")
    rnn, lstm = (lane.typical_factor(found.source) for lane in found.lanes)
    assert rnn == pytest.approx(0.6, abs=0.005)
    assert lstm == pytest.approx(0.76, abs=0.005)


def test_the_factors_multiply_to_what_is_left():
    found = report()
    for lane in found.lanes:
        product = np.sum(lane.factor[found.source :])
        assert product == pytest.approx(lane.gain[0], rel=1e-12)


def test_the_half_lives():
    rnn, lstm = (lane.half_life for lane in said("every 1.6 words").lanes)
    assert rnn == pytest.approx(1.6, abs=0.05)
    assert lstm == pytest.approx(3.8, abs=0.05)


def test_over_half_of_the_pairs_are_lost():
    found = said("over half of all pairs").maps[0]
    below = np.tri(len(found.log_norm), k=-1, dtype=bool)
    assert np.mean(found.log_norm[below] < measures.LOST) > 0.5


def test_open_gates_hand_a_tenth_on():
    found = said("over a tenth still arrives")
    assert found.fillers == 60
    assert 0.1 < left(found)[1] < 0.2


def test_a_factor_below_one_is_the_take_away():
    for seed in range(5):
        found = report({"seed": seed})
        assert found.lanes[0].typical_factor(found.source) < 1


# The page


def test_both_rows_are_coloured_on_one_absolute_scale_unless_the_page_says_otherwise():
    wild = {"activation": "relu", "gain": 2.0}
    absolute, divided = report(wild), report({**wild, "row_scale": "row"})
    assert absolute.shown()[0].max() == absolute.lanes[0].sizes.max() > np.log(100)
    assert [row.max() for row in divided.shown()] == [0.0, 0.0]


@pytest.mark.parametrize("settings", [beat.settings for beat in LESSON.beats] + [
    {"activation": "relu", "gain": 2.0}, {"forget_bias": 5.0, "fillers": 60}, {"gain": 3.0},
    {"activation": "relu", "bias": -9.0}], ids=str)  # fmt: skip
def test_the_names_of_the_curves_stand_on_no_curve(settings):
    found = report(settings)
    drawn = figures.gain(look(False), found)["layout"]
    low, high = drawn["yaxis"]["range"]
    for lane in found.lanes:
        [name] = [word for word in drawn["annotations"] if word["text"].startswith(f"<b>{lane.name}:")]
        lines = name["text"].removeprefix("<b>").removesuffix("</b>").split("<br>")
        assert " ".join(lines) == f"{lane.name}: {lane.halves()}"
        reach = 0.5 * naming.LETTER[0] * max(map(len, lines)) * (len(lane.gain) - 1)
        for other in found.lanes:
            over = other.gain[max(0, int(name["x"] - reach)) : int(name["x"] + reach) + 1] / LN10
            tall = 0.5 * naming.LETTER[1] * len(lines) * (high - low)
            assert (np.abs(over - name["y"]) >= tall).all()


def test_the_maps_share_their_colours():
    first, second = [t for t in figures.horizon_maps(look(False), report())["data"] if t["type"] == "heatmap"]
    assert (first["zmin"], first["zmax"]) == (second["zmin"], second["zmax"])
    assert first["colorscale"] == second["colorscale"]


def test_the_words_of_both_rows_are_those_of_the_sentence_and_the_last_is_asked_for():
    found = report()
    strip = lanes(look(False), found.tokens, dict(zip("ab", found.shown(), strict=True)), found.source)
    assert [node.token for node in strip.rows[0].nodes] == [*found.tokens[:-1], "French?"]
    assert strip.nodes == strip.rows[0].nodes
    assert strip.picked == 5


def test_the_measure_decides_what_colours_the_words():
    state = LESSON.state()
    found = reach(replace(state.experiment, cell="rnn"))
    np.testing.assert_array_equal(report({"measure": "word"}).lanes[0].sizes, found.word[0, 1:20])
    np.testing.assert_array_equal(report().lanes[0].sizes, found.state[0, 1:20])


@pytest.mark.parametrize("text", ["a b", "one two three", "x " * 300])
@pytest.mark.parametrize("source", [0, 1, 9_999])
def test_any_sentence_and_any_source_make_a_report_that_can_be_drawn(text, source):
    state = LESSON.state({"text": text, "hidden_size": 3, "fillers": 60})
    e = at_most(state.experiment, reports.MOST_WORDS)
    n = state.own.fillers
    pictured = reports.runs(e, n), reports.pair_maps(e, n)
    found = reports.forgetting_report(e, View(source=source), state.own, reports.reaches(e), pictured)
    assert 1 <= found.source <= found.T
    assert found.T <= reports.MOST_WORDS + n
    for why in ("slope", "factors"):
        shown = replace(found, settings=Forgetting(why=why))
        assert figures.why(look(True), shown)["data"]
        assert any(c.isdigit() for c in shown.why_alt())
    assert figures.gain(look(True), found)["data"]
    assert e.input == SENTENCE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"activation": "relu", "bias": -9.0, "input_scale": 0.1}, "nothing in the ReLU RNN, "),
        ({"activation": "relu", "gain": 2.0}, " times in the ReLU RNN, "),
        ({}, "10⁻³ in the tanh RNN, 0.02 in the LSTM"),
    ],
)
def test_the_finding_says_what_the_run_shows(changes, words):
    assert words in report(changes).finding()


def test_a_growing_gain_has_no_half_life():
    found = report({"activation": "relu", "gain": 2.0})
    assert found.lanes[0].half_life == np.inf
    assert found.lanes[0].halves() == "it grows"

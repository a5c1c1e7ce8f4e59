"""Every number that the lesson on shapes says, computed anew; and what its page shows of it."""

import numpy as np
import pytest

from explorer.figures import shapes as figures
from explorer.figures.theme import look
from explorer.lessons.shapes import LESSON, Shapes
from explorer.reports import shapes as reports
from explorer.run import at_most
from explorer.wirings import WIRINGS


def report(settings=None):
    state = LESSON.state(settings)
    return reports.shapes_report(at_most(state.experiment, reports.MOST_STEPS), state.own)


def said(text):
    """The one beat that says so, as the report of its state."""
    [beat] = [beat for beat in LESSON.beats if text in beat.says]
    return report(beat.settings)


def at_first(found):
    return float(np.exp(found.shape.at_first))


def test_one_error_at_the_end():
    found = said("a gradient of 0.005 reaches")
    assert found.shape.errors == 1
    assert found.shape.nearest == found.T == 11
    assert at_first(found) == pytest.approx(0.005, abs=0.0005)


def test_an_error_at_every_step():
    found = said("step 1 receives 1.3")
    assert found.shape.errors == found.T
    assert at_first(found) == pytest.approx(1.3, abs=0.05)


def test_teacher_forcing_reads_the_words_asked_for():
    found = said("which is teacher forcing")
    assert found.shape.run.plan.reads.sum() == 1
    for step in range(2, found.T + 1):
        assert found.read_at(step) == found.tokens[step - 1]


def test_a_quarter_runs_over_its_own_words():
    assert said("a quarter of what passes").shape.by_output == pytest.approx(0.25, abs=0.01)


def test_an_encoder_of_five_and_of_nine():
    five, nine = said("0.16 reaches the first word"), said("the first receives 0.034")
    assert at_first(five) == pytest.approx(0.16, abs=0.005)
    assert at_first(nine) == pytest.approx(0.034, abs=0.0005)
    assert (five.shape.nearest, nine.shape.nearest) == (5, 9)


def test_a_given_word_leaves_one_path():
    found = said("passes no gradient")
    assert found.writes
    assert np.isneginf(found.shape.found.output_path).all()
    assert found.shape.by_output == 0.0


def test_the_lstm_and_the_far_error():
    assert at_first(said("0.038 reaches")) == pytest.approx(0.038, abs=0.0005)


def test_an_encoder_of_one_is_one_to_many_and_of_all_steps_many_to_one():
    for encoder, other in ((1, "one_to_many"), (11, "many_to_one")):
        shapes = report({"encoder": encoder}).shapes
        np.testing.assert_array_equal(shapes["many_to_many"].found.total, shapes[other].found.total)


# The page


def test_all_four_wirings_share_one_network():
    found = report()
    weights = [shape.run.trace.s["h"][1] for shape in found.shapes.values()]
    for other in weights[1:]:
        np.testing.assert_array_equal(other, weights[0])


@pytest.mark.parametrize("wiring", WIRINGS)
@pytest.mark.parametrize("feed", ["own", "targets"])
@pytest.mark.parametrize("changes", [{"input": "one_hot", "steps": 1}, {"input": "one_hot", "steps": 40}, {}])
def test_every_wiring_can_be_drawn_and_told(wiring, feed, changes):
    found = report({"wiring": wiring, "feed": feed, "hidden_size": 4, **changes})
    for figure in (figures.drawing, figures.reach, figures.paths):
        assert figure(look(True), found)["data"]
    for words in (found.finding(), found.drawing_alt(), found.reach_alt(), found.paths_alt()):
        assert any(character.isdigit() for character in words)
        assert "nan" not in words


def test_a_long_run_is_folded_with_a_gap_that_keeps_the_encoders_end():
    found = report({"input": "one_hot", "steps": 40, "wiring": "many_to_many", "encoder": 20})
    columns = found.columns()
    assert -1 in columns
    assert {1, 20, 40} <= set(columns)
    assert len(columns) <= reports.MOST_DRAWN


def test_what_is_drawn_below_is_what_was_read():
    found = report({"wiring": "many_to_many"})
    assert [found.read_at(step) for step in range(1, 7)] == ["the", "color", "of", "the", "bus", "ŷ"]


def test_controls_that_do_nothing_say_why():
    assert set(Shapes(wiring="synced").idle()) == {"feed", "encoder"}
    assert set(Shapes(wiring="one_to_many").idle()) == {"encoder"}
    assert Shapes(wiring="many_to_many").idle() == {}
    with pytest.raises(ValueError, match=r"encoder must lie in \[1, 40\]; got 0"):
        Shapes(encoder=0)

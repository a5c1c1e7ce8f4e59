"""The numbers that a question's reason gives, after the reveal, recomputed from the run it asks about."""

import numpy as np
import pytest

from explorer.lessons.table import LESSONS
from explorer.run import run
from explorer.sequences import tokens_of


def asked(page, words):
    """The one question of a page whose reason says so, and the experiment of its state."""
    [question] = [q for q in LESSONS[page].questions if words in q.because]
    return question, LESSONS[page].state(question.settings).experiment


OPEN = [("forgetting", "stand near 0.93"), ("remedies", "about 0.93 a step")]


@pytest.mark.parametrize(("page", "words"), OPEN)
def test_open_forget_gates(page, words):
    _, e = asked(page, words)
    assert run(e).trace.z["f"].mean() == pytest.approx(0.93, abs=0.005)


def test_forget_gates_without_bias_stand_near_a_half():
    _, e = asked("myths", "stand near ½")
    assert run(e).trace.z["f"].mean() == pytest.approx(0.5, abs=0.02)


def test_nine_tenths_a_hundred_times():
    question, _ = asked("one_number", "2.7 × 10⁻⁵")
    truth = question.truth(LESSONS["one_number"].state(question.settings))
    assert 10 ** truth.decades[-1] == pytest.approx(2.7e-5, rel=0.02) == pytest.approx(0.9**100, rel=0.02)


def test_each_of_ten_steps_costs_two_fifths():
    question, _ = asked("shapes", "costs about two fifths")
    truth = question.truth(LESSONS["shapes"].state(question.settings))
    left = truth if isinstance(truth, float) else 10 ** truth.decades[0] / 10 ** truth.decades[-1]
    assert left ** (1 / 10) == pytest.approx(0.6, abs=0.03)


def test_fourteen_factors_of_six_tenths():
    _, e = asked("forgetting", "Fourteen factors of about 0.6")
    assert 0.6**14 < 1e-3
    words = tokens_of(e.text, "words")
    assert len(words) - 1 - (words.index("France") + 1) == 14


def test_six_words_and_their_share():
    _, e = asked("memory", "each of six words")
    assert len(set(tokens_of(e.text, "words"))) == 6


def test_half_of_the_smallest_float32_is_zero():
    smallest = np.float32(2.0**-149)
    assert smallest > 0
    assert smallest / np.float32(2) == 0

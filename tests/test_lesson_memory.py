"""A network with memory: edits, descent and every claim of a beat, recomputed."""

import numpy as np
import pytest

from explorer import edits
from explorer import run as runs
from explorer.edits import Edit, Typed
from explorer.lessons.memory import LESSON, network
from explorer.reports import latex
from explorer.reports.memory import memory_report


def found(beat):
    state = LESSON.state(LESSON.beat(beat).settings)
    return memory_report(network(state.experiment, state.own), state.own)


def test_beat_four_untrained_it_gives_about_a_sixth():
    report = found(4)
    assert report.tokens[report.t] == "yellow"
    assert report.chance[report.t - 1] == pytest.approx(0.18, abs=0.005)
    assert len(report.run.sequence.vocabulary) == 6


def test_beat_five_sixty_updates_learn_the_sentence():
    report = found(5)
    assert report.updates == 60
    assert report.chance[5] == pytest.approx(0.99, abs=0.005)
    assert report.chance.min() > 0.97


def test_beat_six_only_the_state_tells_the_two_the_apart():
    report = found(6)
    assert report.tokens[0] == report.tokens[3] == "the"
    p = report.run.loss.probabilities
    word = report.run.sequence.vocabulary.index
    assert p[0][word("color")] > 0.97
    assert p[3][word("bus")] > 0.97
    np.testing.assert_array_equal(report.run.trace.x[0], report.run.trace.x[3])


def test_the_forward_pass_on_screen_is_the_lectures():
    report = found(3)
    w, s, t = report.run.weights, report.run.trace.s["h"], report.t
    a = w.b["a"] + w.W["a"] @ s[t - 1] + w.U["a"] @ report.run.trace.x[t - 1]
    o = report.run.readout.c + report.run.readout.V @ np.tanh(a)
    y = np.exp(o) / np.exp(o).sum()
    np.testing.assert_allclose(report.probabilities, y, rtol=1e-12)
    shown = report.equations()
    for x in (*a, *np.tanh(a), *o, *y, -np.log(y[report.right])):
        assert latex.value(float(x)) in shown


def test_one_update_subtracts_the_gradient_and_lowers_the_loss():
    run = runs.run(LESSON.state().experiment)
    g, before = edits.gradients(run), edits.tables_of(run)
    after = edits.updated(run, 0.01)
    for name, table in edits.tables_of(after).items():
        np.testing.assert_array_equal(table, before[name] - 0.01 * g[name])
    squared = sum(float(np.sum(part**2)) for part in g.values())
    fell = float(run.loss.total() - after.loss.total())
    assert fell == pytest.approx(0.01 * squared, rel=0.1)


@pytest.mark.parametrize("name", ["W", "U", "b", "V", "c"])
def test_the_gradient_is_the_slope_of_the_loss(name):
    run, step = runs.run(LESSON.state().experiment), 1e-6
    g = edits.gradients(run)[name]
    for place in [(0, 0), (2, g.shape[1] - 1)]:
        losses = []
        for sign in (1, -1):
            tables = edits.tables_of(run)
            tables[name][place] += sign * step
            losses.append(float(edits.rerun(run, tables).loss.total()))
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(g[place], rel=1e-5, abs=1e-8)


def test_an_edit_sets_one_weight_and_nothing_else():
    run = runs.run(LESSON.state().experiment)
    changed = edits.tables_of(edits.edited(run, edits.read("W1.2:0.5 b3:-1 V6.1:2 W9.9:1")))
    before = edits.tables_of(run)
    before["W"][0, 1], before["b"][2, 0], before["V"][5, 0] = 0.5, -1, 2
    for name, table in before.items():
        np.testing.assert_array_equal(changed[name], table)


def test_edits_survive_being_written_and_the_last_word_counts():
    text = "W1.2:0.5 b3:-1 V6.1:2.125"
    assert edits.written(edits.read(text)) == text
    assert edits.written(edits.read("W1.2:1 W1.2:2")) == "W1.2:2"
    assert edits.read("c2:-0.25") == (Edit("c", 2, 1, -0.25),)


@pytest.mark.parametrize("text", ["W1:2", "b1.1:3", "X1.1:0", "W1.2=3", "W1.2:1e5", "W1.2:nan", "hello"])
def test_what_is_no_edit_is_refused_by_name_and_value(text):
    with pytest.raises(ValueError, match=r"^edits must be .* got"):
        Typed(edits=text)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"activation": "sigmoid", "start": "random"},
        {"activation": "relu", "hidden_size": 7},
        {"activation": "identity", "placement": "last", "edits": "W1.2:0.5"},
        {"placement": "from", "first_error": 4},
    ],
)
def test_a_descent_is_one_update_after_the_other(settings):
    state = LESSON.state({"updates": 25, "rate": 0.05, **settings})
    run, made = network(state.experiment, state.own)
    assert made == 25
    step_by_step = edits.edited(runs.run(state.experiment), edits.read(state.own.edits))
    for _ in range(25):
        step_by_step = edits.updated(step_by_step, 0.05)
    for name, table in edits.tables_of(step_by_step).items():
        np.testing.assert_allclose(edits.tables_of(run)[name], table, rtol=1e-11, atol=1e-13)


def test_a_descent_that_outgrows_float64_stops_and_says_how_far_it_came():
    state = LESSON.state({"updates": 500, "rate": 4.0, "activation": "identity"})
    run, made = network(state.experiment, state.own)
    assert made < 500
    assert np.isfinite(run.loss.total())


def test_matrices_are_cut_by_dots_and_words_are_escaped():
    assert latex.matrix(np.eye(9)).count(r"\\") == 3
    assert r"\vdots" in latex.vector(np.ones(20))
    assert latex.word("50%_$") == r"\text{“50\%\_\$”}"
    assert latex.value(-1.5e-7) == r"-1.5\!\cdot\!10^{-7}"

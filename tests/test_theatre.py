"""The clipping theatre: lengths, angles and engagement against definitions, two trainings, and its words."""

from dataclasses import fields, replace

import numpy as np
import pytest

from explorer.experiment import FIELDS
from explorer.figures import theatre as figures
from explorer.figures.parts import untyped
from explorer.figures.theme import DARK, LIGHT
from explorer.reports import theatre as reports
from explorer.theatre import BATCHES, Theatre, angles, as_short_by_value, trainings
from explorer.training import clips
from explorer.training.course import Course

SMALL = Theatre(player_steps=8, player_updates=20)


def report(d):
    courses = [Course(training, seeds=(d.player_seed,)).run() for training in trainings(d)]
    return reports.theatre_report(d, reports.drawn(reports.unclipped(d)), courses)


def test_cutting_by_value_to_a_length_reaches_that_length_with_one_threshold_a_row():
    rows = np.random.default_rng(1).standard_normal((5, 40))
    wanted = clips.log_norms(rows) + np.log([0.1, 0.3, 0.5, 0.9, 1.0])
    cut = as_short_by_value(rows, wanted)
    assert np.allclose(clips.log_norms(cut), wanted, rtol=0, atol=1e-12)
    for row, after in zip(rows, cut, strict=True):
        top = np.abs(after).max()
        assert np.allclose(after, np.clip(row, -top, top), rtol=1e-12)


def test_angles_equal_those_of_known_vectors():
    a = np.array([[1.0, 0.0], [1.0, 0.0], [2.0, 0.0], [1.0, 0.0]])
    b = np.array([[0.0, 3.0], [5.0, 5.0], [1.0, 0.0], [1.0, 1e-9]])
    assert np.allclose(angles(a, b), [90.0, 45.0, 0.0, np.degrees(1e-9)], rtol=1e-9, atol=1e-12)


def test_engagement_and_factor_are_those_of_clipping_by_norm():
    found = report(replace(SMALL, clip_line=0.7))
    _, done = clips.by_norm(found.stage.rows, 0.7)
    assert np.allclose(done.log_factor, found.log_factor, rtol=1e-12)
    assert found.engaged == np.mean(done.share) == np.mean(np.exp(found.stage.log_norms) > 0.7)
    assert len(found.log_factor) == BATCHES
    assert np.all(found.turned[found.log_factor < 0] > 1.0)


def test_by_norm_the_steps_shift_in_parallel():
    found = report(replace(SMALL, clip_line=0.05))
    before, after = (
        untyped(next(t for t in figures.by_step(LIGHT, found)["data"] if t["name"] == name)["y"])
        for name in ("before", "after")
    )
    both = np.isfinite(before) & np.isfinite(after)
    assert both.sum() >= 3
    assert np.allclose((after - before)[both], found.log_factor[found.shown] / np.log(10.0), atol=1e-5)


def test_a_threshold_above_every_gradient_leaves_the_training_as_it_was():
    found = report(replace(SMALL, clip_line=1e4))
    assert np.array_equal(found.plain["loss"], found.clipped["loss"])
    assert found.engaged == found.engaged_in_training == 0.0
    assert "cuts no update" in found.finding()
    assert "cuts none of" in found.readout()


def test_clipping_rescues_what_does_not_train_without():
    found = report(Theatre())
    assert reports.right(found.plain)[-1] < 0.8
    assert reports.right(found.clipped)[-1] > 0.9
    assert found.finding().startswith("Unclipped the tanh RNN gets ")


@pytest.mark.parametrize(
    "d",
    [SMALL, replace(SMALL, player_steps=2), replace(SMALL, player="lstm"), replace(SMALL, clip_line=1e-4),
     replace(SMALL, player_rate=10.0, player_gain=4.0), replace(SMALL, player_gain=0.1, player_steps=60)],
)  # fmt: skip
def test_awkward_settings_are_drawn_and_told(d):
    found = report(d)
    assert found.finished
    assert "nan" not in found.finding() + found.readout() + found.plane_alt() + found.steps_alt()
    for look in (LIGHT, DARK):
        for made in (figures.distribution, figures.plane, figures.by_step, figures.training):
            assert made(look, found)["data"]


@pytest.mark.parametrize("line", [1e-4, 0.5, 2.0, 3.0, 1e4])
def test_no_word_lies_where_data_may_lie(line):
    found = report(replace(SMALL, clip_line=line))
    words = figures.distribution(LIGHT, found)["layout"]["annotations"]
    assert all(word["yref"] == "paper" and word["y"] == 1.0 for word in words)
    theta, names = words
    low, high = figures.distribution(LIGHT, found)["layout"]["xaxis"]["range"]
    share = (theta["x"] - low) / (high - low)
    towards = {"left": 0.24, "right": -0.24}[theta["xanchor"]]
    assert 0 < share + towards < 1
    assert (share + towards < 0.5) == (share < 0.5) == (names["x"] == 1.0)  # each in a half of its own


def test_two_trainings_that_are_alike_are_both_to_be_seen():
    alike = figures.training(LIGHT, report(replace(SMALL, clip_line=1e4)))["data"]
    assert [curve["line"].get("dash") for curve in alike] == [None, None, "dash", "dash"]


def test_a_loss_beyond_the_axis_is_marked_on_its_edge():
    found = report(replace(SMALL, player_rate=10.0, player_gain=4.0))
    made = figures.training(LIGHT, found)
    top = made["layout"]["yaxis"]["range"][1]
    beyond = found.plain.smooth("loss")[:, 0] > 1.04 / 1.08 * top
    assert beyond.any()
    marks = [t for t in made["data"] if t.get("marker", {}).get("symbol") == "triangle-up"]
    assert marks[0]["name"] == "without clipping"
    assert set(untyped(marks[0]["x"]) - 1) <= set(np.flatnonzero(beyond))
    assert untyped(marks[0]["y"]).max() <= top


def test_before_the_first_update_the_mini_batches_speak():
    courses = [Course(training, seeds=(0,)) for training in trainings(SMALL)]
    found = reports.theatre_report(SMALL, reports.drawn(SMALL), courses)
    assert not found.finished
    assert "mini-batches at the start" in found.finding()
    assert figures.training(LIGHT, found)["data"]


@pytest.mark.parametrize("name", [f.name for f in fields(Theatre)])
def test_no_field_shares_its_name_with_another_record(name):
    assert name not in FIELDS

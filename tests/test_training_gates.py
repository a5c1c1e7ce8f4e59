"""Gates and saturation over training: against the network itself, and in words."""

from functools import cache

import numpy as np
import pytest

from explorer import flow
from explorer.figures import training_gates as figures
from explorer.figures.parts import untyped
from explorer.figures.theme import LIGHT
from explorer.reports import training_gates as reports
from explorer.reports.training import TrainingReport
from explorer.reports.training_runs import RunView
from explorer.run import cell_of
from explorer.training.course import Course
from explorer.training.settings import Training
from opening import app, control

SMALL = {"steps": 8, "hidden_size": 6, "batch": 8, "updates": 30, "snapshots": 3, "learning_rate": 0.05}


@cache
def course(**changes):
    return Course(Training(**{**SMALL, **changes})).run()


def viewed(**changes):
    return RunView.of("A", course(**changes))


def values(run, of, picture):
    """z of the watched sequence under the parameters of a picture, by the engine."""
    w, _ = of.trainer.layout.unpack(picture.row)
    x, cell = np.eye(of.trainer.layout.X)[run.probe.x[0, :, 0]], cell_of(run.training)
    return flow.forward(cell, w, x, flow.initial_state(cell, (), w.H)).z


@pytest.mark.parametrize(("cell", "names"), [("lstm", {"f", "i", "o"}), ("gru", {"r", "z"})])
def test_a_gate_is_told_by_its_mean_and_the_middle_80_per_cent(cell, names):
    run = viewed(cell=cell)
    opened = reports.opened(run)
    assert set(opened) == names
    for at, picture in enumerate(run.snapshots):
        z = values(run, course(cell=cell), picture)
        for k, gate in opened.items():
            ordered = np.sort(z[k].ravel())
            inside = (ordered >= gate[at, 1]) & (ordered <= gate[at, 2])
            assert gate[at, 0] == pytest.approx(z[k].mean(), rel=1e-12)
            assert abs(inside.mean() - 0.8) <= 2 / len(ordered)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_the_flat_units_are_those_with_under_a_tenth_of_the_steepest_slope(activation):
    run = viewed(activation=activation, gain=2.0)
    slopes = {
        "tanh": lambda a: 1 - np.tanh(a) ** 2,
        "sigmoid": lambda a: 4 / (np.exp(a / 2) + np.exp(-a / 2)) ** 2,
        "relu": lambda a: np.where(a > 0, 1.0, 0.0),
    }
    a = values(run, course(activation=activation, gain=2.0), run.snapshots[-1])["a"]
    slope = slopes[activation](a)
    assert reports.flat(run)[-1, 0] == pytest.approx(np.mean(slope < 0.1), abs=1e-12)
    assert reports.dead(run)[-1] == pytest.approx(np.mean(np.all(slope == 0, axis=0)), abs=1e-12)


def test_dead_units_of_a_relu_are_said_and_drawn():
    run = viewed(activation="relu", bias=-4.0, updates=2, snapshots=2)
    assert reports.dead(run)[0] > 0.5
    assert "dead" in reports.finding(run, 1)
    drawn = figures.gates(LIGHT, TrainingReport((run,), 1))["data"]
    assert {"slope 0", "dead"} <= {trace["name"] for trace in drawn}


def test_the_finding_names_the_gate_that_moved_most():
    run = viewed(cell="lstm")
    opened = reports.opened(run)
    moved = {k: abs(gate[-1, 0] - gate[0, 0]) for k, gate in opened.items()}
    said = reports.finding(run, len(run.snapshots) - 1)
    gate = {"f": "Forget", "i": "Input", "o": "Output"}[max(moved, key=moved.get)]
    assert said.startswith(f"{gate} gate")
    assert said.endswith("after 30")
    assert reports.finding(run, 0).startswith("Before training, on average: ")


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_figure_draws_every_checkpoint_with_its_band_and_names_that_do_not_touch(cell):
    run = viewed(cell=cell)
    figure = figures.gates(LIGHT, TrainingReport((run,), 1))
    heavy = [trace for trace in figure["data"] if trace.get("meta") == "main"]
    for trace, (_, _, rows) in zip(heavy, figures.curves(LIGHT, run), strict=True):
        assert untyped(trace["x"]).tolist() == reports.updates(run).tolist()
        np.testing.assert_allclose(untyped(trace["y"]), rows[:, 0], rtol=1e-5)
        np.testing.assert_allclose(untyped(trace["customdata"]), rows[:, 1:], rtol=1e-5)
    heights = sorted(note["y"] for note in figure["layout"]["annotations"])
    assert np.all(np.diff(heights) >= figures.APART - 1e-9)
    assert 0 <= heights[0] <= heights[-1] <= (100 if cell == "rnn" else 1)


def test_the_page_shows_gates_or_eigenvalues_as_the_address_says():
    at = app("train")
    assert control(at, "beside").value == "gates"
    at.query_params["beside"] = "spectrum"
    at.run()
    assert not at.exception
    assert control(at, "beside").value == "spectrum"

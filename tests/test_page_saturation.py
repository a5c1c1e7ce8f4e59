"""The saturation page: its sentences say what the run shows, and its figures draw it."""


import numpy as np
import pytest

from explorer.experiment import Experiment, View
from explorer.figures import saturation as figures
from explorer.figures.one_step import jacobians
from explorer.figures.parts import untyped
from explorer.figures.theme import DARK, LIGHT
from explorer.figures.waterfall import waterfall as drawn_waterfall
from explorer.reports.saturation import saturation_report
from explorer.run import run
from opening import app, finding, panels

CELLS = ["rnn", "lstm", "gru"]


def report(target=10_000, **changes):
    return saturation_report(run(Experiment(**changes)), View(target=target))


def traces(figure, name):
    return [trace for trace in figure["data"] if trace.get("name") == name]


# σ_max with and without φ′


def test_without_slopes_an_rnn_is_left_with_w():
    recorded = run(Experiment(gain=1.5))
    found = saturation_report(recorded, View()).one_step
    largest = np.log(np.linalg.norm(recorded.weights.W["a"], 2))
    assert not found.straight
    assert np.allclose(found.log_without, largest, rtol=0, atol=1e-12)


def test_straight_across_a_gru_the_largest_update_gate_counts():
    recorded = run(Experiment(cell="gru"))
    found = saturation_report(recorded, View()).one_step
    assert found.straight
    assert np.allclose(found.log_without, np.log(recorded.trace.z["z"].max(axis=1)), rtol=0, atol=1e-12)


def test_straight_across_an_lstm_c_reaches_both_c_and_h():
    recorded = run(Experiment(cell="lstm"))
    z = recorded.trace.z
    shown = z["o"] * (1 - np.tanh(z["c"]) ** 2)
    largest = np.max(z["f"] * np.sqrt(1 + shown**2), axis=1)  # one column of J for each unit of c
    found = saturation_report(recorded, View()).one_step
    assert np.allclose(np.exp(found.log_without), largest, rtol=1e-9)


def test_a_sigmoid_has_a_bound_a_quarter_of_w():
    found = report(activation="sigmoid").one_step
    assert found.log_without[0] - found.log_bound == pytest.approx(np.log(4.0), abs=1e-12)


def test_large_states_show_fewer_jacobians():
    assert len(report(cell="lstm", hidden_size=128, steps=100).one_step.steps) < 100


# Sentences


def test_the_finding_names_what_arrives_and_what_took_it():
    found = report(gain=1.5)
    assert found.finding() == (
        "10⁻⁴ of the error reaches step 0: slopes multiply it by 10⁻¹², weights by 10⁸; "
        "22 % of units saturated"
    )
    first, second = (total / np.log(10) for total in found.waterfall.totals)
    assert (round(first), round(second), round(found.waterfall.left / np.log(10))) == (-12, 8, -4)


def test_a_growing_error_is_told_in_times():
    assert report(activation="identity", gain=1.5).finding().startswith("10⁹ times the error reaches step 0")


def test_an_error_that_keeps_its_size_is_told_so():
    found = report(activation="identity", initialiser="orthogonal")
    assert found.finding().startswith("All of the error reaches step 0")


def test_a_dead_network_says_who_killed_it():
    dead = report(activation="relu", bias=-1.0, input_scale=0.3)
    assert "exactly zero from step 49 on back: no unit it could pass has any slope" in dead.finding()
    assert dead.quiet().endswith("32 units have no slope at any step.")
    assert "W lets nothing through" in report(gain=0.0).finding()


def test_the_diagnosis_gives_the_share_of_the_steps_it_names():
    found = report(cell="lstm", forget_bias=3.0)
    assert found.diagnosis() == "Steps 48 to 50 take 54 % of the loss, mostly on the way straight across."
    fall = found.waterfall
    share = (fall.first + fall.second)[47:].sum() / fall.left
    assert round(100 * share) == 54


def test_an_even_loss_is_told_by_its_rate_and_slope():
    found = report(activation="sigmoid")
    rate, slope = np.exp(found.waterfall.left / 50), found.mean_slope
    assert found.diagnosis() == (
        f"The loss is spread over the steps: {rate:.3g} times per step; mean slope {slope:.2g}."
    )


def test_a_run_that_was_cut_says_so():
    cut = report(activation="identity", gain=6.0, steps=1000, hidden_size=8)
    assert cut.T < 1000
    assert f"after step {cut.T}, where the run ends (1000 asked for)" in cut.quiet()


@pytest.mark.parametrize("cell", CELLS)
def test_the_table_has_one_row_a_step_and_step_zero(cell):
    found = report(cell=cell, target=20)
    table = found.table()
    assert {len(column) for column in table.values()} == {51}
    left = table["log10 of the error of step 20 left"]
    assert left[20] == 0.0
    assert left[0] == pytest.approx(found.waterfall.left / np.log(10))


# Figures


@pytest.mark.parametrize("cell", CELLS)
def test_the_bars_are_the_shares_and_saturated_ones_are_blue(cell):
    found = report(cell=cell, gain=2.0)
    figure = figures.spread(LIGHT, found)
    for i, layer in enumerate(found.layers):
        bars = traces(figure, layer.name)[0]
        assert np.allclose(untyped(bars["customdata"]) / 100, found.spread.share[i], atol=1e-6)
        blue = np.array([colour == LIGHT.vanish_ink for colour in bars["marker"]["color"]])
        middles = (found.spread.edges[1:] + found.spread.edges[:-1]) / 2
        low, high = layer.flat(middles)
        assert np.array_equal(blue, low | high)


def test_the_slope_map_is_the_reports():
    found = report(cell="lstm", hidden_size=6)
    heat = figures.slopes(LIGHT, found)["data"][0]
    assert np.allclose(untyped(heat["z"]), found.slopes.log_slope / np.log(10), atol=1e-5)


def test_exact_zeros_are_marked_in_every_figure():
    found = report(activation="relu", bias=-1.0, input_scale=0.3)
    assert traces(figures.slopes(DARK, found), "exactly 0")
    assert traces(jacobians(DARK, found), "σₘₐₓ of J, exactly 0")
    assert traces(drawn_waterfall(DARK, found.waterfall), "slopes φ′, exactly 0")
    assert traces(drawn_waterfall(DARK, found.waterfall), "error left, exactly 0")


def test_the_bars_of_the_waterfall_add_up_to_its_curve():
    fall = report(gain=1.5).waterfall
    figure = drawn_waterfall(LIGHT, fall)
    both = sum(untyped(traces(figure, name)[0]["y"]).sum() for name in fall.names)
    assert both == pytest.approx(untyped(traces(figure, "error left")[0]["y"])[0], abs=1e-4)


def test_a_single_step_is_drawn_as_a_dot():
    figure = jacobians(LIGHT, report(steps=1, hidden_size=1))
    assert traces(figure, "σₘₐₓ of J")[0]["mode"] == "lines+markers"


# The page


@pytest.mark.parametrize("cell", CELLS)
def test_the_page_shows_the_reports_finding(cell):
    at = app("saturation", cell=cell, target="30")
    titles = [panel["title"] for panel in panels(at)]
    assert "Where the error of step 30 is lost" in titles
    assert finding(at) == report(cell=cell, target=30).finding()

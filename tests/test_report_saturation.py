"""The saturation report, each number against another way of reaching it."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.arrays import Scaled
from explorer.experiment import Experiment, View
from explorer.reports import layers
from explorer.reports.layers import averaged, layers_of
from explorer.reports.saturation import saturation_report
from explorer.reports.waterfall import waterfall
from explorer.run import run

CELLS = ["rnn", "lstm", "gru"]
LN10 = np.log(10.0)


def report(target=10_000, **changes):
    return saturation_report(run(Experiment(**changes)), View(target=target))


# Layers


def test_a_tanh_unit_is_saturated_beyond_the_point_where_its_slope_is_a_tenth():
    recorded = run(Experiment(gain=1.5))
    [units] = saturation_report(recorded, View()).layers
    edge = np.arccosh(np.sqrt(10.0))  # 1 / cosh² = 1/10
    assert np.array_equal(units.right, np.mean(recorded.trace.z["a"] > edge, axis=1))
    assert np.array_equal(units.left, np.mean(recorded.trace.z["a"] < -edge, axis=1))


def test_a_sigmoid_unit_is_held_to_its_own_steepest_slope():
    recorded = run(Experiment(activation="sigmoid", gain=8.0))
    [units] = saturation_report(recorded, View()).layers
    edge = np.log((1 + np.sqrt(0.9)) / (1 - np.sqrt(0.9)))  # s (1 − s) = 1/40
    assert 0.1 < units.share.mean() < 0.9
    assert np.allclose(units.share, np.mean(np.abs(recorded.trace.z["a"]) > edge, axis=1), rtol=0, atol=1e-15)


def test_a_relu_unit_that_never_fires_is_off():
    recorded = run(Experiment(activation="relu", bias=-1.0))
    [units] = saturation_report(recorded, View()).layers
    assert 0 < units.off.sum() < 32
    assert np.array_equal(units.off, np.all(recorded.trace.s["h"][1:] == 0, axis=0))
    assert np.all(units.right == 0)


def test_the_identity_never_saturates():
    found = report(activation="identity")
    assert (found.share, found.mean_slope) == (0.0, 1.0)


def test_gates_are_shut_below_a_tenth_and_open_above_nine_tenths():
    recorded = run(Experiment(cell="lstm", forget_bias=2.0))
    forget = saturation_report(recorded, View()).layers[0]
    assert (forget.symbol, forget.name) == ("f", "forget gate")
    assert np.array_equal(forget.right, np.mean(recorded.trace.z["f"] > 0.9, axis=1))
    assert np.array_equal(forget.left, np.mean(recorded.trace.z["f"] < 0.1, axis=1))


@pytest.mark.parametrize("cell", CELLS)
def test_every_layer_is_the_function_the_run_applied(cell):
    recorded = run(Experiment(cell=cell))
    for key, (symbol, _, activation) in layers_of(recorded.cell).items():
        assert np.array_equal(activation.phi(recorded.trace.z[key]), recorded.trace.z[symbol])


def test_the_published_shares_of_the_lecture_scenario_come_out():
    """science: .21, .06 and .45 saturated, medians over 20 seeds."""
    for gain, input_scale, expected in ((1.5, 1.0, 0.21), (1.5, 0.1, 0.06), (3.0, 0.1, 0.45)):
        shares = [report(gain=gain, input_scale=input_scale, seed=seed).share for seed in range(20)]
        assert abs(np.median(shares) - expected) < 0.02


# Distribution


@pytest.mark.parametrize("cell", CELLS)
def test_the_histogram_holds_every_value_once(cell):
    found = report(cell=cell, gain=3.0).spread
    total = found.share.sum(axis=1) + found.beyond
    assert np.allclose(total, 1.0, rtol=0, atol=1e-12)


def test_what_lies_beyond_the_axis_is_counted():
    recorded = run(Experiment(activation="relu", gain=3.0))
    found = saturation_report(recorded, View()).spread
    a = recorded.trace.z["a"]
    assert found.edges[-1] == layers.WIDEST
    assert found.beyond[0] == pytest.approx(np.mean(np.abs(a) > layers.WIDEST), abs=1e-12)
    assert found.beyond[0] > 0.1


def test_the_axis_is_symmetric_and_wide_enough():
    found = report(input_scale=3.0).spread
    assert found.edges[0] == -found.edges[-1]
    assert found.edges[-1] > 4
    assert found.beyond[0] <= 2 / (50 * 32)  # a thousandth of 1,600 values, rounded up


# Slopes along time


def test_a_short_run_shows_every_slope():
    recorded = run(Experiment(steps=20, hidden_size=5))
    found = saturation_report(recorded, View()).slopes
    assert np.allclose(np.exp(found.log_slope), 1 - recorded.trace.s["h"][1:].T ** 2, rtol=1e-9)
    assert np.array_equal(found.first, np.arange(1, 21))


def test_a_long_run_is_averaged_over_neighbouring_steps():
    found = report(steps=1000, hidden_size=4).slopes
    recorded = run(Experiment(steps=1000, hidden_size=4))
    slope = 1 - np.tanh(recorded.trace.z["a"]) ** 2
    assert found.log_slope.shape == (4, 200)
    assert found.width == 5
    assert np.allclose(np.exp(found.log_slope[:, 7]), slope[35:40].mean(axis=0), rtol=1e-12)
    assert np.allclose(found.mean[7], slope[35:40].mean(), rtol=1e-12)


def test_the_last_group_may_be_shorter():
    values = np.arange(7.0)[:, None]
    assert averaged(values, 3)[:, 0].tolist() == [1.0, 4.0, 6.0]


def test_the_layers_of_a_gated_cell_stand_under_one_another():
    recorded = run(Experiment(cell="lstm", hidden_size=6))
    found = saturation_report(recorded, View()).slopes
    o = recorded.trace.z["o"]
    assert found.log_slope.shape == (24, 50)
    assert found.saturated.shape == (4, 50)
    assert np.allclose(np.exp(found.log_slope[18:]), (o * (1 - o)).T, rtol=1e-12)


def test_a_slope_of_zero_is_an_exact_zero():
    found = report(activation="relu", bias=-1.0, input_scale=0.3).slopes
    assert np.isneginf(found.log_slope).any()
    assert not np.isnan(found.log_slope).any()


# One-step Jacobians


@pytest.mark.parametrize("cell", CELLS)
def test_sigma_max_is_that_of_the_joint_jacobian(cell):
    recorded = run(Experiment(cell=cell, steps=12, hidden_size=7))
    found = saturation_report(recorded, View()).one_step
    for t in (1, 5, 12):
        J = recorded.chain.take(slice(t - 1, t))[0]
        largest = np.sqrt(np.max(np.linalg.eigvalsh(J @ J.T)))
        assert np.exp(found.log_sigma_max[t - 1]) == pytest.approx(largest, rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
def test_sigma_max_stays_below_the_bound_of_the_weights(activation):
    found = report(activation=activation).one_step
    assert np.all(found.log_sigma_max <= found.log_bound + 1e-12)


def test_gated_cells_have_no_bound():
    assert report(cell="lstm").one_step.log_bound is None
    assert report(cell="gru").one_step.log_bound is None


def test_a_long_run_shows_evenly_spaced_jacobians():
    recorded = run(Experiment(steps=1000, hidden_size=4))
    found = saturation_report(recorded, View()).one_step
    assert found.steps.tolist() == list(range(1, 1000, 10))
    J = recorded.chain.take(slice(30, 31))[0]
    assert found.log_sigma_max[3] == pytest.approx(np.log(np.linalg.norm(J, 2)), abs=1e-12)


# The whole report


@pytest.mark.parametrize("cell", CELLS)
def test_a_single_step_is_enough(cell):
    found = report(cell=cell, steps=1, hidden_size=1)
    assert len(found.waterfall.first) == len(found.one_step.steps) == 1


def test_the_target_step_decides_whose_error_is_followed():
    assert report(target=20).waterfall.t == 20
    assert report(target=0).waterfall.t == 1
    assert report().waterfall.t == 50


def test_other_weights_change_every_number():
    one, other = report(seed=0), report(seed=1)
    assert one.share != other.share
    assert one.mean_slope != other.mean_slope
    assert not np.array_equal(one.spread.share, other.spread.share)
    assert not np.array_equal(one.slopes.log_slope, other.slopes.log_slope)
    assert not np.array_equal(one.one_step.log_sigma_max, other.one_step.log_sigma_max)
    assert not np.array_equal(one.waterfall.first, other.waterfall.first)


def test_the_report_is_read_only():
    found = report()
    for array in (found.spread.share, found.slopes.log_slope, found.waterfall.first, found.layers[0].slope):
        assert not array.flags.writeable


def test_the_product_of_the_parts_is_that_of_the_jacobians():
    """ln‖(∂h_t/∂h_0)ᵀ v‖ by the chain's own product."""
    recorded = run(replace(Experiment(), steps=30))
    v = recorded.loss.dE_dh[-1]
    product = recorded.chain.product(30, 0)
    carried = Scaled.of((product.mantissa.T @ v)[:, None], product.exponent)
    expected = float(carried.log_norm()) - np.log(np.linalg.norm(v))
    assert waterfall(recorded, 30).left == pytest.approx(expected, abs=1e-10)

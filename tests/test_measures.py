"""Rates, horizons, bounds and saturation, on values made by hand and on real runs."""

import itertools

import numpy as np
import pytest

from explorer import flow, measures
from explorer.activations import ACTIVATIONS
from explorer.arrays import log_norm
from explorer.cells import GRU, LSTM, RNN
from explorer.weights import Weights
from oracles import CELL, problem, scalar

LAGS = np.arange(101)


def rnn(activation, T=12, gain=1.0, seed=0):
    """A trace of an RNN, its weights scaled, and its cell."""
    p = problem(f"rnn {activation}", T, seed=seed)
    w = Weights({"a": gain * p.w.W["a"]}, p.w.U, p.w.b)
    return p.cell, w, flow.forward(p.cell, w, p.x, p.s0)


# Rates


@pytest.mark.parametrize("r", [0.5, 0.999, 1.0, 1.5])
def test_the_rate_of_a_geometric_series_is_its_factor(r):
    assert measures.rate_per_step(3.0 + LAGS * np.log(r)) == pytest.approx(r, rel=1e-13)


@pytest.mark.parametrize("log_rate", [-500.0, -800.0, 400.0])
def test_rates_work_far_beyond_float64(log_rate):
    assert measures.log_rate_per_step(LAGS * log_rate) == pytest.approx(log_rate, rel=1e-12)
    assert measures.rate_per_step(LAGS * log_rate) == pytest.approx(np.exp(log_rate), rel=1e-10)


def test_a_rate_too_large_for_float64_is_infinite_and_no_warning():
    assert measures.rate_per_step(LAGS * 800.0) == np.inf


def test_the_rate_is_the_least_squares_slope_from_lag_1_on():
    values = np.random.default_rng(0).standard_normal(30)
    lag = np.arange(1, 30)
    slope = np.cov(lag, values[1:])[0, 1] / np.var(lag, ddof=1)
    assert measures.log_rate_per_step(values) == pytest.approx(slope, rel=1e-12)


def test_a_gradient_that_is_exactly_zero_has_rate_0():
    assert measures.rate_per_step(np.array([0.0, -np.inf, -np.inf])) == 0.0


@pytest.mark.parametrize("values", [[0.0], [0.0, -1.0], [0.0, -1.0, -np.inf]])
def test_fewer_than_two_lags_have_rate_1(values):
    assert measures.rate_per_step(np.array(values)) == 1.0


def test_exact_zeros_are_left_out_of_the_fit():
    values = LAGS * np.log(0.7)
    values[50:] = -np.inf
    assert measures.rate_per_step(values) == pytest.approx(0.7, rel=1e-13)


def test_the_rate_of_a_linear_unit_is_its_weight():
    cell, w, trace = scalar(0.8, 60)
    chain = flow.chain(cell, w, trace)
    by_lag = np.array([chain.product(60, 60 - lag).log_norm() for lag in range(61)])
    assert measures.rate_per_step(by_lag) == pytest.approx(0.8, rel=1e-13)


# By lag


def test_the_mean_by_lag_is_the_mean_along_each_diagonal():
    log_map = np.random.default_rng(0).standard_normal((7, 7))
    expected = [np.mean([log_map[t, t - lag] for t in range(lag, 7)]) for lag in range(7)]
    np.testing.assert_allclose(measures.mean_by_lag(log_map), expected, rtol=1e-14)


def test_one_exact_zero_makes_its_lag_an_exact_zero():
    log_map = np.zeros((4, 4))
    log_map[3, 1] = -np.inf
    assert measures.mean_by_lag(log_map).tolist() == [0.0, 0.0, -np.inf, 0.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, -3.0, -8.0, -9.0], 2),
        ([0.0, -8.0, -3.0, -9.0], 3),  # it came back once
        ([0.0, -3.0, -6.0, -6.5], None),
        ([-8.0, -9.0], 0),
        ([0.0, -np.inf, -np.inf], 1),
        ([0.0], None),
    ],
)
def test_the_horizon_is_the_lag_from_which_on_less_than_a_thousandth_is_left(values, expected):
    assert measures.horizon(np.array(values)) == expected


def test_the_horizon_of_a_half_is_ten_steps():
    assert measures.horizon(LAGS * np.log(0.5)) == 10  # 2^−10 < 10^−3 < 2^−9


@pytest.mark.parametrize("r", [0.5, 0.9, 0.99])
def test_e_folding_is_minus_one_over_the_slope(r):
    assert measures.e_folding(LAGS * np.log(r)) == pytest.approx(-1 / np.log(r), rel=1e-12)


def test_e_folding_reads_lags_5_to_40():
    values = LAGS * np.log(0.5)
    values[:5] += 7.0
    values[41:] = 9.0
    assert measures.e_folding(values) == pytest.approx(1 / np.log(2), rel=1e-12)


@pytest.mark.parametrize("values", [LAGS * 0.1, LAGS * 0.0, np.array([0.0])])
def test_what_does_not_shrink_has_no_e_folding_time(values):
    assert measures.e_folding(values) == np.inf


def test_an_exact_zero_folds_at_once():
    assert measures.e_folding(np.where(LAGS > 0, -np.inf, 0.0)) == 0.0


# Bounds


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("gain", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_pair_exceeds_pascanus_bound_or_the_bound_of_its_run(activation, gain, seed):
    cell, w, trace = rnn(activation, gain=gain, seed=seed)
    chain = flow.chain(cell, w, trace)
    sigma = np.linalg.norm(chain.take(slice(None)), 2, axis=(1, 2))
    by_run, step = measures.log_product_bound(sigma), measures.log_bound(cell, w)
    for k, t in itertools.combinations_with_replacement(range(trace.T + 1), 2):
        norm = chain.product(t, k).log_spectral_norm()
        assert norm <= by_run[t, k] + 1e-12
        assert by_run[t, k] <= (t - k) * step + 1e-12


def test_pascanus_bound_is_attained_by_one_linear_unit():
    cell, w, _ = scalar(-1.7, 3)
    assert measures.log_bound(cell, w) == pytest.approx(np.log(1.7), rel=1e-15)


def test_the_slope_of_the_sigmoid_enters_pascanus_bound():
    w = Weights({"a": 3.0 * np.eye(4)}, {"a": np.zeros((4, 1))}, {"a": np.zeros(4)})
    assert measures.log_bound(RNN(ACTIVATIONS["sigmoid"]), w) == pytest.approx(np.log(0.75), rel=1e-14)


@pytest.mark.parametrize("cell", [LSTM(), GRU()])
def test_the_theorem_does_not_speak_of_gated_cells(cell):
    assert measures.log_bound(cell, problem(cell.name, 1).w) is None


def test_without_weights_the_bound_is_an_exact_zero():
    cell, w, _ = scalar(0.0, 3)
    assert measures.log_bound(cell, w) == -np.inf
    bound = measures.log_product_bound(np.zeros(2))
    assert bound.tolist() == [[0.0, -np.inf, -np.inf], [-np.inf, 0.0, -np.inf], [-np.inf, -np.inf, 0.0]]


def test_the_bound_of_a_run_is_the_product_of_its_steps():
    bound = measures.log_product_bound(np.array([2.0, 0.5, 8.0]))
    expected = [[0, -np.inf, -np.inf, -np.inf], [1, 0, -np.inf, -np.inf], [0, -1, 0, -np.inf], [3, 2, 3, 0]]
    np.testing.assert_allclose(bound, np.log(2.0) * np.array(expected, dtype=float), rtol=1e-14, atol=1e-15)


def test_no_entry_of_a_sigmoid_network_exceeds_hochreiters_bound():
    rng, n, T = np.random.default_rng(0), 10, 12
    w = Weights({"a": rng.uniform(-0.3, 0.3, (n, n))}, {"a": np.zeros((n, 1))}, {"a": np.zeros(n)})
    cell = RNN(ACTIVATIONS["sigmoid"])
    trace = flow.forward(cell, w, np.zeros((T, 1)), {"h": np.zeros(n)})
    mantissas, exponents = flow.chain(cell, w, trace).products_back_from(T)
    largest = np.log(np.abs(mantissas).max(axis=(1, 2))) + exponents * np.log(2.0)
    lag = T - np.arange(T + 1)
    assert (largest <= measures.hochreiter_log_bound(w.W["a"], lag)).all()


def test_hochreiters_bound_is_n_tau_to_the_lag():
    W = np.full((10, 10), -0.3)
    expected = np.log(10) + np.arange(4) * np.log(0.75)
    np.testing.assert_allclose(measures.hochreiter_log_bound(W, np.arange(4)), expected, rtol=1e-14)


def test_without_weights_hochreiters_bound_is_an_exact_zero_from_lag_1_on():
    bound = measures.hochreiter_log_bound(np.zeros((3, 3)), np.arange(3))
    assert bound.tolist() == [np.log(3), -np.inf, -np.inf]


# Saturation


def test_slopes_are_those_at_the_pre_activations():
    cell, _, trace = rnn("tanh")
    expected = 1.0 / np.cosh(trace.z["a"]) ** 2
    np.testing.assert_allclose(measures.saturation(cell, trace).slope, expected, rtol=1e-13)


@pytest.mark.parametrize(("activation", "edge"), [("tanh", 1.8184), ("sigmoid", 3.6369)])
def test_a_unit_is_saturated_below_a_tenth_of_the_steepest_slope(activation, edge):
    a = np.array([[0.0, edge - 1e-3, edge + 1e-3, -edge - 1e-3]])
    trace = flow.Trace(np.zeros((1, 1)), {"h": np.zeros((2, 4))}, {"a": a})
    assert measures.saturation(RNN(ACTIVATIONS[activation]), trace).share.tolist() == [0.5]


def test_a_relu_is_dead_only_if_it_never_wakes():
    a = np.array([[-1.0, 1.0, -1.0], [-1.0, -1.0, 0.0]])
    trace = flow.Trace(np.zeros((2, 1)), {"h": np.zeros((3, 3))}, {"a": a})
    found = measures.saturation(RNN(ACTIVATIONS["relu"]), trace)
    assert found.dead.tolist() == [True, False, True]
    assert found.share.tolist() == pytest.approx([2 / 3, 1.0])


def test_a_linear_unit_never_saturates():
    cell, _, trace = rnn("identity")
    found = measures.saturation(cell, trace)
    assert not found.share.any()
    assert not found.dead.any()


def test_gates_are_shut_below_a_tenth_and_open_above_nine():
    gate = np.array([[0.05, 0.1, 0.5, 0.95], [0.95, 0.99, 0.9, 0.0]])
    shut, open_ = measures.gate_saturation(gate)
    assert shut.tolist() == [0.25, 0.25]
    assert open_.tolist() == [0.25, 0.5]


@pytest.mark.parametrize(("f", "life"), [(0.5, 1.0), (0.25, 0.5), (0.99, 68.9676), (0.0, 0.0), (1.0, np.inf)])
def test_the_half_life_of_a_cell_state(f, life):
    assert measures.half_life(np.array([f]))[0] == pytest.approx(life, rel=1e-6)


# Signals and states


def test_the_gauge_is_the_decades_lost_on_the_way_back():
    log_signals = np.log(np.array([1e-6, 1e-3, 1.0, 10.0]))
    assert measures.gauge(log_signals, 0) == pytest.approx(-7.0, rel=1e-13)
    assert measures.gauge(log_signals, 3) == 0.0


def test_the_gauge_of_an_exact_zero_is_minus_infinity_and_of_no_error_0():
    assert measures.gauge(np.array([-np.inf, 0.0]), 0) == -np.inf
    assert measures.gauge(np.array([-np.inf, -np.inf]), 0) == 0.0


def test_the_average_gain_of_the_identity_is_1():
    log_map = np.array([log_norm(np.eye(9).ravel())])
    assert measures.normalised(log_map, 9)[0] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", CELL)
def test_the_joint_state_is_the_blocks_side_by_side(name):
    p = problem(name, 3)
    joint = measures.joint(p.trace().s)
    assert joint.shape == (4, 4 * len(p.cell.state))
    assert (joint[:, :4] == p.trace().s["h"]).all()

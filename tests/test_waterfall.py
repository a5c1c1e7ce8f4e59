"""The waterfall of an error signal, each number against another way of reaching it."""

import numpy as np
import pytest

from explorer.experiment import Experiment
from explorer.reports.waterfall import MOST_BARS, Waterfall, waterfall
from explorer.run import run

CELLS = ["rnn", "lstm", "gru"]
LN10 = np.log(10.0)


def bars(first, second, width=1):
    """A waterfall with given parts, from which its levels follow."""
    first, second = np.array(first, float), np.array(second, float)
    level = np.append(np.cumsum((first + second)[::-1])[::-1], 0.0)
    last = np.arange(1, len(first) + 1) * width
    sizes = np.full(len(first), width)
    return Waterfall(int(last[-1]), ("one", "other"), last, sizes, level, first, second, 0.0)


def log_signals(recorded, t):
    """ln‖∂E_t/∂s_k‖ for k = 0..t, by the sweep over all pairs."""
    blocks = [recorded.error_maps.signal[block][t, : t + 1] for block in recorded.cell.state]
    return 0.5 * np.logaddexp.reduce([2.0 * block for block in blocks])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("t", [1, 17, 50])
def test_the_two_parts_add_up_to_the_change_of_the_signal(cell, t):
    recorded = run(Experiment(cell=cell))
    found = waterfall(recorded, t)
    expected = np.diff(log_signals(recorded, t))
    assert np.allclose(found.first + found.second, -expected, rtol=0, atol=1e-12)
    assert np.allclose(
        found.level, log_signals(recorded, t) - log_signals(recorded, t)[t], rtol=0, atol=1e-11
    )
    assert sum(found.totals) == pytest.approx(found.left, abs=1e-11)


def test_the_slopes_of_an_rnn_take_what_the_diagonal_takes():
    recorded = run(Experiment(gain=1.5))
    found, v = waterfall(recorded, 50), recorded.loss.dE_dh[-1]
    for t in (50, 49, 48):
        slope = 1 - np.tanh(recorded.trace.z["a"][t - 1]) ** 2
        after = slope * v
        assert found.first[t - 1] == pytest.approx(
            np.log(np.linalg.norm(after) / np.linalg.norm(v)), abs=1e-9
        )
        v = recorded.weights.W["a"].T @ after
        ratio = np.linalg.norm(v) / np.linalg.norm(after)
        assert found.second[t - 1] == pytest.approx(np.log(ratio), abs=1e-9)


def test_what_goes_straight_across_an_lstm_is_scaled_by_the_forget_gates():
    recorded = run(Experiment(cell="lstm"))
    found, z = waterfall(recorded, 50), recorded.trace.z
    dh = recorded.loss.dE_dh[-1]
    across = z["f"][-1] * z["o"][-1] * (1 - np.tanh(z["c"][-1]) ** 2) * dh
    assert found.first[-1] == pytest.approx(np.log(np.linalg.norm(across) / np.linalg.norm(dh)), abs=1e-12)


def test_a_sigmoid_loses_at_least_four_per_step_to_its_slopes():
    found = waterfall(run(Experiment(activation="sigmoid")), 50)
    assert np.all(found.first <= np.log(0.25) + 1e-12)


def test_an_orthogonal_w_neither_takes_nor_gives():
    found = waterfall(run(Experiment(initialiser="orthogonal")), 50)
    assert np.all(np.abs(found.second) < 1e-12)
    assert found.left / LN10 < -6


def test_an_identity_has_no_slope_to_lose():
    found = waterfall(run(Experiment(activation="identity")), 50)
    assert np.all(found.first == 0)


def test_a_signal_that_dies_is_lost_once_and_gives_no_nan():
    found = waterfall(run(Experiment(activation="relu", bias=-1.0, input_scale=0.3)), 50)
    assert found.left == -np.inf
    assert found.totals == (-np.inf, 0.0)
    assert np.isneginf(found.first).sum() == 1
    assert found.dead_from is not None


def test_weights_of_zero_end_the_signal_in_the_second_part():
    found = waterfall(run(Experiment(gain=0.0)), 50)
    assert found.totals[0] > -10
    assert found.totals[1] == -np.inf
    assert found.dead_from == 49


def test_a_signal_that_lives_is_dead_from_no_step():
    assert waterfall(run(Experiment()), 50).dead_from is None


def test_a_long_way_is_summed_over_neighbouring_steps():
    recorded = run(Experiment(steps=250, hidden_size=8))
    found = waterfall(recorded, 250)
    signals = log_signals(recorded, 250)
    assert len(found.first) <= MOST_BARS
    assert found.width.sum() == 250
    assert np.allclose(
        found.level, signals[[*(found.last - found.width), 250]] - signals[250], rtol=0, atol=1e-10
    )
    assert np.allclose(found.level[1:] + found.first + found.second, found.level[:-1], rtol=0, atol=1e-10)


def test_the_way_is_that_of_one_error_whatever_the_loss_counts():
    every, last = run(Experiment()), run(Experiment(placement="last"))
    assert np.array_equal(waterfall(every, 50).level, waterfall(last, 50).level)


def test_a_loss_within_few_steps_is_found():
    slopes = np.full(30, -0.01)
    slopes[11:14] = -5.0
    assert bars(slopes, np.zeros(30)).concentrated() == (12, 13)


def test_the_stretch_is_given_in_steps_where_bars_cover_several():
    slopes = np.full(30, -0.01)
    slopes[11] = -5.0
    assert bars(slopes, np.zeros(30), width=4).concentrated() == (45, 48)


def test_an_even_loss_falls_on_no_stretch():
    assert bars(np.full(30, -1.0), np.full(30, 0.2)).concentrated() is None


def test_a_loss_below_a_decade_is_not_searched():
    assert bars([-2.0, *[0.0] * 20], [0.0] * 21).concentrated() is None

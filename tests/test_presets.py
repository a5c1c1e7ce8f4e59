"""Each preset shows what its sentence says: medians over 20 seeds of log₁₀‖∂h_T/∂h_0‖₂."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.measures import log_bound
from explorer.presets import PRESETS
from explorer.run import run

LN10 = np.log(10.0)

# preset -> (median decades over 20 seeds, tolerance: zero spread where the result is exact)
DECADES = {
    "0.5 to the power of T": (20 * np.log10(0.5), 1e-12),
    "1.5 to the power of T": (20 * np.log10(1.5), 1e-12),
    "Sigmoid: gone in ten steps": (-33.4, 1.0),
    "Gain 1.5 explodes, if linear": (10.9, 0.5),
    "Gain 1.5 vanishes, with tanh": (-2.6, 0.6),
    "Gain 3 explodes, quiet inputs": (6.3, 0.5),
    "Necessary is not sufficient": (-3.35, 0.3),
    "Orthogonal and linear: exactly 1": (0.0, 1e-12),
    "Orthogonal is not enough": (-9.2, 0.5),
    "ReLU fades": (-8.1, 0.5),
    "ReLU explodes": (6.95, 1.0),
    "ReLU dies": (-np.inf, 0.0),
    "IRNN: identity and ReLU": (0.0, 1e-12),
    "IRNN slightly above one": (50 * np.log10(1.1), 1e-12),
    "LSTM, forget bias −1": (-15.7, 1.0),
    "LSTM, forget bias 3": (-0.75, 0.3),
    "LSTM with chrono bias": (-1.74, 0.3),
    "LSTM explodes": (20.6, 2.0),
}


def decades(name, seed, t=None):
    e = replace(PRESETS[name].experiment, seed=seed)
    recorded = run(e)
    H = e.hidden_size
    product = recorded.chain.product(t or recorded.T, 0)
    size = replace(product, mantissa=product.mantissa[:H, :H]).log_spectral_norm()
    return float(size) / LN10


@pytest.mark.parametrize("name", DECADES)
def test_preset_reaches_the_decades_it_speaks_of(name):
    expected, tolerance = DECADES[name]
    found = np.median([decades(name, seed) for seed in range(20)])
    assert found == expected or abs(found - expected) <= tolerance


def test_every_preset_is_held_to_a_number():
    elsewhere = {"Open gates drift", "France … French"}
    assert set(PRESETS) == set(DECADES) | elsewhere


def test_sigmoid_leaves_a_millionth_after_ten_steps():
    assert -7.0 < np.median([decades("Sigmoid: gone in ten steps", s, t=10) for s in range(20)]) < -5.5


def test_necessary_is_not_sufficient_has_a_singular_value_over_one():
    e = PRESETS["Necessary is not sufficient"].experiment
    for seed in range(20):
        recorded = run(replace(e, seed=seed))
        assert log_bound(recorded.cell, recorded.weights) > 0
        assert decades("Necessary is not sufficient", seed) < 0


def test_open_gates_drift_until_tanh_of_the_cell_state_saturates():
    recorded = run(PRESETS["Open gates drift"].experiment)
    assert np.all(recorded.trace.z["f"] > 1.0 - 1e-14)
    size = np.abs(recorded.trace.s["c"]).mean(axis=-1)
    assert size[1000] > 5 * size[10]
    slope = 1.0 - np.tanh(recorded.trace.s["c"]) ** 2
    assert slope[1000].mean() < 0.2 * slope[1].mean()


def test_france_reaches_french_with_a_thousandth():
    """science: median ratio 1.3e-3 over 20 seeds for tanh at H = 64."""
    e, ratios = PRESETS["France … French"].experiment, []
    for seed in range(20):
        signals = run(replace(e, seed=seed)).back.log_signals()
        ratios.append((signals[5] - signals[19]) / LN10)
    assert abs(np.median(ratios) - np.log10(1.3e-3)) < 0.35


def test_france_stands_fourteen_steps_before_french():
    preset = PRESETS["France … French"]
    tokens = run(preset.experiment).sequence.tokens
    assert tokens[preset.view.source - 1] == "France"
    assert tokens[19] == "French"
    assert preset.view.target - preset.view.source == 14

"""How weights are drawn: each initialiser as it is written, streams that do not disturb each other."""

import numpy as np
import pytest

from explorer.weights import (
    INITIALISERS,
    STREAMS,
    Biases,
    Recipe,
    Weights,
    blocks,
    draw,
    ensemble,
    stream,
)
from oracles import CELL, PARTS

EVERY = pytest.mark.parametrize("name", CELL)
EVERY_INITIALISER = pytest.mark.parametrize("initialiser", INITIALISERS)
H, X = 200, 7


def matrix(initialiser, gain, H=H, seed=0):
    return INITIALISERS[initialiser].draw(np.random.default_rng(seed), H, gain)


def recipe(initialiser="gaussian", gain=1.0, scale=1.0, constants=None, span=0):
    return Recipe(initialiser, gain, scale, Biases(constants or {}, span))


def entries(w):
    """All entries of all blocks, with their names."""
    return {(part, k): a for part in PARTS for k, a in getattr(w, part).items()}


# Initialisers. A spread of 40,000 entries is right to ±0.35 %; five of those are allowed.


@pytest.mark.parametrize("gain", [0.3, 1.0, 2.5])
def test_gaussian_entries_have_the_variance_g_squared_over_h(gain):
    W = matrix("gaussian", gain)
    assert W.std() * np.sqrt(H) == pytest.approx(gain, rel=0.018)
    assert abs(W.mean()) < 5 * gain / np.sqrt(H) / H
    assert np.mean(np.abs(W) < gain / np.sqrt(H)) == pytest.approx(0.6827, abs=0.012)


@pytest.mark.parametrize(("initialiser", "limit"), [("glorot", np.sqrt(3 / H)), ("pytorch", 1 / np.sqrt(H))])
def test_uniform_entries_fill_their_interval(initialiser, limit):
    W = matrix(initialiser, 1.0)
    assert np.abs(W).max() <= limit
    assert np.abs(W).max() > 0.999 * limit
    assert W.std() == pytest.approx(limit / np.sqrt(3), rel=0.012)


@pytest.mark.parametrize("gain", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("size", [1, 2, 33])
def test_an_orthogonal_matrix_keeps_every_length_up_to_its_gain(gain, size):
    W = matrix("orthogonal", gain, size)
    np.testing.assert_allclose(W @ W.T, gain**2 * np.eye(size), rtol=0, atol=1e-14 * gain**2 * size)


def test_orthogonal_matrices_are_uniform_over_the_group():
    """Then every entry has mean 0, and a trace of 1 ± 1/√n; a bare QR gives one of about −√(2H/π)."""
    traces = [np.trace(matrix("orthogonal", 1.0, 10, seed)) for seed in range(400)]
    assert abs(np.mean(traces)) < 5 / np.sqrt(400)
    assert np.std(traces) == pytest.approx(1.0, abs=0.18)


@pytest.mark.parametrize("gain", [0.0, 1.0, 1.01])
def test_the_identity_initialiser_is_the_scaled_identity(gain):
    assert (matrix("identity", gain, 5) == gain * np.eye(5)).all()


@pytest.mark.parametrize("gain", [0.4, 1.0, 7.0])
@pytest.mark.parametrize("size", [1, 2, 50])
def test_the_spectral_radius_is_set_exactly(gain, size):
    radius = np.max(np.abs(np.linalg.eigvals(matrix("spectral_radius", gain, size))))
    assert radius == pytest.approx(gain, rel=1e-12)


@EVERY_INITIALISER
def test_the_gain_scales_the_matrix_where_it_says_so(initialiser):
    once, twice = matrix(initialiser, 1.0, 6), matrix(initialiser, 2.0, 6)
    factor = 2.0 if INITIALISERS[initialiser].uses_gain else 1.0
    np.testing.assert_allclose(twice, factor * once, rtol=1e-14)


@EVERY_INITIALISER
@pytest.mark.parametrize("gain", [0.0, 1.0])
def test_one_unit_and_no_gain_are_legal(initialiser, gain):
    W = matrix(initialiser, gain, 1)
    assert W.shape == (1, 1)
    assert np.isfinite(W).all()


# Whole networks


@EVERY
@EVERY_INITIALISER
def test_a_network_has_every_block_in_its_shape(name, initialiser):
    cell = CELL[name]
    w = draw(cell, 5, 3, recipe(initialiser), seed=0)
    assert {k: a.shape for k, a in w.W.items()} == dict.fromkeys(cell.v_blocks, (5, 5))
    assert {k: a.shape for k, a in w.U.items()} == dict.fromkeys(cell.u_blocks, (5, 3))
    assert {k: a.shape for k, a in w.b.items()} == dict.fromkeys(blocks(cell), (5,))
    assert (w.H, w.leading) == (5, ())


@EVERY
@EVERY_INITIALISER
def test_the_same_seed_draws_the_same_network_bit_for_bit(name, initialiser):
    one, again, other = (entries(draw(CELL[name], 6, 3, recipe(initialiser), seed=s)) for s in (1, 1, 2))
    assert all((one[key] == again[key]).all() for key in one)
    assert any((one[key] != other[key]).any() for key in one)


@EVERY
def test_blocks_of_one_network_are_drawn_apart(name):
    w = draw(CELL[name], 6, 3, recipe("pytorch"), seed=0)
    for part in PARTS:
        drawn = list(getattr(w, part).values())
        for i, a in enumerate(drawn):
            assert all((a != b).all() for b in drawn[i + 1 :])


@EVERY
@EVERY_INITIALISER
def test_the_inputs_leave_the_other_weights_as_they_were(name, initialiser):
    narrow, wide = (draw(CELL[name], 6, features, recipe(initialiser), seed=0) for features in (3, 30))
    for part in "Wb":
        for block, a in getattr(narrow, part).items():
            assert (a == getattr(wide, part)[block]).all()


@EVERY
@pytest.mark.parametrize("initialiser", ["gaussian", "pytorch"])
def test_w_and_u_are_drawn_from_different_numbers(name, initialiser):
    w = draw(CELL[name], 6, 6, recipe(initialiser), seed=0)
    ratios = [(U / W).ravel() for U in w.U.values() for W in w.W.values()]
    assert all(np.ptp(ratio) > 1.0 for ratio in ratios)


@EVERY
def test_the_input_scale_scales_u_and_nothing_else(name):
    one, three = (entries(draw(CELL[name], 6, 3, recipe(scale=scale), seed=0)) for scale in (1.0, 3.0))
    for (part, block), a in one.items():
        expected = a * (3.0 if part == "U" else 1.0)
        np.testing.assert_allclose(three[part, block], expected, rtol=1e-15)


def test_u_has_the_spread_it_says():
    w = draw(CELL["gru"], 200, 50, recipe(scale=0.1), seed=0)
    for U in w.U.values():
        assert U.std() == pytest.approx(0.1, rel=0.036)  # five times the error of 10,000 entries


def test_streams_of_different_purposes_are_different():
    firsts = {stream(7, purpose).random() for purpose in STREAMS}
    assert len(firsts) == len(STREAMS)


# Biases


def test_constants_go_to_their_blocks_and_nowhere_else():
    w = draw(CELL["lstm"], 4, 3, recipe(constants={"f": 1.5, "i": -2.0}), seed=0)
    assert {k: set(b) for k, b in w.b.items()} == {"f": {1.5}, "i": {-2.0}, "g": {0.0}, "o": {0.0}}


@pytest.mark.parametrize("span", [3, 50, 1000])
def test_chrono_biases_cover_time_constants_up_to_the_span(span):
    """f = σ(b_f) forgets after 1/(1 − f) = 1 + e^b_f steps, here 2 to the span."""
    w = draw(CELL["lstm"], 500, 3, recipe(span=span, constants={"f": 9.0, "i": 9.0}), seed=0)
    constants = 1.0 + np.exp(w.b["f"])
    assert constants.min() >= 2.0
    assert constants.max() <= span
    assert np.mean(constants) == pytest.approx((2 + span) / 2, rel=0.1)
    assert (w.b["i"] == -w.b["f"]).all()
    assert not w.b["g"].any()
    assert not w.b["o"].any()


def test_pytorch_adds_two_biases_where_both_act_on_the_same_sum():
    """One uniform bias has the spread 1/√(3H), the sum of two √2 times that; 500 draws are right to 3 %."""
    w = draw(CELL["gru"], 500, 3, recipe("pytorch"), seed=0)
    spread = {k: b.std() * np.sqrt(3 * 500) for k, b in w.b.items()}
    expected = {"r": np.sqrt(2), "z": np.sqrt(2), "n": 1.0, "m": 1.0}
    assert spread == pytest.approx(expected, rel=0.12)
    assert max(np.abs(w.b[k]).max() for k in "nm") <= 1 / np.sqrt(500)


def test_pytorchs_recipe_reads_no_other_setting():
    plain = entries(draw(CELL["lstm"], 6, 3, recipe("pytorch"), seed=0))
    other = entries(draw(CELL["lstm"], 6, 3, recipe("pytorch", 3.0, 9.0, {"f": 5.0}, 100), seed=0))
    assert all((plain[key] == other[key]).all() for key in plain)


# Ensembles


@EVERY
def test_an_ensemble_is_its_networks_along_a_new_axis(name):
    networks = [draw(CELL[name], 4, 3, recipe(), seed=seed) for seed in range(3)]
    together = ensemble(networks)
    assert together.leading == (3,)
    assert together.H == 4
    for i, w in enumerate(networks):
        assert all((entries(together)[key][i] == a).all() for key, a in entries(w).items())


def test_weights_know_their_sizes():
    w = Weights({"a": np.zeros((5, 2, 4, 4))}, {"a": np.zeros((5, 2, 4, 3))}, {"a": np.zeros((5, 2, 4))})
    assert (w.H, w.leading) == (4, (5, 2))

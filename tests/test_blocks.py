"""The maps of an LSTM's blocks, against a plain double loop over joint products, and its additive path."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact import distance
from explorer import block_factors, block_grams, blocks
from explorer.block_grams import all_splits
from explorer.blocks import BLOCKS, log_additive_map, log_block_maps
from explorer.lstm_steps import LSTMSteps

FORGET_BIASES, GAINS = (-5.0, 0.0, 1.0, 8.0), (0.3, 1.0, 6.0)


@dataclass(frozen=True)
class Given:
    """The diagonals and matrices of an LSTM's one-step Jacobians, however they came about."""

    f: np.ndarray  # (T, ..., H)
    e: np.ndarray  # (T, ..., H)
    d: np.ndarray  # (T, ..., H)
    W_o: np.ndarray  # (..., H, H)
    M: np.ndarray  # (T, ..., H, H)

    def steps(self):
        return LSTMSteps(self.f, self.e, self.d, self.W_o, self.M.__getitem__)

    def jacobians(self):
        """The joint Jacobians (T, ..., 2H, 2H), written out."""
        diagonal = np.eye(self.f.shape[-1])
        hh = self.d[..., None] * self.W_o + self.e[..., None] * self.M
        hc, cc = (self.e * self.f)[..., None] * diagonal, self.f[..., None] * diagonal
        return np.concatenate([np.concatenate([hh, hc], -1), np.concatenate([self.M, cc], -1)], -2)

    def only(self, *index):
        """One network of an ensemble."""
        at = (slice(None), *index)
        return Given(self.f[at], self.e[at], self.d[at], self.W_o[index], self.M[at])


def sigmoid(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def lstm(T, H, *, forget_bias=1.0, gain=1.0, inputs=0.5):
    """The Jacobians of an LSTM with random weights, run over random inputs."""
    rng = np.random.default_rng(T)
    W = {gate: gain * rng.standard_normal((H, H)) / np.sqrt(H) for gate in "figo"}
    h, c, rows = np.zeros(H), np.zeros(H), []
    for _ in range(T):
        a = {gate: W[gate] @ h + inputs * rng.standard_normal(H) for gate in "figo"}
        f, i, o = sigmoid(a["f"] + forget_bias), sigmoid(a["i"]), sigmoid(a["o"])
        g, before = np.tanh(a["g"]), c
        c = f * before + i * g
        h = o * np.tanh(c)
        M = (before * f * (1 - f))[:, None] * W["f"] + (g * i * (1 - i))[:, None] * W["i"]
        M = M + (i * (1 - g**2))[:, None] * W["g"]
        rows.append((f, o * (1 - np.tanh(c) ** 2), o * (1 - o) * np.tanh(c), M))
    f, e, d, M = (np.array(column) for column in zip(*rows, strict=True))
    return Given(f, e, d, W["o"], M)


def double_loop(network):
    """ln‖·‖_F of the four blocks (2, 2, T + 1, T + 1) of joint products, one pair after the other."""
    J = network.jacobians()
    T, H = len(J), J.shape[-1] // 2
    sizes = np.full((2, 2, T + 1, T + 1), -np.inf)
    for t in range(T + 1):
        P, exponent = np.eye(2 * H), 0
        for k in range(t, -1, -1):
            P = P @ J[k] if k < t else P
            shift = np.frexp(np.abs(P).max())[1]
            P, exponent = np.ldexp(P, -shift), exponent + shift
            norms = np.hypot.reduce(np.hypot.reduce(P.reshape(2, H, 2, H), axis=3), axis=1)
            with np.errstate(divide="ignore"):
                sizes[:, :, t, k] = np.log(norms) + exponent * np.log(2.0)
    return sizes


def stacked(maps):
    """The maps as (2, 2, n, n, ...)."""
    return np.stack([np.stack([maps[f"{x}←{y}"].log_norm for y in "hc"]) for x in "hc"])


@pytest.mark.parametrize("forget_bias", FORGET_BIASES)
@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("inputs", [0.3, 5.0])
def test_every_block_of_every_pair_is_that_of_the_joint_product(forget_bias, gain, inputs):
    network = lstm(50, 6, forget_bias=forget_bias, gain=gain, inputs=inputs)
    maps = log_block_maps(network.steps())
    error = maps["h←h"].error
    assert error <= 1e-10
    assert distance(stacked(maps), double_loop(network)) < error


def test_an_ordinary_network_is_mapped_to_rounding_and_nothing_is_multiplied_out():
    network = lstm(100, 16)
    maps = log_block_maps(network.steps())
    assert distance(stacked(maps), double_loop(network)) < 1e-13
    assert sum(found.recomputed for found in maps.values()) == 0
    assert maps["h←h"].error < 1e-12


@pytest.mark.parametrize(("T", "H"), [(1, 3), (2, 1), (3, 2), (4, 3), (7, 2), (8, 2), (33, 3)])
@pytest.mark.parametrize(("kept", "cached"), [(1 << 24, 1 << 19), (300, 60), (1, 1)])
def test_lengths_and_memory_limits_make_no_difference(T, H, kept, cached, monkeypatch):
    monkeypatch.setattr(block_grams, "KEPT", kept)
    monkeypatch.setattr(block_grams, "CACHED", cached)
    monkeypatch.setattr(block_grams, "TILE", 2)
    monkeypatch.setattr(blocks, "HELD", cached)
    network = lstm(T, H)
    assert distance(stacked(log_block_maps(network.steps())), double_loop(network)) < 1e-13


@given(T=st.integers(1, 70), L=st.integers(1, 3), H=st.integers(1, 3), kept=st.integers(1, 2000))
def test_splits_meet_every_pair_exactly_once(T, L, H, kept):
    met = np.zeros((T + 1, T + 1), int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_grams, "KEPT", kept)
        for splits in all_splits(T, L, H):
            for m in range(splits.first, splits.first + splits.count * splits.spacing, splits.spacing):
                met[m + 1 : m + 1 + splits.right, m + 1 - splits.left : m + 1] += 1
                assert 0 < m + splits.right <= T
    assert np.array_equal(met, np.tri(T + 1, k=-1))


def test_the_identity_has_the_norm_of_its_units_and_the_future_none():
    maps = log_block_maps(lstm(5, 4).steps())
    expected = {"h←h": np.log(2.0), "c←c": np.log(2.0), "h←c": -np.inf, "c←h": -np.inf}
    for name, found in maps.items():
        assert np.all(np.diagonal(found.log_norm) == expected[name])
        assert np.all(np.isneginf(found.log_norm[np.triu_indices(6, k=1)]))


@pytest.mark.parametrize("power", [-60, 60])
def test_products_far_outside_the_range_of_floats_are_right(power):
    network = lstm(60, 4)
    scaled = replace(network, f=network.f * 2.0**power, d=network.d * 2.0**power, M=network.M * 2.0**power)
    lag = np.arange(61)[:, None] - np.arange(61)
    expected = double_loop(network) + lag * power * np.log(2.0)
    assert np.abs(expected[0, 0, 60, 0]) > 2000.0
    assert distance(stacked(log_block_maps(scaled.steps())), expected) < 1e-11


def cancelling(T, H):
    """Jacobians [[M, f], [M, f]] where M + f = 2**-20 times a permutation: every product nearly cancels."""
    shuffled = np.random.default_rng(0).permuted(np.tile(np.arange(H), (T, 1)), axis=1)
    f, ones = np.full((T, H), 0.5), np.ones((T, H))
    return Given(f, ones, 0.0 * ones, np.eye(H), 2.0**-20 * np.eye(H)[shuffled] - 0.5 * np.eye(H))


@pytest.mark.parametrize(("T", "H"), [(1, 1), (200, 64), (10_000, 128)])
def test_pairs_are_multiplied_out_from_the_tolerance_on(T, H):
    limit = blocks.largest_cancellation(T, H)
    assert blocks.rounding(limit, T, H) == pytest.approx(blocks.TOLERANCE, rel=1e-6, abs=0)
    assert blocks.rounding(1.0, 0, H) == pytest.approx(np.sqrt(2 * H) * 2.0**-52, rel=1e-12, abs=0)


def test_pairs_that_cancel_are_multiplied_out():
    network = cancelling(9, 3)
    maps = log_block_maps(network.steps())
    # no digit is lost in multiplying out: these sums of powers of two are exact
    assert distance(stacked(maps), double_loop(network)) < 1e-12
    assert all(found.recomputed > 0 for found in maps.values())


def test_pairs_whose_squares_underflow_are_multiplied_out():
    network = replace(lstm(12, 3), e=np.full((12, 3), 1e-170), d=np.zeros((12, 3)))
    maps = log_block_maps(network.steps())
    assert distance(stacked(maps), double_loop(network)) < 1e-12
    assert maps["h←h"].recomputed > 0
    assert maps["h←h"].log_norm[9, 2] < -380.0


@pytest.mark.parametrize("dead", ["f", "M", "W_o", "e"])
def test_parts_that_are_zero_make_exact_zeros_without_further_work(dead):
    network = lstm(17, 3)
    network = replace(network, **{dead: 0.0 * getattr(network, dead)})
    maps = log_block_maps(network.steps())
    assert distance(stacked(maps), double_loop(network)) < 1e-13
    assert sum(found.recomputed for found in maps.values()) == 0


def test_without_recurrent_weights_only_the_additive_path_is_left():
    network = lstm(20, 3)
    network = replace(network, M=0.0 * network.M, W_o=0.0 * network.W_o)
    maps = log_block_maps(network.steps())
    assert distance(maps["c←c"].log_norm, log_additive_map(network.f)) < 1e-13
    assert np.all(np.isneginf(maps["c←h"].log_norm))


@pytest.mark.parametrize("every", [1, 2, 3, 20])
def test_a_sampled_map_holds_the_sampled_steps_exactly(every):
    network = lstm(20, 3)
    maps = log_block_maps(network.steps(), every=every)
    assert np.array_equal(maps["h←c"].steps, np.arange(0, 21, every))
    assert distance(stacked(maps), double_loop(network)[:, :, ::every, ::every]) < 1e-13


def test_a_sampled_map_may_take_many_runs_of_steps_beyond_the_range_of_floats(monkeypatch):
    monkeypatch.setattr(block_factors, "RUNS", 2)
    network = lstm(60, 3)
    tiny = replace(network, f=network.f * 2.0**-60, d=network.d * 2.0**-60, M=network.M * 2.0**-60)
    lag = np.arange(0, 61, 12)[:, None] - np.arange(0, 61, 12)
    expected = double_loop(network)[:, :, ::12, ::12] - 60 * lag * np.log(2.0)
    assert distance(stacked(log_block_maps(tiny.steps(), every=12)), expected) < 1e-11


@pytest.mark.parametrize("every", [0, -1, 4])
def test_impossible_sampling_is_refused(every):
    with pytest.raises(ValueError, match=rf"every must lie in \[1, 3\]; got {every}"):
        log_block_maps(lstm(3, 2).steps(), every=every)
    with pytest.raises(ValueError, match=rf"every must lie in \[1, 3\]; got {every}"):
        log_additive_map(np.ones((3, 2)), every=every)


def random_parts(rng, T, H, leading):
    """Parts of Jacobians that no LSTM need have."""
    f, e, d = rng.uniform(0.0, 1.0, (3, T, *leading, H))
    return Given(f, e, d, rng.standard_normal((*leading, H, H)), rng.standard_normal((T, *leading, H, H)))


@given(
    seed=st.integers(0, 2**32 - 1),
    T=st.integers(1, 20),
    leading=st.sampled_from([(2,), (2, 3)]),
    kept=st.sampled_from([1 << 24, 5000]),
)
def test_every_network_of_an_ensemble_has_its_own_maps(seed, T, leading, kept):
    rng = np.random.default_rng(seed)
    network, every = random_parts(rng, T, 3, leading), int(rng.integers(1, T + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "KEPT", kept)
        together = stacked(log_block_maps(network.steps(), every=every))
    for index in np.ndindex(leading):
        alone = stacked(log_block_maps(network.only(*index).steps(), every=every))
        assert distance(together[(..., *index)], alone) < 1e-10
    assert together.shape[4:] == leading


def test_weights_may_be_shared_by_an_ensemble():
    network = random_parts(np.random.default_rng(3), 9, 3, (2,))
    shared = replace(network, W_o=network.W_o[0])
    repeated = replace(network, W_o=np.stack([network.W_o[0]] * 2))
    assert distance(stacked(log_block_maps(shared.steps())), stacked(log_block_maps(repeated.steps()))) == 0.0


def test_the_blocks_are_named_numerator_first():
    network = lstm(1, 3)
    maps = {name: found.log_norm[1, 0] for name, found in log_block_maps(network.steps()).items()}
    assert maps["h←c"] == pytest.approx(np.log(np.linalg.norm(network.e * network.f)), abs=1e-14)
    assert maps["c←h"] == pytest.approx(np.log(np.linalg.norm(network.M)), abs=1e-14)
    assert set(maps) == set(BLOCKS)

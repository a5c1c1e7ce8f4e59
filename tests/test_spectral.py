"""The map of largest singular values against decompositions of every product, in every regime."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arrays import Scaled
from explorer.chain import Chain
from explorer.experiment import Experiment
from explorer.lanczos import PRECISION, largest_eigenvalues
from explorer.maps import block_slices
from explorer.pairs import log_frobenius_map
from explorer.run import run
from explorer.spectral import lag_curve_spectral, log_spectral_map
from explorer.tridiagonal import below, top
from test_pairs import distance, double_loop, random_chain

T, H = 40, 12
REGIMES = {
    "tanh, vanishing": {"gain": 0.5},
    "tanh, at the edge": {"gain": 1.0, "input_scale": 0.1},
    "tanh, exploding": {"gain": 4.0, "input_scale": 0.1},
    "tanh, saturated": {"input_scale": 10.0},
    "sigmoid": {"activation": "sigmoid", "gain": 2.0},
    "ReLU, half dead": {"activation": "relu", "gain": 1.4},
    "ReLU, dying": {"activation": "relu", "bias": -1.0, "input_scale": 0.3},
    "linear, exploding": {"activation": "identity", "gain": 3.0},
    "orthogonal and linear, all equal": {"activation": "identity", "initialiser": "orthogonal"},
    "orthogonal and nearly linear: a cluster": {"initialiser": "orthogonal", "input_scale": 0.01},
    "ones and zeros": {"activation": "relu", "initialiser": "identity", "input_scale": 0.1},
    "LSTM, gates half open": {"cell": "lstm"},
    "LSTM, gates open": {"cell": "lstm", "forget_bias": 8.0},
    "LSTM, gates shut": {"cell": "lstm", "forget_bias": -6.0},
    "GRU": {"cell": "gru"},
}


def by_svd(J, **part):
    """ln σ_max of a block of every product, by a batched singular value decomposition."""
    return double_loop(J, size=Scaled.log_spectral_norm, **part)


@pytest.mark.parametrize("regime", REGIMES)
def test_every_pair_is_that_of_the_decomposition_in_every_regime(regime):
    chain = run(Experiment(steps=T, hidden_size=H, **REGIMES[regime])).chain
    found = log_spectral_map(chain)
    assert found.error < 1e-7
    assert distance(found.log_norm, by_svd(chain.take(slice(None)))) <= found.error


@pytest.mark.parametrize("regime", REGIMES)
def test_the_largest_gain_lies_between_the_average_and_the_frobenius_norm(regime):
    chain = run(Experiment(steps=T, hidden_size=H, **REGIMES[regime])).chain
    largest, whole = log_spectral_map(chain), log_frobenius_map(chain)
    alive = np.isfinite(whole.log_norm)
    apart = (whole.log_norm - np.where(alive, largest.log_norm, 0.0))[alive]
    slack = largest.error + whole.error
    assert (apart >= -slack).all()
    assert (apart <= 0.5 * np.log(chain.S) + slack).all()


@pytest.mark.parametrize("block", ["h←h", "h←c", "c←h", "c←c"])
def test_a_block_of_the_map_is_the_largest_gain_of_that_block(block):
    recorded = run(Experiment(cell="lstm", steps=25, hidden_size=6))
    rows, columns = block_slices(recorded, block)
    found = log_spectral_map(recorded.chain, rows=rows, columns=columns)
    truth = by_svd(recorded.chain.take(slice(None)), rows=rows, columns=columns)
    assert distance(found.log_norm, truth) <= max(found.error, 1e-8)


@pytest.mark.parametrize("power", [-60, 60])
def test_largest_gains_far_outside_the_range_of_floats_are_right(power):
    J = random_chain(50, 5)
    lag = np.arange(51)[:, None] - np.arange(51)
    expected = by_svd(J) + lag * power * np.log(2.0)
    assert distance(log_spectral_map(Chain.of(J * 2.0**power)).log_norm, expected) < 1e-8


def test_one_direction_alone_is_found_at_once():
    """Products of rank one: the largest gain is the Frobenius norm."""
    rng = np.random.default_rng(0)
    J = rng.standard_normal((30, 8, 1)) * rng.standard_normal((30, 1, 8))
    found, whole = log_spectral_map(Chain.of(J)), log_frobenius_map(Chain.of(J))
    below = np.tril_indices(31, -1)
    assert np.max(np.abs(found.log_norm[below] - whole.log_norm[below])) <= found.error + whole.error


@pytest.mark.parametrize("every", [2, 7])
def test_a_sampled_map_holds_the_sampled_steps(every):
    J = random_chain(30, 5)
    found = log_spectral_map(Chain.of(J), every=every)
    assert distance(found.log_norm, by_svd(J)[::every, ::every]) < 1e-8


def test_every_network_of_an_ensemble_has_its_own_map():
    J = random_chain(20, 4, 3) * np.array([0.5, 1.0, 2.0])[:, None, None]
    found = log_spectral_map(Chain.of(J)).log_norm
    for member in range(3):
        assert distance(found[:, :, member], by_svd(J[:, member])) < 1e-8


@pytest.mark.parametrize("t", [0, 1, 24])
def test_the_curve_back_from_a_step_is_a_row_of_the_map(t):
    chain = Chain.of(random_chain(24, 5))
    assert distance(lag_curve_spectral(chain, t), by_svd(chain.take(slice(None)))[t, : t + 1]) < 1e-10


# Eigenvalues of many matrices at once


def grams(rng, n, S, rank):
    """n Gram matrices of unit trace (1, n, S, S) and of some rank."""
    X = rng.standard_normal((1, n, rank, S)) * 10.0 ** rng.uniform(-3, 0, (1, n, 1, S))
    G = X.swapaxes(-1, -2) @ X
    return G / np.trace(G, axis1=-2, axis2=-1)[..., None, None]


@pytest.mark.parametrize(("S", "rank"), [(1, 1), (2, 2), (5, 3), (12, 12), (40, 40)])
def test_lanczos_finds_the_largest_eigenvalue_of_every_product_of_two_gram_matrices(S, rank):
    rng = np.random.default_rng(S)
    G, B = grams(rng, 7, S, rank), grams(rng, 9, S, rank)
    truth = np.linalg.eigvals(G[:, :, None] @ B[:, None]).real.max(axis=-1)
    trace = np.sum(G[:, :, None] * B[:, None], axis=(-2, -1))
    np.testing.assert_allclose(largest_eigenvalues(G, B), truth, rtol=2 * PRECISION, atol=1e-14 * trace.max())


sizes = st.integers(1, 12)


@given(seed=st.integers(0, 2**32 - 1), n=sizes)
def test_the_top_of_a_tridiagonal_matrix_is_its_largest_eigenvalue(seed, n):
    rng = np.random.default_rng(seed)
    alpha, beta = rng.uniform(0.5, 1.0, (n, 6)), rng.uniform(0.0, 0.05, (max(n - 1, 0), 6))
    matrices = np.zeros((6, n, n))
    i = np.arange(n)
    matrices[:, i, i] = alpha.T
    matrices[:, i[:-1], i[1:]] = matrices[:, i[1:], i[:-1]] = np.sqrt(beta).T
    eigenvalues = np.linalg.eigvalsh(matrices)
    largest = eigenvalues[:, -1]
    found = top(alpha, beta)
    assert (found >= largest * (1 - 1e-12)).all()
    right = below(alpha, beta, found * (1 + 1e-9)) & ~below(alpha, beta, found * (1 - 1e-9))
    assert (np.abs(found - largest)[right] <= 1e-9).all()
    gap = np.diff(eigenvalues)[:, -1] if n > 1 else np.ones(6)
    assert right[gap > 0.05].all()
    assert below(alpha, beta, largest * (1 + 1e-12)).all()
    assert not below(alpha, beta, largest * (1 - 1e-12)).any()

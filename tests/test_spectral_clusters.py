"""The map of largest singular values where many of them lie close together, or only a few are not tiny.

There a few steps of Lanczos' method see one eigenvalue where there are several, or what rounding has left.
And where their start has next to nothing of the largest one, so that they see others only.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exact import orthogonal
from explorer import lanczos
from explorer.chain import Chain
from explorer.experiment import Experiment
from explorer.lanczos import NOISE, PRECISION, largest_eigenvalues
from explorer.run import run
from explorer.spectral import log_spectral_map
from test_pairs import distance
from test_spectral import by_svd

T, S = 24, 24
NETWORKS = {
    "orthogonal, nearly linear": {"initialiser": "orthogonal", "input_scale": 1e-3},
    "orthogonal, more nearly linear": {"initialiser": "orthogonal", "input_scale": 1e-4},
    "orthogonal, without input": {"initialiser": "orthogonal", "input": "zero"},
    "nearly the identity": {"initialiser": "identity", "input_scale": 1e-4},
    "identity, a little curved": {"initialiser": "identity", "input_scale": 0.01},
    "LSTM, one path alone": {"cell": "lstm", "forget_bias": 20.0, "gain": 0.01},
    "GRU without recurrence": {"cell": "gru", "gain": 0.0},
    "PyTorch's draw, shrinking fast": {"initialiser": "pytorch"},
}


def bounded(J):
    """Whether the map's stated error holds against decompositions of all products of J, and is small."""
    found = log_spectral_map(Chain.of(J))
    assert distance(found.log_norm, by_svd(J)) <= found.error < 1e-7


@pytest.mark.parametrize("kept", [1, 2, 3, 6, S])
@pytest.mark.parametrize("width", [0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-4, 1e-2])
def test_the_stated_error_holds_for_any_number_of_values_at_any_distance(kept, width):
    """`kept` directions keep their size, the others halve it; columns shrink a little, each its own way."""
    rng = np.random.default_rng(kept)
    Q, sizes = orthogonal(rng, 1, S)[0], np.where(np.arange(S) < kept, 1.0, 0.5)
    bounded(Q @ np.diag(sizes) @ Q.T * (1.0 - width * rng.random((T, 1, S))))


@pytest.mark.parametrize("width", [1e-9, 1e-7, 1e-5])
def test_the_stated_error_holds_for_turning_chains_of_nearly_equal_values(width):
    rng = np.random.default_rng(0)
    bounded(orthogonal(rng, T, S) * (1.0 - width * rng.random((T, 1, S))))


@pytest.mark.parametrize("regime", NETWORKS)
def test_the_stated_error_holds_for_networks_whose_gains_lie_close_together(regime):
    recorded = run(Experiment(steps=T, hidden_size=S, **NETWORKS[regime]))
    bounded(recorded.chain.take(slice(None)))


# Products of two Gram matrices themselves


def spectra(rng, n, S):
    """n sets of S eigenvalues: alike, in clusters, some of them 0, falling slowly or fast."""
    kinds = (
        np.ones((n, S)),
        1.0 + 10.0 ** rng.uniform(-12, -1, (n, 1)) * rng.random((n, S)),
        np.where(np.arange(S) < rng.integers(1, S + 1, (n, 1)), 1.0, 0.0),
        np.where(np.arange(S) < rng.integers(1, S + 1, (n, 1)), 1.0, 10.0 ** rng.uniform(-8, 0, (n, 1))),
        rng.choice([1.0, 0.3, 0.05, 1e-6], (n, S)),
        np.arange(1, S + 1) ** -rng.uniform(0.5, 4, (n, 1)),
        10.0 ** rng.uniform(-12, 0, (n, S)),
    )
    return np.sort(np.array(kinds)[rng.integers(len(kinds), size=n), np.arange(n)])[:, ::-1]


def bases(rng, n, S, hidden):
    """n orthogonal bases whose first vector has `hidden` of the steps' random start."""
    start = np.random.default_rng(0).standard_normal(S)
    Q = rng.standard_normal((n, S, S))
    Q[:, :, 0] -= np.outer(Q[:, :, 0] @ start, start) / (start @ start)
    Q[:, :, 0] += hidden * start
    return np.linalg.qr(Q)[0]


def right(Q, sizes, R, others):
    """Whether λ_max of all products of Q diag(sizes) Q' and R diag(others) R' is found."""
    G, S = (X * (a / a.sum(axis=1, keepdims=True))[:, None] @ X.mT for X, a in ((Q, sizes), (R, others)))
    A, B = (X * np.sqrt(a / a.sum(axis=1, keepdims=True))[:, None] for X, a in ((Q, sizes), (R, others)))
    truth = np.linalg.svd(A.mT[:, None] @ B, compute_uv=False)[..., 0] ** 2
    found = largest_eigenvalues(G[None], S[None])[0]
    enough = np.sum(G[:, None] * S, axis=(-2, -1)) > NOISE
    assert (np.abs(found - truth)[enough] <= PRECISION * truth[enough] + 3e-15).all()


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), S=st.sampled_from([1, 2, 3, 6, 13, 24]), hidden=st.floats(-16, 0))
def test_any_product_of_gram_matrices_gives_its_largest_eigenvalue(seed, S, hidden):
    rng = np.random.default_rng(seed)
    Q = bases(rng, 3, S, 10.0**hidden)
    R = Q[::-1] if seed % 2 else bases(rng, 3, S, 10.0**hidden)
    right(Q, spectra(rng, 3, S), R, spectra(rng, 3, S))


@pytest.mark.parametrize("hidden", [0.0, 1e-14, 1e-11, 1e-8, 1e-5, 1e-2])
@pytest.mark.parametrize("others", [1, 2, 3, 23])
def test_an_eigenvalue_hidden_from_the_start_is_found(hidden, others):
    """K has one eigenvalue of 3, hidden, `others` of 1, and 0.05 else: a step or two see all else."""
    sizes = np.full((1, 24), 0.05)
    sizes[:, 0], sizes[:, 1 : 1 + others] = 3.0, 1.0
    Q = bases(np.random.default_rng(others), 1, 24, hidden)
    right(Q, np.ones((1, 24)), Q, sizes)
    right(Q, np.sqrt(sizes), Q, np.sqrt(sizes))


def test_products_that_vanish_give_zero():
    G, S = np.zeros((1, 2, 4, 4)), np.zeros((1, 3, 4, 4))
    G[0, 0, 0, 0] = S[0, 0, 1, 1] = S[0, 1, 0, 0] = 1.0
    assert largest_eigenvalues(G, S).tolist() == [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]


def test_a_guess_that_is_too_small_is_not_believed():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3, 9, 9))
    similar, truth = X @ X.mT, np.linalg.svd(X, compute_uv=False)[:, 0] ** 2
    guess = truth * [1 - 1e-7, 1 - 1e-9, 0.0]
    np.testing.assert_allclose(lanczos._formed(similar, guess), truth, rtol=PRECISION)


@pytest.fixture
def formed(monkeypatch):
    """How many pairs are formed."""
    count, form = [], lanczos._formed
    monkeypatch.setattr(lanczos, "_formed", lambda *given: count.append(len(given[0])) or form(*given))
    return count


def test_no_product_of_orthogonal_matrices_is_formed(formed):
    log_spectral_map(Chain.of(orthogonal(np.random.default_rng(0), T, S)))
    assert not formed


def test_few_products_of_an_ordinary_network_are_formed(formed):
    log_spectral_map(run(Experiment(steps=100, hidden_size=32)).chain)
    assert 0 < sum(formed) < 0.04 * 5050

"""The map of largest singular values where many of them lie close together, or only a few are not tiny.

There a few steps of Lanczos' method see one eigenvalue where there are several, or what rounding has left.
"""

import numpy as np
import pytest

from exact import orthogonal
from explorer.chain import Chain
from explorer.experiment import Experiment
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

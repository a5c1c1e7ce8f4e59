"""The path through the cell state alone, for every pair of steps, against products of forget gates."""

import numpy as np
import pytest

from exact import distance
from explorer.blocks import log_additive_map, log_additive_per_unit


def additive_loop(f):
    """ln‖∏ diag(f_j)‖_F of all pairs, one after the other, in logarithms."""
    T = len(f)
    sizes = np.full((T + 1, T + 1), -np.inf)
    with np.errstate(divide="ignore"):
        logs = np.log(f)
    for t in range(T + 1):
        for k in range(t + 1):
            sums = 2.0 * np.sum(logs[k:t], axis=0)
            sizes[t, k] = 0.5 * np.logaddexp.reduce(sums)
    return sizes


def forget_gates(T, H):
    """Gates of every kind."""
    rng = np.random.default_rng(0)
    f = rng.uniform(0.0, 1.0, (T, H))
    turns = (np.arange(T)[:, None] // 5 + np.arange(H)) % 2 == 0
    return {
        "any": f,
        "often shut": np.where(rng.uniform(size=f.shape) < 0.1, 0.0, f),
        "nearly shut": f * 1e-300,
        "some units nearly shut": np.where(rng.uniform(size=f.shape) < 0.5, 1e-300, f),
        "units take turns": np.where(turns, 1e-200, 0.9),  # on each side of a split another unit survives
    }


@pytest.mark.parametrize("kind", forget_gates(1, 1))
@pytest.mark.parametrize("T", [1, 2, 7, 40])
def test_the_additive_path_is_the_product_of_forget_gates(kind, T):
    f = forget_gates(T, 5)[kind]
    expected = additive_loop(f)
    # 1e-15 of sums as large as 40 ln 1e-300 = -28,000
    assert distance(log_additive_map(f), expected) < 1e-10
    for every in {min(3, T), T}:
        assert distance(log_additive_map(f, every=every), expected[::every, ::every]) < 1e-10


def test_open_forget_gates_carry_everything_for_ever():
    expected = np.where(np.tri(301) > 0, 0.5 * np.log(4.0), -np.inf)
    assert np.array_equal(log_additive_map(np.ones((300, 4))), expected)


def test_one_hundred_steps_at_forget_bias_one_leave_what_the_sigmoid_says():
    path = log_additive_map(np.full((100, 1), 1.0 / (1.0 + np.exp(-1.0))))
    assert np.exp(path[100, 0]) == pytest.approx(2.48438e-14, rel=1e-5, abs=0)


def test_every_network_of_an_ensemble_has_its_own_additive_path():
    f = np.random.default_rng(1).uniform(0.1, 1.0, (9, 2, 3, 4))
    together = log_additive_map(f, every=2)
    assert together.shape == (5, 5, 2, 3)
    assert np.array_equal(together[..., 1, 2], log_additive_map(f[:, 1, 2], every=2))


def test_the_path_of_each_unit_is_its_own_product():
    f = np.random.default_rng(2).uniform(0.1, 1.0, (9, 2, 4))
    paths = log_additive_per_unit(f, 7)
    assert paths.shape == (8, 2, 4)
    for k in range(8):
        assert np.abs(paths[k] - np.log(np.prod(f[k:7], axis=0))).max() < 1e-14
    norms = 0.5 * np.log(np.sum(np.exp(2.0 * paths), axis=-1))
    assert np.abs(norms - log_additive_map(f)[7, :8]).max() < 1e-14


def test_a_shut_gate_cuts_the_path_of_its_unit_alone():
    f = np.ones((4, 2))
    f[2, 0] = 0.0
    assert np.array_equal(log_additive_per_unit(f, 4), [[-np.inf, 0.0]] * 3 + [[0.0, 0.0]] * 2)


def test_a_path_from_beyond_the_last_step_is_refused():
    with pytest.raises(ValueError, match=r"t must lie in \[0, 3\]; got 4"):
        log_additive_per_unit(np.ones((3, 2)), 4)

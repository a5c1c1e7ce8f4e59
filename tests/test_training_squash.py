"""The fast tanh and σ of whole blocks against mpmath, in both arithmetics and both ways of computing them."""

import mpmath
import numpy as np
import pytest

from explorer.training.squash import LARGE, Direct, Tabled, squash

SIZE = 4_096
WAYS = {
    "table": (Tabled(SIZE), np.float64),
    "direct": (Direct(), np.float64),
    "float32": (Direct(), np.float32),
}
EVERY = pytest.mark.parametrize("way", WAYS)


def pre_activations(dtype):
    """Small, middling and saturated ones, and those half way between two centres of the table."""
    rng = np.random.default_rng(0)
    half = np.arange(-400, 400) / 256.0
    tiny = 10.0 ** rng.uniform(-30, -1, 800) * rng.choice([-1, 1], 800)
    rest = np.concatenate([rng.normal(0, 1.5, 1_200), rng.uniform(-22, 22, 1_200), [1e30, -1e30, 700, -80]])
    a = np.concatenate([half, tiny, rest, np.zeros(SIZE)])[:SIZE]
    return a.astype(dtype)


def ulps(found, a, exactly):
    """The distance of each value from the truth in units of its last place."""
    with mpmath.workdps(60):
        truth = [exactly(mpmath.mpf(float(x))) for x in a]
        return np.array([
            abs(float((mpmath.mpf(float(v)) - t) / float(np.spacing(found.dtype.type(abs(t))))))
            for v, t in zip(found, truth, strict=True)
        ])  # fmt: skip


@EVERY
def test_tanh_is_exact_to_three_units_in_the_last_place(way):
    by, dtype = WAYS[way]
    a = pre_activations(dtype)
    found = np.empty_like(a)
    by.tanh(a, found)
    assert found.dtype == dtype
    assert ulps(found, a, mpmath.tanh).max() < 3.0


@EVERY
def test_sigmoids_and_tanhs_of_blocks_are_those_of_the_equations(way):
    by, dtype = WAYS[way]
    a = pre_activations(dtype).reshape(1, 4, 8, -1)
    handed = a.copy()
    handed[:, :3] *= by.fold
    with np.errstate(over="ignore"):  # e^(−a) of a gate that is shut
        by.blocks(handed, 3)
    eps = np.finfo(dtype).eps
    gates, g = a[0, :3].reshape(-1), a[0, 3].reshape(-1)
    truth = [float(1 / (1 + mpmath.exp(-mpmath.mpf(float(x))))) for x in gates]
    np.testing.assert_allclose(handed[0, :3].reshape(-1), truth, rtol=0, atol=2 * eps)
    np.testing.assert_allclose(handed[0, 3].reshape(-1), np.tanh(g), rtol=4 * eps, atol=0)


def test_a_block_may_lie_anywhere_and_be_its_own_result():
    by, a = Tabled(SIZE), pre_activations(np.float64).reshape(2, 4, 8, -1)
    expected, strided = np.tanh(a[:, 1:3]), a[:, 1:3]
    by.tanh(strided, strided)
    np.testing.assert_allclose(a[:, 1:3], expected, rtol=1e-15, atol=0)


def test_the_table_is_left_aside_where_it_would_be_slower():
    assert isinstance(squash(LARGE - 1, np.float64), Direct)
    assert isinstance(squash(10 * LARGE, np.float32), Direct)

"""A product of many Jacobians rescales where it must, and is the same wherever it does."""

import mpmath
import numpy as np
import pytest

from explorer.arrays import Scaled
from explorer.chain import TOGETHER, Chain


def step_by_step(J):
    """The product rescaled at every step."""
    P = Scaled.of(np.broadcast_to(np.eye(J.shape[-1]), J.shape[1:]))
    for step in J:
        P = Scaled.of(step @ P.mantissa, P.exponent)
    return P


@pytest.mark.parametrize("size", [1e-5, 0.3, 1.0, 5.0, 1e8, 1e200, 1e-200, 1e-290])
@pytest.mark.parametrize("steps", [1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 61])
def test_jacobians_of_every_size_are_multiplied_alike(size, steps):
    J = size * np.random.default_rng(0).standard_normal((steps, 2, 5, 5))
    ours, theirs = Chain.of(J).product(steps, 0), step_by_step(J)
    assert (ours.mantissa == theirs.mantissa).all()
    assert (ours.exponent == theirs.exponent).all()


def test_what_sinks_to_float64s_end_and_rises_again_keeps_its_digits():
    down, up = 1e-157 * np.random.default_rng(1).standard_normal((2, 4, 4)), np.eye(4)
    J = np.stack([*down, 1e140 * up, 1e140 * up])
    P = Chain.of(J).product(len(J), 0)
    exact = mpmath.eye(4)
    with mpmath.workdps(60):
        for step in J:
            exact = mpmath.matrix(step.tolist()) * exact
        found = [mpmath.mpf(v) * mpmath.mpf(2) ** int(P.exponent) for v in P.mantissa.ravel()]
        largest = max(abs(v) for v in exact)
        assert all(abs(one - other) <= 1e-14 * largest for one, other in zip(found, exact, strict=True))


def test_one_of_several_networks_may_die_or_explode():
    J = np.ones((40, 3, 2, 2))
    J[:, 0] *= 1e30
    J[20:, 1] = 0.0
    P = Chain.of(J).product(40, 0)
    n = 40 * np.log(2.0)
    assert P.log_norm() == pytest.approx([n + 40 * np.log(1e30), -np.inf, n], rel=1e-14)
    assert (P.mantissa[1] == 0).all()
    assert not np.isnan(P.mantissa).any()

"""The sizes of single Jacobians, against NumPy one by one, mpmath and closed forms."""

import mpmath
import numpy as np
import pytest

from explorer import onestep
from explorer.chain import Chain
from explorer.onestep import one_step, sigma_max, spectral_radius


def plain(J):
    """The same sizes, one well-conditioned matrix at a time."""
    sigma = np.linalg.svd(J, compute_uv=False)
    radius, det = np.abs(np.linalg.eigvals(J)).max(), abs(np.linalg.det(J))
    return sigma[0], sigma[-1], radius, np.sqrt(np.sum(J**2)), np.log(det)


def fields(sizes):
    """The five arrays of a OneStep, in order."""
    return sizes.sigma_max, sizes.sigma_min, sizes.spectral_radius, sizes.frobenius, sizes.log_abs_det


@pytest.mark.parametrize("chunk", [onestep.CHUNK, 100, 1])
def test_each_step_is_measured_by_itself(chunk, monkeypatch):
    monkeypatch.setattr(onestep, "CHUNK", chunk)
    J = np.random.default_rng(0).standard_normal((7, 5, 5))
    for found, expected in zip(fields(one_step(Chain.of(J))), zip(*map(plain, J), strict=True), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_no_more_than_a_chunk_of_jacobians_is_formed_at_once(monkeypatch):
    monkeypatch.setattr(onestep, "CHUNK", 4 * 5 * 5 * 3)
    J, asked = np.random.default_rng(1).standard_normal((10, 3, 5, 5)), []

    def take(steps):
        asked.append(len(J[steps]))
        return J[steps]

    one_step(Chain(10, 5, take, (3,)))
    assert asked == [4, 4, 2]


def test_every_network_of_an_ensemble_is_measured_by_itself():
    J = np.random.default_rng(2).standard_normal((4, 2, 3, 5, 5))
    together, alone = one_step(Chain.of(J)), one_step(Chain.of(J[:, 1, 2]))
    for many, one in zip(fields(together), fields(alone), strict=True):
        assert many.shape == (4, 2, 3)
        np.testing.assert_allclose(many[:, 1, 2], one, rtol=1e-13)


def test_orthogonal_weights_stretch_by_the_slopes_exactly():
    rng = np.random.default_rng(3)
    W, slope = np.linalg.qr(rng.standard_normal((6, 6)))[0], rng.uniform(0.01, 1.0, (9, 6))
    sizes = one_step(Chain.of(slope[..., None] * W))
    np.testing.assert_allclose(sizes.sigma_max, slope.max(axis=1), rtol=1e-13)
    np.testing.assert_allclose(sizes.sigma_min, slope.min(axis=1), rtol=1e-12)
    np.testing.assert_allclose(sizes.log_abs_det, np.log(slope).sum(axis=1), rtol=1e-12)


def test_the_radius_lies_below_the_spectral_norm_and_that_below_the_frobenius_norm():
    sizes = one_step(Chain.of(np.random.default_rng(4).standard_normal((50, 8, 8))))
    assert np.all(sizes.spectral_radius <= sizes.sigma_max)
    assert np.all(sizes.sigma_max <= sizes.frobenius)
    assert np.all(sizes.sigma_min <= sizes.spectral_radius)


@pytest.mark.parametrize("sides", ["rows", "columns", "both"])
def test_the_smallest_singular_value_is_right_far_below_the_largest(sides):
    rng = np.random.default_rng(5)
    J, scale = rng.standard_normal((6, 4, 4)), 10.0 ** rng.uniform(-100, 0, (6, 4))
    J = J * (scale[:, :, None] if sides != "columns" else 1.0) * (scale[:, None] if sides != "rows" else 1.0)
    sizes = one_step(Chain.of(J))
    for M, smallest, log_abs_det in zip(J, sizes.sigma_min, sizes.log_abs_det, strict=True):
        with mpmath.workdps(500):
            exact = mpmath.matrix(M.tolist())
            truth = float(min(mpmath.svd_r(exact, compute_uv=False)))
            log_truth = float(mpmath.log(abs(mpmath.det(exact))))
        assert smallest == pytest.approx(truth, rel=1e-11, abs=0)
        assert log_abs_det == pytest.approx(log_truth, rel=1e-13, abs=0)


@pytest.mark.parametrize("axis", [-1, -2])
def test_a_dead_unit_makes_the_matrix_exactly_singular(axis):
    J = np.random.default_rng(6).standard_normal((3, 4, 4))
    np.moveaxis(J, axis, -1)[1, 2] = 0.0
    sizes = one_step(Chain.of(J))
    assert np.array_equal(sizes.sigma_min == 0.0, [False, True, False])
    assert np.array_equal(np.isneginf(sizes.log_abs_det), [False, True, False])


@pytest.mark.parametrize("J", [np.zeros((2, 3, 3)), np.ones((2, 3, 3))])
def test_matrices_without_an_inverse_are_measured_without_complaint(J):
    sizes = one_step(Chain.of(J))
    assert np.array_equal(sizes.sigma_min, [0.0, 0.0])
    assert np.all(np.isneginf(sizes.log_abs_det))
    np.testing.assert_allclose(sizes.sigma_max, J.sum(axis=(1, 2)) / 3, rtol=1e-15)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_sizes_whose_squares_leave_the_range_of_floats_are_right(scale):
    J = np.random.default_rng(7).standard_normal((2, 3, 3))
    large, plain_sizes = one_step(Chain.of(scale * J)), one_step(Chain.of(J))
    for found, expected in zip(fields(large)[:4], fields(plain_sizes)[:4], strict=True):
        np.testing.assert_allclose(found, scale * expected, rtol=1e-12)
    np.testing.assert_allclose(large.log_abs_det, plain_sizes.log_abs_det + 3 * np.log(scale), rtol=1e-13)


def test_eigenvalues_and_singular_values_disagree_about_a_jordan_block():
    W = np.array([[0.9, 10.0], [0.0, 0.9]])
    assert spectral_radius(W) == pytest.approx(0.9, rel=1e-12)
    squares, det = 2 * 0.9**2 + 10.0**2, 0.9**2  # of all entries; σ_max² + σ_min² and σ_max σ_min
    assert sigma_max(W) ** 2 == pytest.approx(0.5 * (squares + np.sqrt(squares**2 - 4 * det**2)), rel=1e-12)


def test_matrices_of_an_ensemble_have_one_radius_and_one_norm_each():
    W = np.random.default_rng(8).standard_normal((2, 3, 4, 4))
    assert spectral_radius(W)[1, 2] == spectral_radius(W[1, 2])
    assert sigma_max(W)[1, 2] == pytest.approx(np.linalg.svd(W[1, 2], compute_uv=False)[0], rel=1e-14)

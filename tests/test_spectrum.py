"""Singular values of long products and Lyapunov exponents, against mpmath and against closed forms."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.chain import Chain
from explorer.rotations import disjoint_pairs, log_row_singular_values
from explorer.spectrum import (
    effective_rank,
    log_condition,
    log_singular_values,
    log_spectrum_of,
    lyapunov_exponents,
    stable_rank,
)


def exact(matrices, digits):
    """ln singular values of the product, from `digits` decimal digits; what is smaller counts as zero."""
    with mpmath.workdps(digits):
        product = mpmath.matrix(matrices[0].tolist())
        for M in matrices[1:]:
            product = mpmath.matrix(M.tolist()) * product
        sigma = mpmath.svd_r(product, compute_uv=False)
        logs = [float(mpmath.log(s)) if s > 0 else -np.inf for s in sigma]
    return np.sort([x if x > max(logs) - 2 * digits else -np.inf for x in logs])[::-1]


def distance(one, other):
    """The largest difference, infinities compared by themselves."""
    assert np.array_equal(np.isinf(one), np.isinf(other))
    alive = np.isfinite(other)
    return np.max(np.abs(one[alive] - other[alive]), initial=0.0)


def gaussian(rng, T, S, gain=1.0):
    """One matrix for T steps."""
    return np.repeat(gain * rng.standard_normal((1, S, S)) / np.sqrt(S), T, axis=0)


def slopes(rng, shape, decades):
    """Slopes of activations between 10**-decades and 1."""
    return 10.0 ** rng.uniform(-decades, 0.0, shape)


def orthogonal(rng, n, S):
    """n random orthogonal matrices."""
    return np.linalg.qr(rng.standard_normal((n, S, S)))[0]


def lstm_like(rng, T, H, f):
    """Joint Jacobians whose forget gates f shut the columns of c."""
    M, e = rng.standard_normal((T, H, H)), rng.uniform(0.1, 1.0, (T, H, 1))
    F = f * np.eye(H) * rng.uniform(0.5, 1.0, (T, H, 1))
    return np.block([[0.3 * rng.standard_normal((T, H, H)) + e * M, e * F], [M, F]])


def chains(rng):
    """Products that a plain decomposition cannot resolve, and the decimal digits that do resolve them."""
    upper = np.array([[0.5, 1.0, 0.3], [0.0, 1.0, 0.7], [0.0, 0.0, 2.0]])
    scaled = np.eye(4)[rng.permuted(np.tile(np.arange(4), (200, 1)), axis=1)] * slopes(rng, (200, 1, 4), 10)
    swap = np.diag([1.0, 1e-6, 1e-12])
    return {
        "vanishing": (slopes(rng, (400, 5, 1), 3) * gaussian(rng, 400, 5), 2500),
        "exploding": (gaussian(rng, 1500, 4, gain=5.0), 4000),
        "saturated": (slopes(rng, (40, 4, 1), 300) * gaussian(rng, 40, 4), 26000),
        "unequal columns": (rng.standard_normal((40, 4, 4)) * slopes(rng, (40, 1, 4), 30), 3000),
        "forget gates shut": (lstm_like(rng, 60, 3, 1e-13), 2000),
        "forget gates half open": (lstm_like(rng, 100, 3, 0.5), 600),
        "small before large": (np.repeat(upper[None], 400, axis=0), 800),
        "scaled permutations": (scaled, 4500),
        "large and small swapped": (np.array([swap, swap[::-1, ::-1]] * 50), 3000),
    }


@pytest.mark.parametrize("name", chains(np.random.default_rng(0)))
def test_every_singular_value_is_right_over_thousands_of_decades(name):
    matrices, digits = chains(np.random.default_rng(0))[name]
    reference = exact(matrices, digits)
    # logs of thousands carry rounding of 1e-12; 1e-10 is eight digits better than a plain decomposition
    assert distance(log_singular_values(matrices), reference) < 1e-10


def test_powers_of_a_jordan_block_have_the_singular_values_of_the_closed_form():
    n = 1000  # W^n = 0.9^n [[1, 10 n / 0.9], [0, 1]]
    squares, det = 2.0 + (10.0 * n / 0.9) ** 2, 1.0
    largest = 0.5 * np.log((squares + np.sqrt(squares**2 - 4.0 * det)) / 2.0)
    computed = log_singular_values([np.array([[0.9, 10.0], [0.0, 0.9]])] * n)
    assert np.abs(computed - n * np.log(0.9) - [largest, -largest]).max() < 1e-10


def test_products_of_orthogonal_matrices_keep_every_length():
    assert np.abs(log_singular_values(orthogonal(np.random.default_rng(1), 300, 8))).max() < 1e-12


def test_an_antisymmetric_network_stretches_as_its_eigenvalues_say():
    W = np.random.default_rng(2).standard_normal((6, 6))
    epsilon, gamma, n = 0.1, 0.3, 500
    J = np.eye(6) + epsilon * (W - W.T - gamma * np.eye(6))
    omega = np.linalg.eigvals(W - W.T).imag
    expected = 0.5 * n * np.log((1 - epsilon * gamma) ** 2 + (epsilon * omega) ** 2)
    assert np.abs(log_singular_values([J] * n) - np.sort(expected)[::-1]).max() < 1e-10


def test_the_singular_values_multiply_to_the_determinant():
    rng = np.random.default_rng(3)
    J = slopes(rng, (200, 64, 1), 2) * gaussian(rng, 200, 64)
    total = np.linalg.slogdet(J)[1].sum()
    assert abs(log_singular_values(J).sum() / total - 1.0) < 1e-12


def test_dead_units_make_exact_zeros_and_leave_the_rest_right():
    rng = np.random.default_rng(4)
    J = gaussian(rng, 12, 6) * (rng.uniform(size=(12, 6, 1)) < 0.7)
    reference = exact(J, 300)
    assert 0 < np.isinf(reference).sum() < 6
    assert distance(log_singular_values(J), reference) < 1e-12


def test_a_unit_that_nobody_reads_is_an_exact_zero_too():
    M = np.array([[1.0, 0.0], [2.0, 0.0]])
    assert np.allclose(log_singular_values([M] * 5), [0.5 * np.log(5.0), -np.inf], rtol=0, atol=1e-15)


def test_a_nilpotent_product_is_zero_throughout():
    shift = np.eye(3, k=1)
    assert distance(log_singular_values([shift] * 2), np.array([0.0, -np.inf, -np.inf])) == 0.0
    assert np.all(np.isneginf(log_singular_values([shift] * 3)))


@pytest.mark.parametrize("M", [np.ones((3, 3)), np.array([[1, 1, 0], [0, 0, 1], [0, 0, 1]])])
def test_rows_that_depend_on_each_other_do_no_harm_to_the_largest(M):
    log_sigma = log_singular_values([M] * 4)
    assert not np.isnan(log_sigma).any()
    assert abs(log_sigma[0] - np.log(np.linalg.norm(np.linalg.matrix_power(M, 4), 2))) < 1e-14
    assert log_sigma[-1] < -100.0


def test_no_factor_is_refused():
    with pytest.raises(ValueError, match="at least 1 factor; got 0"):
        log_singular_values([])


def test_the_block_of_a_product_has_its_own_singular_values():
    rng = np.random.default_rng(5)
    J = lstm_like(rng, 50, 3, 0.9)
    rows, columns = slice(0, 3), slice(3, 6)
    block = [J[10][:, columns], *J[11:39], J[39][rows]]
    computed = log_spectrum_of(Chain.of(J), 40, 10, rows=rows, columns=columns)
    assert distance(computed, exact(block, 600)) < 1e-12


def test_a_wide_block_has_as_many_singular_values_as_rows():
    chain = Chain.of(gaussian(np.random.default_rng(6), 9, 5))
    P = chain.product(7, 3)
    reference = np.log(np.linalg.svd(P.mantissa[1:3], compute_uv=False)) + P.exponent * np.log(2.0)
    assert np.abs(log_spectrum_of(chain, 7, 3, rows=slice(1, 3)) - reference).max() < 1e-13


def test_one_step_alone_and_no_step_at_all_are_products_too():
    chain = Chain.of(np.random.default_rng(7).standard_normal((3, 4, 4)))
    sigma = np.linalg.svd(chain.take(slice(1, 2))[0][:2, 1:], compute_uv=False)
    block = log_spectrum_of(chain, 2, 1, rows=slice(2), columns=slice(1, 4))
    assert np.abs(block - np.log(sigma)).max() < 1e-14
    assert np.array_equal(log_spectrum_of(chain, 2, 2), np.zeros(4))
    assert np.all(np.isneginf(log_spectrum_of(chain, 2, 2, rows=slice(2), columns=slice(2, 4))))


@pytest.mark.parametrize(("t", "k"), [(4, 0), (1, 2), (1, -1)])
def test_steps_outside_the_chain_are_refused(t, k):
    with pytest.raises(ValueError, match=f"0 <= k <= t <= 3; got t = {t}, k = {k}"):
        log_spectrum_of(Chain.of(np.ones((3, 2, 2))), t, k)


def test_every_network_of_an_ensemble_has_its_own_spectrum():
    J = np.random.default_rng(8).standard_normal((6, 2, 3, 4, 4))
    together = log_spectrum_of(Chain.of(J), 6, 0)
    assert together.shape == (2, 3, 4)
    assert np.array_equal(together[1, 2], log_singular_values(J[:, 1, 2]))


seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, T=st.integers(1, 12), S=st.integers(1, 6))
def test_a_product_backwards_in_transposes_has_the_same_singular_values(seed, T, S):
    rng = np.random.default_rng(seed)
    J = slopes(rng, (T, S, 1), 8) * orthogonal(rng, T, S)
    backwards = [M.T for M in J[::-1]]
    assert np.abs(log_singular_values(J) - log_singular_values(backwards)).max() < 1e-10


@given(seed=seeds, T=st.integers(1, 8), S=st.integers(1, 5))
@settings(max_examples=100)
def test_no_product_of_small_whole_numbers_gives_nan(seed, T, S):
    rng = np.random.default_rng(seed)
    J = rng.integers(-1, 2, (T, S, S)) * 10.0 ** rng.integers(-200, 200, (T, 1, 1))
    log_sigma, exponents = log_singular_values(J), lyapunov_exponents(Chain.of(J), every=2)
    for values in (log_sigma, exponents, effective_rank(log_sigma), stable_rank(log_sigma)):
        assert not np.isnan(values).any()


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_every_two_rows_meet_once_in_a_sweep(n):
    rounds = [np.sort(np.stack(pairs, axis=1)).tolist() for pairs in disjoint_pairs(n)]
    met = sorted(pair for pairs in rounds for pair in pairs)
    assert met == [[i, j] for i in range(n) for j in range(i + 1, n)]
    assert all(len({row for pair in pairs for row in pair}) == 2 * len(pairs) for pairs in rounds)


def test_rotations_find_the_singular_values_of_rows_of_like_size():
    rows = np.random.default_rng(9).standard_normal((7, 7))
    lengths = np.linalg.norm(rows, axis=1)
    computed = np.sort(log_row_singular_values(np.log(lengths), rows / lengths[:, None]))[::-1]
    assert np.abs(computed - np.log(np.linalg.svd(rows, compute_uv=False))).max() < 1e-13


def test_rotations_make_equal_rows_one_row_and_zeros():
    rows = np.tile([0.6, 0.8], (4, 1))
    computed = np.sort(log_row_singular_values(np.zeros(4), rows))
    assert computed[-1] == pytest.approx(np.log(2.0), abs=1e-15)
    assert np.all(np.isneginf(computed[:-1]))


def test_lyapunov_exponents_sum_to_the_mean_log_determinant():
    rng = np.random.default_rng(10)
    J = slopes(rng, (300, 24, 1), 1) * gaussian(rng, 300, 24)
    mean = np.linalg.slogdet(J)[1].mean()
    for every in (1, 5):
        assert abs(lyapunov_exponents(Chain.of(J), every=every)[-1].sum() - mean) < 1e-9


def test_lyapunov_exponents_of_one_symmetric_matrix_are_logs_of_its_eigenvalues():
    rng = np.random.default_rng(11)
    eigenvalues, Q = np.array([1.5, -1.1, 0.8, 0.3]), orthogonal(rng, 1, 4)[0]
    J = np.repeat((Q * eigenvalues @ Q.T)[None], 2000, axis=0)
    settled = lyapunov_exponents(Chain.of(J), burn_in=200)[-1]
    # after 200 steps the frame has turned into the eigenvectors to (1.1/1.5)**200 = 1e-27
    assert np.abs(settled - np.log(np.abs(eigenvalues))).max() < 1e-12


def test_lyapunov_exponents_are_reported_as_they_settle():
    J = np.random.default_rng(12).standard_normal((10, 3, 3))
    running = lyapunov_exponents(Chain.of(J))
    assert running.shape == (10, 3)
    assert np.abs(running[5] - lyapunov_exponents(Chain.of(J).upto(6))[-1]).max() < 1e-14
    assert np.all(np.diff(running, axis=1) <= 0)


def test_fewer_factorisations_give_the_same_exponents_at_the_steps_they_report():
    rng = np.random.default_rng(13)
    chain = Chain.of(slopes(rng, (43, 16, 1), 2) * gaussian(rng, 43, 16))
    each, fifth = lyapunov_exponents(chain, burn_in=3), lyapunov_exponents(chain, burn_in=3, every=7)
    assert fifth.shape == (6, 16)
    # R is kept better conditioned than 1e-7, which costs 9 of 16 digits at most in a step of 7
    assert np.abs(fifth[:-1] - each[6:40:7][:5]).max() < 1e-8
    assert np.abs(fifth[-1] - each[-1]).max() < 1e-8


def test_steps_too_different_in_size_are_factorised_one_by_one():
    J = slopes(np.random.default_rng(14), (30, 6, 1), 30) * gaussian(np.random.default_rng(15), 30, 6)
    chain = Chain.of(J)
    assert np.abs(lyapunov_exponents(chain, every=5)[-1] - lyapunov_exponents(chain)[-1]).max() < 1e-8


def test_dead_directions_have_the_exponent_minus_infinity():
    J = gaussian(np.random.default_rng(16), 20, 5)
    J[7, [1, 3]] = 0.0
    exponents = lyapunov_exponents(Chain.of(J))
    assert np.all(np.isfinite(exponents[:7]))
    assert np.array_equal(np.isneginf(exponents[7:]), np.tile([False, False, False, True, True], (13, 1)))


def test_exponents_beyond_the_range_of_floats_are_finite():
    J = np.repeat(1e200 * np.eye(3)[None], 8, axis=0)
    assert np.abs(lyapunov_exponents(Chain.of(J), every=4) - 200.0 * np.log(10.0)).max() < 1e-10


def test_every_network_of_an_ensemble_has_its_own_exponents():
    J = np.random.default_rng(17).standard_normal((9, 2, 3, 4, 4))
    together = lyapunov_exponents(Chain.of(J), burn_in=2, every=3)
    assert np.array_equal(together[:, 1, 2], lyapunov_exponents(Chain.of(J[:, 1, 2]), burn_in=2, every=3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"burn_in": 5}, r"burn_in must lie in \[0, 4\]; got 5"),
        ({"burn_in": -1}, r"burn_in must lie in \[0, 4\]; got -1"),
        ({"every": 0}, "every must be at least 1; got 0"),
    ],
)
def test_impossible_burn_in_and_spacing_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        lyapunov_exponents(Chain.of(np.ones((5, 2, 2))), **arguments)


LOG_SIGMAS = np.array([[5.0, 5.0, 5.0], [2000.0, 2000.0, -np.inf], [0.0, -3000.0, -3000.0], [-np.inf] * 3])


def test_equal_singular_values_count_fully_and_vanished_ones_not_at_all():
    assert np.allclose(effective_rank(LOG_SIGMAS), [3.0, 2.0, 1.0, 0.0], rtol=1e-15, atol=0)
    assert np.allclose(stable_rank(LOG_SIGMAS), [3.0, 2.0, 1.0, 0.0], rtol=1e-15, atol=0)


def test_ranks_follow_their_definitions():
    sigma = np.array([4.0, 2.0, 1.0, 0.5])
    p = sigma / sigma.sum()
    assert np.isclose(effective_rank(np.log(sigma)), np.exp(-np.sum(p * np.log(p))), rtol=1e-14)
    assert np.isclose(stable_rank(np.log(sigma)), np.sum(sigma**2) / 16.0, rtol=1e-14)


def test_the_condition_is_the_ratio_of_largest_to_smallest_and_infinite_for_singular_matrices():
    assert np.array_equal(log_condition(LOG_SIGMAS), [0.0, np.inf, 3000.0, np.inf])

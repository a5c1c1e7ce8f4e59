"""Singular values of long products, against mpmath and against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exact import distance, exact_spectrum, gaussian, orthogonal, slopes
from explorer import spectrum
from explorer.chain import Chain
from explorer.rotations import disjoint_pairs, log_row_singular_values
from explorer.spectrum import (
    effective_rank,
    log_condition,
    log_singular_values,
    log_spectrum_of,
    stable_rank,
)


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
        "saturated": (slopes(rng, (12, 4, 1), 300) * gaussian(rng, 12, 4), 8000),
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
    reference = exact_spectrum(matrices, digits)
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
    reference = exact_spectrum(J, 300)
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


def mild(T, S):
    """Factors that lose little when they are multiplied."""
    rng = np.random.default_rng(18)
    return 0.5 * rng.uniform(0.7, 1.0, (T, S, 1)) * orthogonal(rng, T, S)


def test_one_factorisation_serves_several_factors_where_that_loses_nothing(monkeypatch):
    original, calls = spectrum.orthonormalised, []
    monkeypatch.setattr(spectrum, "orthonormalised", lambda *a: calls.append(1) or original(*a))
    J = mild(300, 4)
    assert distance(log_singular_values(J), exact_spectrum(J, 300)) < 1e-11
    assert len(calls) < 100


def test_a_dead_unit_among_factors_taken_together_is_an_exact_zero():
    J = mild(300, 4)
    J[200, 2] = 0.0
    reference = exact_spectrum(J, 300)
    assert np.isneginf(reference[-1])
    assert distance(log_singular_values(J), reference) < 1e-11


def test_a_factor_of_another_kind_is_taken_apart_from_the_others():
    J = mild(300, 4)
    J[200] = np.diag([1.0, 1e-5, 1e-10, 1e-15]) @ J[200]
    assert distance(log_singular_values(J), exact_spectrum(J, 400)) < 1e-10


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_factors_that_leave_the_range_of_floats_together_keep_their_digits(size):
    log_sigma = log_singular_values(size * orthogonal(np.random.default_rng(19), 40, 3))
    assert np.abs(log_sigma - 40 * np.log(size)).max() < 1e-10


def test_no_factor_is_refused():
    with pytest.raises(ValueError, match="at least 1 factor; got 0"):
        log_singular_values([])


def test_the_block_of_a_product_has_its_own_singular_values():
    rng = np.random.default_rng(5)
    J = lstm_like(rng, 50, 3, 0.9)
    rows, columns = slice(0, 3), slice(3, 6)
    block = [J[10][:, columns], *J[11:39], J[39][rows]]
    computed = log_spectrum_of(Chain.of(J), 40, 10, rows=rows, columns=columns)
    assert distance(computed, exact_spectrum(block, 600)) < 1e-12


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
    log_sigma = log_singular_values(J)
    for values in (log_sigma, effective_rank(log_sigma), stable_rank(log_sigma)):
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

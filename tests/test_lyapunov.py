"""Lyapunov exponents, against determinants and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exact import gaussian, orthogonal, slopes
from explorer.chain import Chain
from explorer.lyapunov import lyapunov_exponents


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


@given(seed=st.integers(0, 2**32 - 1), T=st.integers(1, 8), S=st.integers(1, 5))
@settings(max_examples=100)
def test_no_product_of_small_whole_numbers_gives_nan(seed, T, S):
    rng = np.random.default_rng(seed)
    J = rng.integers(-1, 2, (T, S, S)) * 10.0 ** rng.integers(-200, 200, (T, 1, 1))
    assert not np.isnan(lyapunov_exponents(Chain.of(J), every=2)).any()


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

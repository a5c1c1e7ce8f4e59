"""The map over all pairs against products formed one after another, and where its own method loses digits."""

import tracemalloc

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact import distance
from explorer import flow, grams, pairs, survey
from explorer.arrays import Scaled
from explorer.chain import Chain
from explorer.experiment import Experiment
from explorer.grams import all_splits
from explorer.pairs import lag_curve, log_frobenius_map
from explorer.run import run
from explorer.weights import INITIALISERS
from oracles import CELL, LENGTHS, problem, state_derivatives

EVERY = pytest.mark.parametrize("name", CELL)
LN2 = np.log(2.0)


def double_loop(J, *, rows=slice(None), columns=slice(None), size=Scaled.log_norm):
    """ln of the norm of a block of every P(t, k), (T + 1, T + 1): for each t, J_t times all P(t - 1, k)."""
    T, S = len(J), J.shape[-1]
    out = np.full((T + 1, T + 1), -np.inf)
    P = Scaled.of(np.eye(S)[None])
    for t in range(T + 1):
        if t > 0:
            moved = Scaled.of(J[t - 1] @ P.mantissa, P.exponent)
            fresh = Scaled.of(np.eye(S)[None])
            P = Scaled(*(np.concatenate(pair) for pair in (
                (moved.mantissa, fresh.mantissa), (moved.exponent, fresh.exponent))))  # fmt: skip
        out[t, : t + 1] = size(Scaled.of(P.mantissa[:, rows, columns], P.exponent))
    return out


def random_chain(T, S, *leading, seed=0, gain=1.0):
    """Gaussian Jacobians (T, ..., S, S)."""
    return gain * np.random.default_rng(seed).standard_normal((T, *leading, S, S)) / np.sqrt(S)


# Every kind of network


@EVERY
@pytest.mark.parametrize("initialiser", INITIALISERS)
@pytest.mark.parametrize("T", LENGTHS)
def test_every_pair_of_every_network_is_that_of_the_double_loop(name, initialiser, T):
    p = problem(name, T, initialiser=initialiser)
    chain = flow.chain(p.cell, p.w, p.trace())
    found = log_frobenius_map(chain)
    truth = double_loop(chain.take(slice(None)))
    assert found.error <= 1e-8
    assert distance(found.log_norm, truth) <= max(1e-12, found.error)


@EVERY
@pytest.mark.parametrize("T", LENGTHS)
def test_the_corner_of_the_map_is_the_derivative_by_the_complex_step(name, T):
    p = problem(name, T, initialiser="orthogonal")
    derivative = Scaled.of(state_derivatives(p, T)).log_norm()
    found = log_frobenius_map(flow.chain(p.cell, p.w, p.trace()))
    assert found.log_norm[T, 0] == pytest.approx(float(derivative), abs=1e-11)


def test_an_ordinary_network_is_mapped_to_rounding_and_nothing_is_multiplied_out():
    chain = Chain.of(random_chain(120, 16))
    found = log_frobenius_map(chain)
    assert distance(found.log_norm, double_loop(chain.take(slice(None)))) < 1e-12
    assert found.recomputed == 0
    assert found.error < 1e-10


@pytest.mark.parametrize(("rows", "columns"), [((0, 3), (0, 3)), ((3, 6), (0, 3)), ((2, 3), (1, 6))])
def test_a_block_of_the_map_is_the_norm_of_that_block(rows, columns):
    part = {"rows": slice(*rows), "columns": slice(*columns)}
    J = random_chain(30, 6)
    found = log_frobenius_map(Chain.of(J), **part)
    assert distance(found.log_norm, double_loop(J, **part)) < 1e-11


# Where Gram matrices lose their digits


def swap(n):
    """n steps that shrink two directions by 2**-10, then n that shrink two others: what is left is small.

    The factors of the middle split are of size 1, their product of size 2**-10n.
    """
    Q, kept = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0], np.array([1, 1, 0, 0])
    first, second = (Q @ np.diag(2.0 ** (-10 * shrunk)) @ Q.T for shrunk in (1 - kept, kept))
    return np.array([first] * n + [second] * n)


def by_grams_alone(J, m):
    """ln‖P(T, 0)‖ from the Gram matrices on both sides of step m, with nothing to make sure of it."""
    A, B = (np.linalg.multi_dot([np.eye(4), *part[::-1]]) for part in (J[m:], J[:m]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return 0.5 * np.log(np.sum((A.T @ A) * (B @ B.T)))


def exact_norms(J):
    """ln‖P(t, k)‖ of every pair, from as many digits as it takes."""
    T = len(J)
    out = np.full((T + 1, T + 1), -np.inf)
    with mpmath.workdps(400):
        for k in range(T + 1):
            P = mpmath.eye(J.shape[-1])
            for t in range(k, T + 1):
                P = mpmath.matrix(J[t - 1].tolist()) * P if t > k else P
                square = mpmath.fsum(entry**2 for entry in P)
                out[t, k] = float(mpmath.log(square) / 2) if square else -np.inf
    return out


@pytest.mark.parametrize("n", [2, 3])
def test_pairs_in_which_nearly_everything_cancels_are_taken_again(n):
    """Multiplying out loses half the digits that Gram matrices lose: 2**10n of 2**20n."""
    J = swap(n)
    truth, found = exact_norms(J), log_frobenius_map(Chain.of(J))
    assert not abs(by_grams_alone(J, n) - truth[2 * n, 0]) < 1e-6  # what would come without
    assert found.recomputed > 0
    assert distance(found.log_norm, truth) <= found.error < 2.0 ** (10 * n - 46)


def test_the_bound_on_the_error_holds_for_powers_of_a_jordan_block():
    """W = [[0.9, 10], [0, 0.9]] has the powers 0.9^n [[1, 10 n / 0.9], [0, 1]]."""
    n = 60
    found = log_frobenius_map(Chain.of(np.repeat([[[0.9, 10.0], [0.0, 0.9]]], n, axis=0)))
    lag = np.arange(n + 1)
    closed = lag * np.log(0.9) + 0.5 * np.log(2.0 + (10.0 * lag / 0.9) ** 2)
    at = np.tril_indices(n + 1)
    assert np.max(np.abs(found.log_norm[at] - closed[at[0] - at[1]])) <= max(found.error, 1e-12)
    assert found.error < 1e-8


def test_factors_that_meet_at_right_angles_leave_an_exact_zero():
    J = np.array([np.diag([1.0, 0.0])] * 4 + [np.diag([0.0, 1.0])] * 4)
    found = log_frobenius_map(Chain.of(J)).log_norm
    assert np.isneginf(found[5:, :4]).all()
    assert (found[:5, :5][np.tril_indices(5, -1)] == 0.0).all()


def test_one_dead_step_makes_exact_zeros_of_what_crosses_it_and_of_nothing_else():
    J = random_chain(20, 3)
    J[8] = 0.0
    found = log_frobenius_map(Chain.of(J))
    assert np.isneginf(found.log_norm[9:, :9]).all()
    assert np.isfinite(found.log_norm[9:, 9:][np.tril_indices(12)]).all()
    assert distance(found.log_norm, double_loop(J)) < 1e-11


@pytest.mark.parametrize("power", [-60, 60])
def test_products_far_outside_the_range_of_floats_are_right(power):
    J = random_chain(60, 4)
    lag = np.arange(61)[:, None] - np.arange(61)
    expected = double_loop(J) + lag * power * LN2
    assert abs(expected[60, 0]) > 2000.0
    assert distance(log_frobenius_map(Chain.of(J * 2.0**power)).log_norm, expected) < 1e-11


@pytest.mark.parametrize("decades", [300, 150])
def test_rows_of_widely_different_sizes_do_no_harm(decades):
    """Saturated units shrink their rows by anything up to 1e-300."""
    rng = np.random.default_rng(3)
    J = random_chain(24, 5) * 10.0 ** rng.uniform(-decades, 0.0, (24, 5, 1))
    found = log_frobenius_map(Chain.of(J))
    assert not np.isnan(found.log_norm).any()
    assert distance(found.log_norm, exact_norms(J)) <= max(found.error, 1e-11)
    assert found.error < 1e-6


# How it is cut up


@given(T=st.integers(1, 70), members=st.integers(1, 3), S=st.integers(1, 3), cached=st.integers(1, 2000))
def test_splits_meet_every_pair_exactly_once(T, members, S, cached):
    met = np.zeros((members, T + 1, T + 1), int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grams, "CACHED", cached)
        patch.setattr(grams, "SHARED", 3 * cached)
        for splits in all_splits(T, members, S):
            for m in (splits.step(i) for i in range(splits.count)):
                met[splits.members, m : m + splits.half, m + 1 - splits.half : m + 1] += 1
                met[splits.members, m, m] -= 1  # the step itself is no pair
    assert np.array_equal(met, np.broadcast_to(np.tri(T + 1, k=-1), met.shape))


@pytest.mark.parametrize(("T", "S"), [(1, 3), (2, 1), (3, 2), (4, 3), (7, 2), (8, 2), (33, 3)])
@pytest.mark.parametrize("cached", [1 << 19, 60, 1])
def test_lengths_and_memory_limits_make_no_difference(T, S, cached, monkeypatch):
    for module in (grams, survey):
        monkeypatch.setattr(module, "CACHED", cached)
    monkeypatch.setattr(grams, "HELD", cached)
    J = random_chain(T, S)
    assert distance(log_frobenius_map(Chain.of(J)).log_norm, double_loop(J)) < 1e-12


@pytest.mark.parametrize("every", [1, 2, 3, 7, 40])
def test_a_sampled_map_holds_the_sampled_steps_exactly(every):
    J = random_chain(40, 4)
    found = log_frobenius_map(Chain.of(J), every=every)
    assert np.array_equal(found.steps, np.arange(0, 41, every))
    assert distance(found.log_norm, double_loop(J)[::every, ::every]) < 1e-11


def test_every_network_of_an_ensemble_has_its_own_map():
    J = random_chain(25, 4, 2, 3) * np.array([0.5, 1.0, 2.0])[:, None, None]
    found = log_frobenius_map(Chain.of(J)).log_norm
    assert found.shape == (26, 26, 2, 3)
    for i, j in np.ndindex(2, 3):
        assert distance(found[:, :, i, j], double_loop(J[:, i, j])) < 1e-12


@pytest.mark.parametrize("t", [0, 1, 17, 30])
def test_the_curve_back_from_a_step_is_a_row_of_the_map(t):
    chain = Chain.of(random_chain(30, 4))
    assert distance(lag_curve(chain, t), log_frobenius_map(chain).log_norm[t, : t + 1]) < 1e-11


def test_what_cannot_be_mapped_is_refused_by_name():
    chain = Chain.of(random_chain(5, 2))
    with pytest.raises(ValueError, match=r"every must lie in \[1, 5\]; got 6"):
        log_frobenius_map(chain, every=6)
    with pytest.raises(ValueError, match="rows must choose at least one of 2 entries"):
        log_frobenius_map(chain, rows=slice(2, 4))
    with pytest.raises(ValueError, match=r"t must lie in \[0, 5\]; got 6"):
        lag_curve(chain, 6)
    J = random_chain(5, 2)
    J[3, 0, 1] = np.nan
    with pytest.raises(ValueError, match="that of step 4 is not"):
        log_frobenius_map(Chain.of(J))


# Long runs


def test_ten_thousand_steps_of_sixteen_units_go_through():
    e = Experiment(steps=10_000, hidden_size=16)
    found = log_frobenius_map(run(e).chain, every=e.every)
    assert found.log_norm.shape == (1001, 1001)
    assert np.isfinite(found.log_norm[np.tril_indices(1001)]).all()
    assert found.log_norm[-1, 0] < -700.0
    assert found.error < 1e-6


def test_the_map_of_a_thousand_steps_of_128_units_stays_under_256_mib():
    recorded = run(Experiment(steps=1000, hidden_size=128, gain=1.2, input_scale=0.1))
    tracemalloc.start()
    try:
        found = pairs.log_frobenius_map(recorded.chain)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.log_norm.shape == (1001, 1001)
    assert peak < 256 * 2**20

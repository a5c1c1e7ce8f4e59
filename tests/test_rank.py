"""Exact zeros among the singular values: what the zeros of the factors certify, against many more digits."""

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact import distance, exact_spectrum
from explorer import flow
from explorer.chain import Chain
from explorer.experiment import Experiment
from explorer.lstm_steps import LSTMSteps
from explorer.rank import covering_lines, narrowed
from explorer.run import run
from explorer.spectrum import log_determinants, log_singular_values, log_spectrum_of

patterns = st.tuples(st.integers(1, 5), st.integers(1, 5), st.floats(0.1, 0.9), st.integers(0, 2**32 - 1))


def drawn(rows, columns, density, seed):
    """A matrix with zeros at random places and no other dependence."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, columns)) * (rng.uniform(size=(rows, columns)) < density)


def most_apart(filled):
    """The most entries of which no two share a line, by trying every choice."""
    filled = filled if filled.shape[0] <= filled.shape[1] else filled.T
    rows, columns = filled.shape
    return max(sum(filled[i, j] for i, j in enumerate(p)) for p in permutations(range(columns), rows))


@given(patterns)
def test_the_lines_cover_every_entry_and_are_as_few_as_can_be(pattern):
    filled = drawn(*pattern) != 0
    rows, columns = covering_lines(filled)
    assert np.all(rows[:, None] | columns | ~filled)
    assert rows.sum() + columns.sum() == most_apart(filled)


@given(patterns)
def test_the_factors_multiply_to_the_matrix_and_meet_in_its_rank(pattern):
    M = drawn(*pattern)
    factors = narrowed(M)
    product = factors[-1] @ factors[0] if len(factors) == 2 else factors[0]
    assert np.array_equal(product, M)
    lost = sum(not line.any() for line in (*M, *M.T))
    rank = np.linalg.matrix_rank(M) if M.any() else 0
    assert len(factors[0]) == rank or (len(factors) == 1 and (lost or rank == min(M.shape)))
    assert np.isfinite(log_singular_values(factors)).sum() == rank


def test_a_full_matrix_stays_whole():
    M = np.ones((3, 3))
    assert narrowed(M)[0] is M


def lstm(T, H, zero_columns=(), **settings):
    """A network of which some units' outputs are not read by the output gate, and its one-step Jacobians."""
    known = run(Experiment(cell="lstm", steps=T, hidden_size=H, start="random", **settings))
    w = known.weights
    W_o = w.W["o"].copy()
    W_o[:, list(zero_columns)] = 0.0
    w = replace(w, W={**w.W, "o": W_o})
    trace = flow.forward(known.cell, w, known.sequence.x, {k: a[0] for k, a in known.trace.s.items()})
    steps = LSTMSteps.of(w, trace)
    return replace(flow.chain(known.cell, w, trace), parts=steps.factors), steps


def in_parts(steps, T):
    """The factors of every Jacobian, in order, whether zeros make it singular or not."""
    one = np.eye(steps.f.shape[-1])
    for M, f, e, d in zip(steps.M(slice(0, T)), steps.f, steps.e, steps.d, strict=True):
        yield np.block([[d[:, None] * steps.W_o, 0 * one], [M, f * one]])
        yield np.block([[one, e * one], [0 * one, one]])


def test_the_parts_of_every_step_multiply_to_its_jacobian():
    for chain, _ in (lstm(5, 4), lstm(5, 4, [2])):
        for j in range(5):
            parts = chain.factors(j)
            product = parts[-1] @ parts[0] if len(parts) == 2 else parts[0]
            np.testing.assert_allclose(product, chain.take(slice(j, j + 1))[0], rtol=1e-14, atol=1e-16)
    assert len(lstm(5, 4)[0].factors(2)) == 1


@pytest.mark.parametrize("dead", [[1], [0, 2], [0, 1, 2, 3]])
def test_outputs_that_the_output_gate_does_not_read_each_cost_a_singular_value(dead):
    chain, steps = lstm(25, 4, dead)
    reference = exact_spectrum(list(in_parts(steps, 25)), 600)
    assert np.isneginf(reference).sum() == len(dead)
    assert distance(log_spectrum_of(chain, 25, 0), reference) < 1e-10


def test_an_lstm_without_input_and_state_has_lost_half_its_state():
    known = run(Experiment(cell="lstm", steps=80, hidden_size=3, input="zero"))
    log_sigma = log_spectrum_of(known.chain, 80, 0)
    # c stays 0, so that h = o tanh(c) follows c through ∂h/∂c alone: of (h, c) only c is free
    assert np.array_equal(np.isneginf(log_sigma), [False] * 3 + [True] * 3)
    steps = LSTMSteps.of(known.weights, known.trace)
    assert distance(log_sigma, exact_spectrum(list(in_parts(steps, 80)), 900)) < 1e-10


@pytest.mark.parametrize("block", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_blocks_of_a_singular_chain_are_right_too(block):
    chain, steps = lstm(12, 3, [0, 2], forget_bias=-3.0)
    rows, columns = (slice(3 * i, 3 * i + 3) for i in block)
    parts = list(in_parts(steps, 12))
    parts[0], parts[-1] = parts[0][:, columns], parts[-1][rows]
    computed = log_spectrum_of(chain, 12, 0, rows=rows, columns=columns)
    assert distance(computed, exact_spectrum(parts, 400)) < 1e-10


def test_rows_that_read_the_same_single_unit_depend_on_each_other():
    rng = np.random.default_rng(1)
    J = rng.standard_normal((30, 4, 4))
    J[11, [0, 3]] = [[0.0, 0.3, 0.0, 0.0], [0.0, 7.0, 0.0, 0.0]]
    assert distance(log_spectrum_of(Chain.of(J), 30, 0), exact_spectrum(J, 300)) < 1e-11


def test_determinants_of_singular_steps_are_exactly_zero():
    rng = np.random.default_rng(2)
    J = rng.standard_normal((4, 5, 5))
    J[1, 2] = 0.0
    J[2][np.ix_([0, 1, 2], [0, 1, 2, 3])] = 0.0
    log_dets = log_determinants(Chain.of(J))
    assert np.array_equal(np.isneginf(log_dets), [False, True, True, False])
    np.testing.assert_allclose(log_dets[[0, 3]], np.linalg.slogdet(J[[0, 3]])[1], rtol=1e-15)
    assert np.isneginf(log_determinants(lstm(3, 4, [1])[0])).all()


def test_every_pair_of_lines_is_found_where_two_are_enough():
    for i, j in combinations(range(6), 2):
        filled = np.zeros((6, 6), np.bool_)
        filled[i], filled[:, j] = True, True
        rows, columns = covering_lines(filled)
        assert (np.flatnonzero(rows).tolist(), np.flatnonzero(columns).tolist()) == ([i], [j])

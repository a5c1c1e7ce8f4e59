"""Beyond float64: products, signals, gradients and maps of 1e±400 against mpmath.

The networks are steered, so that their states stay of order one while W is of order 1e9 or 1e-9. ln of a
norm is compared to 1e-8; rounding over 45 steps leaves about 1e-12.
"""

import mpmath
import numpy as np
import pytest

from exact import exact, exact_log_norm, exact_product
from explorer import flow
from explorer.arrays import Scaled, log_norm
from explorer.clipping import clipped_backward
from explorer.errors import error_maps, lag_terms
from oracles import (
    CELL,
    PARTS,
    extreme,
    last_step_only,
    linear_chain,
    plain_contributions,
    plain_signals,
    scalar,
    stacked,
    steered,
    summed,
)

T = 45
CLOSE = 1e-8
EVERY = pytest.mark.parametrize("name", CELL)
BOTH_WAYS = pytest.mark.parametrize("decades", [9.5, -9.5], ids=["exploding", "vanishing"])


def recorded(name, decades):
    """The problem, its trace, its Jacobians (T, S, S) and its own error signals (T + 1, H)."""
    p = extreme(name, T, decades=decades)
    trace = p.trace()
    J = flow.chain(p.cell, p.w, trace).take(slice(None))
    return p, trace, J, p.loss(trace).direct()


def exact_signals(p, J, direct):
    """{(t, k): {state block: ∂E_t/∂s_k}} in mpmath's numbers."""
    return plain_signals(p.cell, exact(J), exact(direct))


@EVERY
@BOTH_WAYS
def test_products_beyond_float64_keep_their_norm(name, decades):
    p, trace, J, _ = recorded(name, decades)
    truth = exact_log_norm(exact_product(J))
    assert abs(truth) > 380 * np.log(10)
    assert abs(flow.chain(p.cell, p.w, trace).product(T, 0).log_norm() - truth) <= CLOSE


@EVERY
@BOTH_WAYS
def test_signals_beyond_float64_keep_their_norm(name, decades):
    p, trace, J, direct = recorded(name, decades)
    truth, back = exact_signals(p, J, direct), p.back(trace)
    assert abs(exact_log_norm(truth[T, 0]["h"])) > 380 * np.log(10)
    for block in p.cell.state:
        expected = [exact_log_norm(truth[T, k][block]) for k in range(T + 1)]
        np.testing.assert_allclose(back.log_signals(block), expected, rtol=0, atol=CLOSE)


@EVERY
@BOTH_WAYS
@pytest.mark.parametrize("part", PARTS)
def test_gradients_beyond_float64_keep_their_norm(name, decades, part):
    p, trace, J, direct = recorded(name, decades)
    back = p.back(trace)
    for block, gradient in summed(plain_contributions(p, trace, exact_signals(p, J, direct), part)).items():
        ours = log_norm(getattr(back.gradient, part)[block].ravel()) + back.gradient_exponent * np.log(2.0)
        assert abs(ours - exact_log_norm(gradient)) <= CLOSE, block


@EVERY
@BOTH_WAYS
def test_error_maps_beyond_float64_keep_every_pair(name, decades):
    p, trace, J, _ = recorded(name, decades)
    direct = np.random.default_rng(0).standard_normal((T + 1, p.w.H))
    maps = error_maps(p.cell, p.w, trace, p.back(trace), direct)
    truth = exact_signals(p, J, direct)
    for block in p.cell.state:
        expected = np.full((T + 1, T + 1), -np.inf)
        for pair, signal in truth.items():
            expected[pair] = exact_log_norm(signal[block])
        np.testing.assert_allclose(maps.signal[block], expected, rtol=0, atol=CLOSE)


def exact_lag_terms(p, trace, signals):
    """[term τ as one vector, all blocks of W together]."""
    terms = [0] * T
    for (t, k), blocks in plain_contributions(p, trace, signals, "W").items():
        terms[t - k] = terms[t - k] + np.concatenate([a.ravel() for a in blocks.values()])
    return terms


@EVERY
@BOTH_WAYS
def test_lag_terms_beyond_float64_keep_their_norm(name, decades):
    p, trace, J, _ = recorded(name, decades)
    direct = np.random.default_rng(0).standard_normal((T + 1, p.w.H))
    terms = exact_lag_terms(p, trace, exact_signals(p, J, direct))
    ours = lag_terms(p.cell, p.w, trace, direct)
    partial = np.cumsum(np.array(terms), axis=0)
    for log_norms, truth in ((ours.log_norm, terms), (ours.log_partial, partial)):
        np.testing.assert_allclose(log_norms, [*map(exact_log_norm, truth)], rtol=0, atol=CLOSE)


@EVERY
@BOTH_WAYS
def test_truncation_is_judged_rightly_beyond_float64(name, decades):
    """Cosine and relative error of every partial sum, 400 decades below the whole as well as beside it."""
    p, trace, J, _ = recorded(name, decades)
    direct = np.random.default_rng(0).standard_normal((T + 1, p.w.H))
    partial = np.cumsum(np.array(exact_lag_terms(p, trace, exact_signals(p, J, direct))), axis=0)
    whole, size = partial[-1], [exact_log_norm(vector) for vector in partial]
    ours = lag_terms(p.cell, p.w, trace, direct)
    error = [np.exp(exact_log_norm(vector - whole) - size[-1]) for vector in partial]
    np.testing.assert_allclose(ours.relative_error, error, rtol=0, atol=CLOSE)
    norms = [mpmath.exp(length) for length in size]
    cosine = [float((vector @ whole) / norm / norms[-1]) for vector, norm in zip(partial, norms, strict=True)]
    np.testing.assert_allclose(ours.cosine, cosine, rtol=0, atol=CLOSE)


@EVERY
@BOTH_WAYS
def test_shares_add_up_to_1_beyond_float64(name, decades):
    """Single signals and their sum round each their own way, by 1e-12 where W is worst conditioned."""
    p, trace, _, direct = recorded(name, decades)
    share = error_maps(p.cell, p.w, trace, p.back(trace), direct).share
    assert share.sum() == pytest.approx(1.0, abs=1e-11)


def test_a_signal_that_vanishes_inside_clipped_backpropagation_is_no_exact_zero():
    cell, w, trace = scalar(0.5, 1200)
    back, factor = clipped_backward(cell, w, trace, {"h": last_step_only(1200)}, threshold=10.0)
    assert not factor.any()
    np.testing.assert_allclose(back.log_signals(), np.log(0.5) * np.arange(1200, -1, -1), rtol=1e-13)


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_an_error_enters_where_what_came_from_later_has_vanished(activation):
    """h_1200 sends back 2^−1200 and less; E_100, of size 1, joins it and goes on alone."""
    cell, w, _ = scalar(0.5, 1, activation=activation)
    trace = flow.forward(cell, w, np.zeros((1300, 1)), {"h": np.full(1, 1e140)})
    direct = last_step_only(1300)
    direct[100] = 1.0
    expected = np.log(0.5) * np.concatenate([np.arange(100, -1, -1), np.arange(1199, -1, -1)])
    ours = flow.backward(cell, w, trace, {"h": direct}).log_signals()
    np.testing.assert_allclose(ours, expected, rtol=1e-13, atol=1e-13)


def test_sequences_of_a_batch_vanish_and_explode_each_by_itself():
    """One member has an error at the last step only, the other at every step: neither sees the other's."""
    cell, w, _ = scalar(0.5, 1)
    steps = 1300
    trace = flow.forward(cell, w, np.zeros((steps, 2, 1)), {"h": np.ones((2, 1))})
    direct = np.ones((steps + 1, 2, 1))
    direct[:-1, 0] = 0.0
    back = flow.backward(cell, w, trace, {"h": direct})
    expected = np.log(0.5) * np.arange(steps, -1, -1)
    np.testing.assert_allclose(back.log_signals()[:, 0], expected, rtol=1e-13)


def test_networks_of_an_ensemble_keep_their_gradients_each_by_itself():
    """A network that explodes to 1e600 takes no digit from the gradient of the one beside it."""
    problems = [extreme("rnn tanh", 70, decades=decades) for decades in (9.5, 0.0)]
    alone = [q.back(q.trace()) for q in problems]
    w, x, s0, direct = stacked(problems)
    together = flow.backward(problems[0].cell, w, flow.forward(problems[0].cell, w, x, s0), {"h": direct})
    for member, back in enumerate(alone):
        ours = log_norm(together.gradient.W["a"][member].ravel())
        ours = ours + np.broadcast_to(together.gradient_exponent, 2)[member] * np.log(2.0)
        truth = log_norm(back.gradient.W["a"].ravel()) + back.gradient_exponent * np.log(2.0)
        assert abs(ours - truth) <= CLOSE


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturated_units_shrink_a_contribution_and_never_cut_it_to_zero(activation):
    """Slopes near 1e-87 on signals near 1e-90: the squares of both leave float64, their sizes do not."""
    a = np.where(np.arange(8)[:, None] % 2 == 0, 0.5, 100.0 if activation == "tanh" else 200.0)
    p = steered(f"rnn {activation}", {"a": a}, {"a": np.array([[0.7]])})
    cell, w, trace = p.cell, p.w, p.trace()
    direct = last_step_only(8)
    maps = error_maps(cell, w, trace, flow.backward(cell, w, trace, {"h": direct}), direct)
    log_slope = np.log(cell.activation.dphi(trace.z["a"][:, 0]))
    signal = np.concatenate([np.cumsum((log_slope + np.log(w.W["a"][0, 0]))[::-1])[::-1], [0.0]])
    np.testing.assert_allclose(maps.signal["h"][8], signal, rtol=1e-12)
    np.testing.assert_allclose(maps.local["a"][8, 1:], signal[1:] + log_slope, rtol=1e-12)


# Norms and scaled values themselves


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1.0, 1e200, 1.7e308])
def test_a_norm_neither_overflows_nor_vanishes(size):
    assert log_norm(np.full(4, size)) == pytest.approx(np.log(size) + np.log(2.0), rel=1e-15)


def test_the_norm_of_nothing_but_zeros_is_an_exact_zero():
    assert log_norm(np.zeros((3, 2))).tolist() == [-np.inf] * 3
    assert log_norm(np.zeros((2, 0))).tolist() == [-np.inf] * 2


def test_scaling_by_powers_of_two_loses_no_digit():
    sizes = 10.0 ** np.array([-300, -9, 0, 9, 300])[:, None, None]
    M = sizes * np.random.default_rng(0).standard_normal((5, 3, 3))
    S = Scaled.of(M, 7)
    assert (np.ldexp(S.mantissa, (S.exponent - 7)[:, None, None]) == M).all()
    assert ((np.abs(S.mantissa).max(axis=(1, 2)) >= 0.5) & (np.abs(S.mantissa).max(axis=(1, 2)) < 1)).all()


def test_an_exact_zero_stays_one_whatever_its_exponent():
    S = Scaled.of(np.zeros((2, 2)), 5000)
    assert (S.log_norm(), S.log_spectral_norm(), S.exponent) == (-np.inf, -np.inf, 0)


def test_the_spectral_norm_is_the_largest_singular_value():
    M = np.random.default_rng(0).standard_normal((4, 3, 3))
    expected = np.log(np.linalg.svd(M, compute_uv=False)[:, 0]) + 3000 * np.log(2.0)
    np.testing.assert_allclose(Scaled.of(M, 3000).log_spectral_norm(), expected, rtol=1e-14)


def test_ten_thousand_steps_go_through():
    P = linear_chain(0.9 * np.eye(3), 10_000).product(10_000, 0)
    assert P.log_norm() == pytest.approx(10_000 * np.log(0.9) + np.log(3) / 2, rel=1e-13)

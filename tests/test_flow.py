"""The forward pass, the Jacobians and backpropagation against the complex step and closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow
from explorer.activations import ACTIVATIONS
from explorer.cells import RNN
from explorer.chain import Chain
from explorer.readout import PLACEMENTS, readout_gradient
from explorer.weights import INITIALISERS, Weights, ensemble
from oracles import (
    CELL,
    LENGTHS,
    STEP,
    along,
    joint,
    last_step_only,
    linear_chain,
    loss_derivatives,
    nudges,
    plain_loss,
    problem,
    scalar,
    state_derivatives,
    with_readout_complex,
)

EVERY = pytest.mark.parametrize("name", CELL)
EVERY_LENGTH = pytest.mark.parametrize("T", LENGTHS)
EVERY_PLACEMENT = pytest.mark.parametrize("placement", PLACEMENTS)


# Gradients


@EVERY
@EVERY_LENGTH
@EVERY_PLACEMENT
@pytest.mark.parametrize("initialiser", INITIALISERS)
def test_the_gradient_of_every_block_is_its_complex_step(name, T, placement, initialiser):
    p = problem(name, T, initialiser=initialiser, placement=placement)
    back, moved = p.back(p.trace()), nudges(p)
    for nudge, derivative in zip(moved, loss_derivatives(p, moved), strict=True):
        difference = abs(along(back, nudge) - derivative)
        assert difference <= 1e-11 * abs(derivative), (nudge.part, nudge.block)


@EVERY
@EVERY_LENGTH
@EVERY_PLACEMENT
def test_the_gradient_of_the_readout_is_its_complex_step(name, T, placement):
    p = problem(name, T, placement=placement)
    trace, rng = p.trace(), np.random.default_rng(2)
    ours = readout_gradient(p.loss(trace), trace.s["h"][1:])
    for part, gradient in (("V", ours.V), ("c", ours.c)):
        direction = rng.standard_normal(gradient.shape)
        derivative = plain_loss(with_readout_complex(p, part, direction), trace.s["h"][1:]).imag / STEP
        assert abs(np.sum(gradient * direction) - derivative) <= 1e-11 * abs(derivative)


def test_gradients_of_1e_minus_100_keep_their_digits():
    p = problem("rnn sigmoid", 200, placement="last")
    back, moved = p.back(p.trace()), nudges(p)[-1:]
    derivative = loss_derivatives(p, moved)[0]
    assert 0 < abs(derivative) < 1e-100
    assert along(back, moved[0]) == pytest.approx(derivative, rel=1e-12)


@EVERY
def test_backward_takes_shares_of_every_state_block(name):
    p, rng = problem(name, 7), np.random.default_rng(3)
    share = {k: rng.standard_normal((8, 4)) for k in p.cell.state}
    back = flow.backward(p.cell, p.w, p.trace(), share)
    start = {k: rng.standard_normal(4) for k in p.cell.state}
    nudged = {k: p.s0[k] + 1j * STEP * start[k] for k in p.cell.state}
    s = flow.forward(p.cell, p.w, p.x, nudged).s
    derivative = sum(np.sum(share[k] * s[k]).imag for k in p.cell.state) / STEP
    ours = sum(np.sum(back.signals[k][0] * start[k]) for k in p.cell.state)
    assert ours == pytest.approx(derivative, rel=1e-12)


@EVERY
def test_without_an_error_every_gradient_is_exactly_zero(name):
    p = problem(name, 5)
    back = flow.backward(p.cell, p.w, p.trace(), {})
    assert (back.log_signals() == -np.inf).all()
    assert not any(a.any() for part in ("W", "U", "b") for a in getattr(back.gradient, part).values())


# Jacobians and their products


@EVERY
@EVERY_LENGTH
def test_each_jacobian_is_the_derivative_of_its_step(name, T):
    p = problem(name, T)
    trace = p.trace()
    J = flow.chain(p.cell, p.w, trace).take(slice(None))
    for t in {1, (T + 1) // 2, T}:
        before = {k: a[t - 1] for k, a in trace.s.items()}
        derivative = state_derivatives(replace(p, x=p.x[t - 1 : t], s0=before), 1)
        np.testing.assert_allclose(J[t - 1], derivative, rtol=1e-13, atol=1e-15)


@EVERY
@EVERY_LENGTH
def test_the_product_of_jacobians_is_the_derivative_of_the_last_state(name, T):
    p = problem(name, T, initialiser="orthogonal")
    P = flow.chain(p.cell, p.w, p.trace()).product(T, 0)
    derivative = state_derivatives(p, T)
    unit = np.max(np.abs(derivative))  # squares of 1e-200 would vanish
    assert unit > 0
    ours = np.ldexp(P.mantissa, P.exponent)
    assert np.linalg.norm((ours - derivative) / unit) <= 1e-12


@EVERY
def test_a_product_times_a_vector_is_the_derivative_along_it(name):
    p, rng = problem(name, 30, initialiser="orthogonal"), np.random.default_rng(4)
    direction = {k: rng.standard_normal(4) for k in p.cell.state}
    s0 = {k: p.s0[k] + 1j * STEP * direction[k] for k in p.cell.state}
    nudged = joint({k: a[-1] for k, a in flow.forward(p.cell, p.w, p.x, s0).s.items()}).imag / STEP
    P = flow.chain(p.cell, p.w, p.trace()).product(30, 0)
    ours = np.ldexp(P.mantissa, P.exponent) @ joint(direction)
    assert np.linalg.norm(ours - nudged) <= 1e-12 * np.linalg.norm(nudged)


@EVERY
def test_products_back_from_a_step_are_the_products_one_by_one(name):
    p = problem(name, 9)
    chain = flow.chain(p.cell, p.w, p.trace())
    mantissas, exponents = chain.products_back_from(7)
    assert mantissas.shape == (8, chain.S, chain.S)
    for k in range(8):
        P = chain.product(7, k)
        ours, theirs = np.ldexp(mantissas[k], exponents[k]), np.ldexp(P.mantissa, P.exponent)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14 * np.max(np.abs(theirs)))


def test_the_product_of_no_jacobians_is_the_identity():
    P = linear_chain([[0.3, 1.0], [2.0, 0.1]], 3).product(2, 2)
    assert (np.ldexp(P.mantissa, P.exponent) == np.eye(2)).all()


@pytest.mark.parametrize(("t", "k"), [(4, 0), (1, 2), (0, -1), (3, -3)])
def test_a_product_outside_the_run_is_refused_by_name(t, k):
    with pytest.raises(ValueError, match=rf"0 <= k <= t <= 3; got t = {t}, k = {k}"):
        linear_chain([[1.0]], 3).product(t, k)


def test_a_shortened_chain_ends_where_it_says():
    chain = linear_chain([[0.5]], 6).upto(4)
    assert chain.product(4, 0).log_norm() == pytest.approx(4 * np.log(0.5), rel=1e-15)
    with pytest.raises(ValueError, match="t <= 4"):
        chain.product(5, 0)


@EVERY
def test_only_the_joint_state_of_the_lstm_gives_its_derivative(name):
    """The product of the h blocks alone is the derivative of no network but the RNN and the GRU."""
    p = problem(name, 25, initialiser="orthogonal")
    H, chain = p.w.H, flow.chain(p.cell, p.w, p.trace())
    alone = Chain.of(chain.take(slice(None))[:, :H, :H]).product(25, 0).log_norm()
    P = chain.product(25, 0)
    block = replace(P, mantissa=P.mantissa[:H, :H]).log_norm()
    assert np.isclose(alone, block, rtol=1e-12) == (p.cell.state == ("h",))


# Dead units and overflow


def test_a_dead_relu_passes_an_exact_zero_and_never_nan():
    cell = RNN(ACTIVATIONS["relu"])
    w = Weights({"a": np.eye(3)}, {"a": np.zeros((3, 1))}, {"a": np.full(3, -1.0)})
    trace = flow.forward(cell, w, np.ones((20, 1)), {"h": np.zeros(3)})
    back = flow.backward(cell, w, trace, {"h": last_step_only(20, 3)})
    P = flow.chain(cell, w, trace).product(20, 5)
    assert P.log_norm() == -np.inf
    assert P.log_spectral_norm() == -np.inf
    assert (back.log_signals()[:-1] == -np.inf).all()
    assert back.log_signals()[-1] == pytest.approx(np.log(3) / 2)


@pytest.mark.parametrize("w", [1.5, 3.0, -7.0])
def test_a_state_that_outgrows_float64_ends_the_trace_at_its_last_usable_step(w):
    _, _, trace = scalar(w, 2000)
    last = int(np.log(flow.LARGEST_STATE) / np.log(abs(w)))
    assert trace.T == last
    assert np.isfinite(trace.s["h"]).all()
    assert len(trace.x) == len(trace.z["a"]) == last == len(trace.s["h"]) - 1
    assert abs(trace.s["h"][-1, 0] * w) > flow.LARGEST_STATE


def test_one_sequence_that_outgrows_float64_ends_its_whole_batch():
    cell, w, _ = scalar(3.0, 1)
    trace = flow.forward(cell, w, np.zeros((900, 2, 1)), {"h": np.array([[1.0], [1e-9]])})
    assert trace.T == scalar(3.0, 900)[2].T


def test_inputs_that_lack_the_axis_of_an_ensemble_are_refused():
    """With as many networks as steps they would otherwise be taken, one step for each network."""
    w = ensemble([problem("rnn tanh", 1, seed=seed).w for seed in range(3)])
    p = problem("rnn tanh", 3)
    with pytest.raises(ValueError, match="x"):
        flow.forward(p.cell, w, p.x, {"h": np.zeros((3, 4))})


def test_a_sequence_without_steps_is_refused_for_what_it_is():
    p = problem("gru", 3)
    with pytest.raises(ValueError, match="0"):
        flow.forward(p.cell, p.w, p.x[:0], p.s0)


def test_a_first_state_beyond_float64_is_an_overflow_error():
    with pytest.raises(OverflowError, match="step 1"):
        scalar(1e160, 3)


def test_the_gradient_of_a_cut_trace_is_that_of_the_shorter_run():
    cell, w, trace = scalar(1.5, 2000)
    back = flow.backward(cell, w, trace, {"h": last_step_only(trace.T)})
    log_gradient = np.log(back.gradient.W["a"][0, 0]) + back.gradient_exponent * np.log(2.0)
    expected = np.log(trace.T) + (trace.T - 1) * np.log(1.5)
    assert log_gradient == pytest.approx(expected, rel=1e-13)

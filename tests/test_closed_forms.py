"""What the engine computes against results that have a closed form, from the literature of the field."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow
from explorer.activations import ACTIVATIONS, sigmoid
from explorer.cells import GRU, LSTM, RNN
from explorer.weights import Weights, orthogonal
from oracles import last_step_only, linear_chain, problem, scalar


@pytest.mark.parametrize(
    ("w", "lag", "value"), [(0.5, 20, 9.5367e-7), (1.5, 20, 3325.2567), (1.5, 100, 4.0656e17)]
)
def test_half_and_one_and_a_half_give_the_powers_of_the_lecture(w, lag, value):
    P = linear_chain([[w]], lag).product(lag, 0)
    assert np.ldexp(P.mantissa, P.exponent)[0, 0] == w**lag
    assert w**lag == pytest.approx(value, rel=2e-5)


@pytest.mark.parametrize("w", [0.5, 1.5])
def test_powers_go_on_beyond_float64(w):
    n = 3_000  # 2**-3000 and 1.5**3000 are both far outside
    assert linear_chain([[w]], n).product(n, 0).log_norm() == pytest.approx(n * np.log(w), rel=1e-13)


@pytest.mark.parametrize(("n", "norm"), [(9, 38.746), (50, 2.863), (100, 0.02951), (200, 1.57e-6)])
def test_a_non_normal_matrix_grows_before_it_vanishes(n, norm):
    P = linear_chain([[0.9, 10.0], [0.0, 0.9]], 200).product(n, 0)
    closed = 0.9**n * np.array([[1.0, 10.0 * n / 0.9], [0.0, 1.0]])
    np.testing.assert_allclose(np.ldexp(P.mantissa, P.exponent), closed, rtol=1e-13)
    assert np.exp(P.log_spectral_norm()) == pytest.approx(norm, rel=5e-4 if n < 200 else 2e-3)


def test_the_transient_of_a_non_normal_matrix_peaks_at_lag_9():
    chain = linear_chain([[0.9, 10.0], [0.0, 0.9]], 60)
    assert np.argmax([chain.product(n, 0).log_spectral_norm() for n in range(61)]) == 9


def constant_error_carousel(forget_bias: float, T: int):
    """The forget gates of an LSTM whose other weights are zero."""
    zeros = {k: np.zeros((2, 2)) for k in LSTM.v_blocks}
    b = {k: np.full(2, forget_bias if k == "f" else 0.0) for k in LSTM.u_blocks}
    w, cell = Weights(zeros, zeros, b), LSTM()
    trace = flow.forward(cell, w, np.zeros((T, 2)), {"h": np.zeros(2), "c": np.ones(2)})
    return trace, flow.chain(cell, w, trace)


def test_an_open_forget_gate_carries_the_error_unchanged_over_a_thousand_steps():
    trace, chain = constant_error_carousel(1e3, 1000)
    P = chain.product(1000, 0)
    assert (np.prod(trace.z["f"], axis=0) == 1.0).all()
    assert (np.ldexp(P.mantissa, P.exponent)[2:, 2:] == np.eye(2)).all()


@pytest.mark.parametrize(("bias", "value"), [(1.0, 2.48438e-14), (3.0, 7.7603e-3), (np.log(99), 0.36603)])
def test_the_additive_path_is_the_power_of_the_forget_gate(bias, value):
    _, chain = constant_error_carousel(bias, 100)
    P = chain.product(100, 0)
    carried = np.ldexp(P.mantissa, P.exponent)[2, 2]
    assert carried == pytest.approx(float(sigmoid(np.array(bias))) ** 100, rel=1e-12)
    assert carried == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("w", "fixed", "slope", "after"),
    [
        (1.25, 0.710412, 0.619144, 6.85e-5),
        (2.0, 0.957504, 0.166372, 2.64e-16),
        (3.0, 0.994902, 0.030513, 4.9e-31),
    ],
)
def test_a_latched_bit_kills_its_gradient(w, fixed, slope, after):
    cell, weights, trace = scalar(w, 400, activation="tanh")
    assert trace.s["h"][-1, 0] == pytest.approx(fixed, abs=5e-7)
    chain = flow.chain(cell, weights, trace)
    assert np.exp(chain.product(400, 399).log_norm()) == pytest.approx(slope, abs=5e-7)
    assert np.exp(chain.product(400, 380).log_norm()) == pytest.approx(after, rel=1e-2)


def test_the_units_of_an_irnn_carry_a_gradient_of_exactly_1_or_exactly_0():
    rng, H, T = np.random.default_rng(0), 100, 400
    cell = RNN(ACTIVATIONS["relu"])
    w = Weights({"a": np.eye(H)}, {"a": 0.001 * rng.standard_normal((H, 2))}, {"a": np.zeros(H)})
    marks = (rng.random((T, 1)) < 0.5) * 1.0
    trace = flow.forward(cell, w, np.concatenate([rng.random((T, 1)), marks], axis=1), {"h": np.zeros(H)})
    P = flow.chain(cell, w, trace).product(T, 1)
    carried = np.ldexp(P.mantissa, P.exponent)
    alive = np.diag(carried)
    assert (carried == np.diag(alive)).all()
    assert set(alive) == {0.0, 1.0}


@pytest.mark.parametrize("name", ["rnn tanh", "rnn sigmoid", "rnn relu"])
def test_orthogonal_weights_leave_the_slopes_as_singular_values(name):
    p, gain = problem(name, 5), 1.7
    w = replace(p.w, W={"a": orthogonal(np.random.default_rng(1), 4, gain)})
    trace = flow.forward(p.cell, w, p.x, p.s0)
    sigma = np.linalg.svd(flow.chain(p.cell, w, trace).take(slice(None)), compute_uv=False)
    slopes = np.sort(gain * p.cell.activation.dphi(trace.z["a"]), axis=-1)[:, ::-1]
    np.testing.assert_allclose(sigma, slopes, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("largest", "radius"), [(1.9, 0.975), (2.0, 1.0), (2.1, 1.025)])
def test_a_gru_at_rest_has_half_the_identity_plus_a_quarter_of_its_weights(largest, radius):
    rng, H = np.random.default_rng(0), 5
    Q, _ = np.linalg.qr(rng.standard_normal((H, H)))
    W_m = Q @ np.diag(np.linspace(-1.0, largest, H)) @ Q.T
    W = {"r": rng.standard_normal((H, H)), "z": rng.standard_normal((H, H)), "m": W_m}
    zeros = {k: np.zeros((H, 1)) for k in GRU.u_blocks}
    w = Weights(W, zeros, {k: np.zeros(H) for k in ("r", "z", "n", "m")})
    trace = flow.forward(GRU(), w, np.zeros((1, 1)), {"h": np.zeros(H)})
    J = flow.chain(GRU(), w, trace).take(slice(None))[0]
    np.testing.assert_allclose(J, np.eye(H) / 2 + W_m / 4, rtol=0, atol=1e-15)
    assert np.max(np.abs(np.linalg.eigvals(J))) == pytest.approx(radius, rel=1e-12)


@pytest.mark.parametrize("step", [0.01, 0.1])
def test_an_antisymmetric_network_grows_by_its_largest_eigenvalue(step):
    """I + ε(A − Aᵀ) is normal, so that its powers have the norm (1 + ε²ω²)^(t/2) exactly."""
    A = np.random.default_rng(0).standard_normal((32, 32)) / np.sqrt(32)
    omega = np.max(np.abs(np.linalg.eigvals(A - A.T)))
    P = linear_chain(np.eye(32) + step * (A - A.T), 1000).product(1000, 0)
    assert P.log_spectral_norm() == pytest.approx(500 * np.log1p((step * omega) ** 2), rel=1e-11)


def test_the_gradient_of_a_power_has_its_closed_form():
    """For E = w^T, dE/dw = T w^(T−1): doubling w multiplies it by 2^(T−1), exactly."""
    gradients = []
    for w in (1.0, 2.0):
        cell, weights, trace = scalar(w, 50)
        back = flow.backward(cell, weights, trace, {"h": last_step_only(50)})
        gradients.append(np.ldexp(back.gradient.W["a"][0, 0], back.gradient_exponent))
    assert gradients == [50.0, 50.0 * 2.0**49]

"""Every activation and its derivative against mpmath, far into saturation, and against the complex step."""

import mpmath
import numpy as np
import pytest

from exact import exact
from explorer.activations import ACTIVATIONS, dsigmoid, dtanh, sigmoid
from oracles import STEP

NEAR = np.array([-30.0, -19.0, -10.0, -3.0, -0.5, -1e-8, 0.0, 1e-12, 0.7, 1.8, 5.0, 12.0, 19.5, 36.0])
FAR = np.array([-700.0, -350.0, -100.0, -40.0, 40.0, 100.0, 350.0, 700.0])
EVERYWHERE = np.concatenate([NEAR, FAR])


def exact_sigmoid(a):
    return 1 / (1 + mpmath.exp(-a))


def exact_dsigmoid(a):
    return mpmath.exp(-a) / (1 + mpmath.exp(-a)) ** 2


def exact_dtanh(a):
    return mpmath.sech(a) ** 2


FORMS = {
    "sigmoid": (sigmoid, exact_sigmoid),
    "tanh": (ACTIVATIONS["tanh"].phi, mpmath.tanh),
    "sigmoid'": (dsigmoid, exact_dsigmoid),
    "tanh'": (lambda a: dtanh(a / 2), lambda a: exact_dtanh(a / 2)),  # e^(−2·700) would underflow
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_exact_to_rounding_far_into_saturation(name):
    ours, exactly = FORMS[name]
    with mpmath.workdps(700):  # 1 − e^(−1400) has to differ from 1
        for a, value in zip(EVERYWHERE, ours(EVERYWHERE), strict=True):
            truth = exactly(mpmath.mpf(a))
            assert abs(mpmath.mpf(value) - truth) <= 4 * np.finfo(float).eps * abs(truth), a


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_phi_prime_is_the_derivative_of_phi(name):
    a = NEAR[np.abs(NEAR) > 1e-20]  # ReLU has no derivative at 0
    derivative = ACTIVATIONS[name].phi(a + 1j * STEP).imag / STEP
    np.testing.assert_allclose(ACTIVATIONS[name].dphi(a), derivative, rtol=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_max_slope_is_the_least_upper_bound_of_the_slope(name):
    slopes = ACTIVATIONS[name].dphi(np.linspace(-8, 8, 1601))
    assert slopes.max() == ACTIVATIONS[name].max_slope
    assert slopes.min() >= 0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_activation_warns_or_gives_nan_however_large_a_is(name):
    large = np.array([-1e300, -1e4, -745.2, 0.0, 745.2, 1e4, 1e300])
    assert np.isfinite(ACTIVATIONS[name].phi(large)).all()
    assert np.isfinite(ACTIVATIONS[name].dphi(large)).all()


def test_relu_has_slope_0_at_0():
    assert ACTIVATIONS["relu"].dphi(np.array([0.0, -0.0])).tolist() == [0.0, 0.0]


def test_a_nearly_closed_gate_is_not_shut():
    assert sigmoid(np.array([-700.0]))[0] == float(mpmath.exp(-700))


def test_open_and_shut_add_up_to_1():
    a = np.linspace(-40, 40, 321)
    np.testing.assert_allclose(sigmoid(a) + sigmoid(-a), 1.0, rtol=0, atol=2.3e-16)


def test_hochreiters_maximum_of_slope_times_weight():
    """max over w of |σ′(w y) w| lies where net tanh(net/2) = 1 and is 0.223872 / y."""
    net = float(mpmath.findroot(lambda n: n * mpmath.tanh(n / 2) - 1, 1.5))
    assert net == pytest.approx(1.543405, abs=5e-7)
    assert dsigmoid(np.array([net]))[0] * net == pytest.approx(0.2238716, abs=5e-8)
    around = net + np.linspace(-0.5, 0.5, 101)
    assert (dsigmoid(around) * around).max() == pytest.approx(0.2238716, abs=5e-8)


def test_the_slope_survives_where_one_minus_the_square_does_not():
    a = np.array([20.0])
    assert 1.0 - np.tanh(a)[0] ** 2 == 0.0
    assert exact(dtanh(a))[0] == pytest.approx(float(exact_dtanh(mpmath.mpf(20))), rel=1e-15)

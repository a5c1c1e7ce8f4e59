"""Claims: what is measured for them, against sums written out, and how they are judged."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import claim_measures as measures
from explorer import claims
from explorer.claims import Found, quantile
from explorer.clipping import by_norm, by_value, flat
from explorer.experiment import Experiment
from explorer.run import run


def small(**changes):
    return Experiment(steps=7, hidden_size=5, **changes)


def test_what_is_left_is_the_product_of_the_jacobians():
    e = small(gain=1.3)
    measured = measures.by_gain(e, (3,), 1.0)
    J, product = run(replace(e, seed=3)).chain.take(slice(0, 7)), np.eye(5)
    for lag, step in enumerate(J[::-1], start=1):
        product = product @ step
        expected = np.log(np.linalg.norm(product) / np.sqrt(5))
        assert measured.curves[lag, 0] == pytest.approx(expected, abs=1e-12)
        assert measured.claimed[lag, 0] == pytest.approx(lag * np.log(1.3), abs=1e-12)


def test_the_products_of_forget_gates_and_the_true_derivative_agree_without_recurrent_weights():
    measured = measures.by_forget_gates(small(cell="lstm", gain=0.0), (0, 1), 1.0)
    np.testing.assert_allclose(measured.score, 0, atol=1e-12)
    assert claims.alike(measured)


def test_the_eigenvalues_of_a_multiple_of_the_identity_do_not_lie():
    e = small(activation="identity", initialiser="identity", gain=0.9)
    measured = measures.by_eigenvalues(e, (0,), 1.0)
    np.testing.assert_allclose(measured.curves, measured.claimed, atol=1e-12)
    assert claims.shrinks_throughout(measured)


def test_the_cosine_is_that_of_clipping_by_value():
    e = small(seed=2)
    gradient = run(e).back.gradient
    clipped = by_value(gradient, 0.3 * float(np.abs(flat(gradient)).max()))
    assert measures.direction(e, (2,), 0.3).middle == pytest.approx(clipped.cosine, abs=1e-12)


def test_the_parts_of_the_clipped_gradient_add_up_to_it():
    e = small(start="random", placement="last")
    found = run(e)
    D = found.back.signals["h"][1:] * found.cell.activation.dphi(found.trace.z["a"])
    products = [np.outer(d, h) for d, h in zip(D, found.trace.s["h"][:-1], strict=True)]
    np.testing.assert_allclose(sum(products), found.back.gradient.W["a"], atol=1e-15)
    norm = float(np.linalg.norm(flat(found.back.gradient)))
    clipped = by_norm(found.back.gradient, 0.2 * norm)
    np.testing.assert_allclose(clipped.after.W["a"], 0.2 * sum(products), atol=1e-15)
    sizes = np.array([np.linalg.norm(product) for product in products[::-1]])
    before, after = np.exp(measures.parts(e, (0,), 0.2)[..., 0])
    np.testing.assert_allclose(before, sizes / sizes[0], rtol=1e-10)
    np.testing.assert_allclose(after, 0.2 * sizes / (0.2 * sizes[0]), rtol=1e-10)


def test_smaller_inputs_are_the_same_networks_with_a_tenth_of_u():
    e = small()
    measured = measures.by_inputs(e, (0, 1), 1.0)
    other = measures.kept("input_scale")(replace(e, input_scale=0.1), (0, 1), 1.0)
    np.testing.assert_array_equal(measured.claimed, other.curves)


def test_exact_zeros_are_counted_and_never_become_nan():
    measured = measures.by_gain(small(gain=0.0), (0, 1), 1.0)
    assert np.isneginf(measured.curves[1:]).all()
    assert not np.isnan(measured.claimed).any()
    assert quantile(np.array([-np.inf, 0.0, 1.0]), 0.5) == 0


def judged(middle, premise=1.0, expected=0.0):
    one = np.array([middle])
    return Found(np.array([1.0]), one[None], np.array([[expected]]), one, premise)


@pytest.mark.parametrize(
    ("judgement", "measured", "verdict"),
    [
        (claims.vanishes, judged(np.log(9e-4)), True),
        (claims.lasts, judged(np.log(2e-3)), True),
        (claims.explodes, judged(np.log(999.0)), False),
        (claims.stays_bounded, judged(np.log(1001.0)), False),
        (claims.explodes_above_one, judged(9.0, premise=0.9), None),
        (claims.explodes_above_one, judged(9.0, premise=1.1), True),
        (claims.vanishes_below_one, judged(-9.0, premise=1.0), None),
        (claims.vanishes_below_one, judged(-9.0, premise=0.9), True),
        (claims.shrinks_throughout, judged(0.1, premise=0.9), False),
        (claims.shrinks_throughout, judged(0.1, premise=1.0), None),
        (claims.falls_below, judged(-1.0), True),
        (claims.falls_below, judged(-1.0, expected=-2.0), False),
        (claims.alike, judged(0.8), False),
        (claims.keeps_direction, judged(0.9995), True),
        (claims.keeps_direction, judged(0.99), False),
        (claims.cures, judged(0.0, premise=0.5), None),
        (claims.cures, judged(0.0, premise=1e-4), True),
        (claims.cures, judged(-9.0, premise=1e-4), False),
    ],
)
def test_a_judgement_changes_where_it_should(judgement, measured, verdict):
    assert judgement(measured) is verdict

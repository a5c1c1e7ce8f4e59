"""Clipping by norm and by value: what it bounds, keeps and reports."""

import mpmath
import numpy as np
import pytest

from explorer.clipping import CLIPPINGS, by_norm, by_value, flat
from explorer.weights import Weights
from oracles import PARTS, problem

BEYOND = [-1329, 1329]  # powers of two: 1e-400 and 1e400
BOTH = pytest.mark.parametrize("mode", CLIPPINGS)
SIZES = pytest.mark.parametrize("size", [1e-290, 1e-3, 1.0, 1e3, 1e200, 1e307])


def gradient(size=1.0, seed=0):
    """A gradient of norm `size`, of the shapes of an LSTM's."""
    p, rng = problem("lstm", 1), np.random.default_rng(seed)
    parts = {part: {k: rng.standard_normal(a.shape) for k, a in getattr(p.w, part).items()} for part in PARTS}
    return scaled(Weights(**parts), size)


def scaled(g, size):
    """The same direction with the norm `size`."""
    factor = size / np.linalg.norm(flat(g))
    return Weights(*({k: factor * a for k, a in getattr(g, part).items()} for part in PARTS))


def norm(g):
    """The norm of everything, whatever its size."""
    largest = np.max(np.abs(flat(g)))
    return largest * np.linalg.norm(flat(g) / largest) if largest else 0.0


# By norm


@SIZES
@pytest.mark.parametrize("threshold", [1e-4, 1.0, 1e4])
def test_clipping_by_norm_bounds_the_norm(size, threshold):
    clipped = by_norm(gradient(size), threshold)
    assert norm(clipped.after) <= threshold * (1 + 1e-12)
    assert norm(clipped.after) == pytest.approx(min(size, threshold), rel=1e-12)


def test_clipping_by_norm_is_the_formula_of_pascanu():
    g = gradient(7.0)
    np.testing.assert_allclose(flat(by_norm(g, 2.0).after), flat(g) * (2.0 / 7.0), rtol=1e-14)


@pytest.mark.parametrize("threshold", [1.0 + 1e-9, 5.0, 1e4])
def test_clipping_by_norm_leaves_a_small_gradient_alone(threshold):
    g = gradient(1.0)
    clipped = by_norm(g, threshold)
    assert (flat(clipped.after) == flat(g)).all()
    assert (clipped.log_factor, clipped.share_cut) == (0.0, 0.0)
    assert clipped.log_after == clipped.log_before


@SIZES
def test_clipping_by_norm_keeps_the_direction(size):
    """The cosine passes through ln 1e307 = 707, whose last digit is 1e-13."""
    g = gradient(size)
    clipped = by_norm(g, 0.5)
    assert clipped.cosine == pytest.approx(1.0, abs=1e-12)
    largest = np.argmax(np.abs(flat(g)))
    direction = [flat(a) / flat(a)[largest] for a in (clipped.after, g)]
    np.testing.assert_allclose(*direction, rtol=1e-13)


@SIZES
@pytest.mark.parametrize("threshold", [1e-4, 0.3, 77.0])
def test_clipping_by_norm_twice_is_clipping_once(size, threshold):
    once = by_norm(gradient(size), threshold).after
    twice = by_norm(once, threshold).after
    np.testing.assert_allclose(flat(twice), flat(once), rtol=1e-12)


def test_clipping_by_norm_treats_all_parameters_as_one_vector():
    clipped = by_norm(gradient(10.0), 1.0)
    ratios = flat(clipped.after) / flat(gradient(10.0))
    np.testing.assert_allclose(ratios, 0.1, rtol=1e-13)


def test_what_clipping_by_norm_reports_is_what_it_did():
    clipped = by_norm(gradient(50.0), 2.0)
    assert clipped.log_before == pytest.approx(np.log(50.0), rel=1e-14)
    assert clipped.log_after == pytest.approx(np.log(2.0), abs=1e-13)
    assert clipped.log_factor == pytest.approx(np.log(2.0 / 50.0), rel=1e-13)
    assert clipped.share_cut == 1.0


# By value


@SIZES
@pytest.mark.parametrize("threshold", [1e-4, 0.03, 1e4])
def test_clipping_by_value_cuts_each_entry_by_itself(size, threshold):
    g = gradient(size)
    expected = [min(max(entry, -threshold), threshold) for entry in flat(g)]
    assert flat(by_value(g, threshold).after).tolist() == expected


def test_clipping_by_value_reports_the_share_of_entries_it_cut():
    g = gradient(10.0)
    assert by_value(g, 0.5).share_cut == np.mean(np.abs(flat(g)) > 0.5)


@pytest.mark.parametrize("threshold", [1e-3, 0.2, 0.5])
def test_clipping_by_value_turns_the_direction_as_it_says(threshold):
    g = gradient(10.0)
    clipped = by_value(g, threshold)
    before, after = flat(g), flat(clipped.after)
    cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
    assert clipped.cosine == pytest.approx(cosine, rel=1e-13)
    assert 0 < clipped.cosine < 0.999


def test_clipping_by_value_twice_is_clipping_once():
    once = by_value(gradient(10.0), 0.3)
    twice = by_value(once.after, 0.3)
    assert (flat(twice.after) == flat(once.after)).all()
    assert twice.share_cut == 0.0


def test_clipping_by_value_keeps_each_sign():
    g = gradient(1e5)
    assert (np.sign(flat(by_value(g, 1e-4).after)) == np.sign(flat(g))).all()


# Beyond float64


@BOTH
@pytest.mark.parametrize("exponent", BEYOND)
def test_a_gradient_beyond_float64_is_clipped_like_any_other(mode, exponent):
    g = gradient(1.0)
    clipped = CLIPPINGS[mode](g, 2.0, exponent=exponent)
    assert clipped.log_before == pytest.approx(exponent * np.log(2.0), rel=1e-14)
    bound = np.log(2.0) + (0.5 * np.log(len(flat(g))) if mode == "value" else 0.0)
    assert clipped.log_after <= bound + 1e-12
    assert clipped.log_factor == pytest.approx(clipped.log_after - clipped.log_before, abs=1e-9)


@BOTH
def test_a_gradient_far_below_the_threshold_keeps_its_size_and_direction(mode):
    clipped = CLIPPINGS[mode](gradient(1.0), 2.0, exponent=-1329)
    assert clipped.log_after == pytest.approx(-1329 * np.log(2.0), rel=1e-14)
    assert (clipped.log_factor, clipped.share_cut) == (0.0, 0.0)
    assert clipped.cosine == pytest.approx(1.0, abs=1e-14)


def test_a_gradient_of_1e400_keeps_its_direction_under_clipping_by_norm():
    g = gradient(1.0)
    after = flat(by_norm(g, 2.0, exponent=1329).after)
    np.testing.assert_allclose(after, 2.0 * flat(g), rtol=1e-12)


def test_a_gradient_of_1e400_has_only_signs_left_under_clipping_by_value():
    g = gradient(1.0)
    clipped = by_value(g, 2.0, exponent=1329)
    assert (flat(clipped.after) == 2.0 * np.sign(flat(g))).all()
    assert clipped.share_cut == 1.0
    root = np.sqrt(len(flat(g)))
    assert clipped.cosine == pytest.approx(np.abs(flat(g)).sum() / root, rel=1e-13)


@BOTH
@pytest.mark.parametrize("threshold", [1e-4, 10.0])
@pytest.mark.parametrize("exponent", [-100, 0, 100])
def test_the_clipped_gradient_is_given_in_the_units_of_its_reported_size(mode, threshold, exponent):
    """`after` holds values, or mantissas beside a field that says so; a reader cannot guess which."""
    g = scaled(gradient(), 2.0**-exponent)  # so that its value has norm 1
    clipped = CLIPPINGS[mode](g, threshold, exponent=exponent)
    assert clipped.log_before == pytest.approx(0.0, abs=1e-12)
    size = np.log(norm(clipped.after)) + getattr(clipped, "exponent", 0) * np.log(2.0)
    assert size == pytest.approx(clipped.log_after, abs=1e-12)


@BOTH
def test_a_gradient_of_zero_stays_zero(mode):
    zero = Weights(*({k: 0.0 * a for k, a in getattr(gradient(), part).items()} for part in PARTS))
    clipped = CLIPPINGS[mode](zero, 1.0)
    assert (clipped.log_before, clipped.log_after) == (-np.inf, -np.inf)
    assert (clipped.log_factor, clipped.cosine, clipped.share_cut) == (0.0, 1.0, 0.0)
    assert not flat(clipped.after).any()


@BOTH
@pytest.mark.parametrize("threshold", [0.0, -1.0, np.nan, np.inf, -np.inf])
def test_a_threshold_that_is_no_size_is_refused_by_name(mode, threshold):
    with pytest.raises(ValueError, match=rf"threshold must be positive and finite; got {threshold}"):
        CLIPPINGS[mode](gradient(), threshold)


def test_the_norm_of_a_clipped_gradient_of_1e400_is_right_to_the_last_digits():
    """Against mpmath: ln‖g‖ of the mantissas times 2**exponent, to 1e-8 and better."""
    g, exponent = gradient(3.7), 1329
    squares = mpmath.fsum(mpmath.mpf(float(entry)) ** 2 for entry in flat(g))
    truth = float(mpmath.log(squares) / 2 + exponent * mpmath.log(2))
    assert by_norm(g, 1e4, exponent=exponent).log_before == pytest.approx(truth, rel=1e-14)

"""The cliff: its gradient, its wall in closed form, the descents against mpmath, and what the page says."""

import math
from dataclasses import fields, replace

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from explorer import cliff, descent
from explorer.descent import Descent
from explorer.experiment import FIELDS
from explorer.figures import cliff as figures
from explorer.figures import cliff_surface
from explorer.figures.parts import untyped
from explorer.figures.theme import LIGHT
from explorer.reports import cliff as reports


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def exact(w, b, x=None):
    """The loss and its gradient (dw, db) in mpmath's precision."""
    x, xw, xb = mpf("0.5"), mpf(0), mpf(0)
    for _ in range(50):
        s = sigmoid(x)
        slope = w * s * (1 - s)
        x, xw, xb = w * s + b, s + slope * xw, 1 + slope * xb
    s = sigmoid(x)
    outer = 2 * (s - mpf("0.7")) * s * (1 - s)
    return (s - mpf("0.7")) ** 2, outer * xw, outer * xb


def exact_descent(start, rate, threshold, steps):
    w, b = (mpf(repr(v)) for v in start)
    for _ in range(steps):
        _, dw, db = exact(w, b)
        norm = mpmath.hypot(dw, db)
        factor = min(mpf(1), threshold / norm)
        w, b = w - rate * factor * dw, b - rate * factor * db
    return w, b, exact(w, b)[0]


def report(d=None):
    d = d or Descent()
    return reports.cliff_report(d, reports.whole_surface(), reports.both(reports.network(d)))


# The model


@pytest.mark.parametrize(
    ("w", "b"), [(4.4, -2.9), (3.0, 1.5), (7.0, -4.5), (5.0, -2.6), (-3.0, 2.0), (6.0, -40.0)]
)
def test_loss_and_gradient_equal_fifty_digits(w, b):
    found = cliff.evaluate(np.array(w), np.array(b))
    with mp.workdps(50):
        wanted = [float(v) for v in exact(mpf(repr(w)), mpf(repr(b)))]
    assert np.allclose([found.loss, found.dw, found.db], wanted, rtol=1e-9, atol=0)


def test_gradient_equals_the_complex_step():
    w, b, h = 4.7, -2.0, 1e-30
    for dw, db, name in ((h, 0.0, "dw"), (0.0, h, "db")):
        x = 0.5 + 0j
        for _ in range(50):
            x = (w + 1j * dw) / (1 + np.exp(-x)) + b + 1j * db
        loss = (1 / (1 + np.exp(-x)) - 0.7) ** 2
        assert np.isclose(getattr(cliff.evaluate(np.array(w), np.array(b)), name), loss.imag / h, rtol=1e-12)


@pytest.mark.parametrize(
    ("w", "db"), [(4.5, -9.7465), (5.0, -661.68), (5.5, -46489.0), (6.0, -2.57114e6), (7.0, -3.6366e9)]
)
def test_on_the_wall_the_gradient_has_its_closed_form(w, db):
    closed = cliff.on_the_wall(w)
    found = cliff.beside_the_wall(w, np.array([0.0]))
    assert math.isclose(closed[1], db, rel_tol=1e-4)
    assert np.allclose([found.dw[0], found.db[0]], closed, rtol=1e-13, atol=0)
    assert math.isclose(closed[0] / closed[1], 0.6224593312, rel_tol=1e-9)


@pytest.mark.parametrize("distance", [1e-3, 1e-8, 1e-12, 1e-17, -1e-17, -1e-8, -1e-3])
def test_beside_the_wall_distances_below_the_digits_of_b_are_kept(distance):
    w = 6.0
    found = cliff.beside_the_wall(w, np.array([distance]))
    with mp.workdps(60):
        b = mpf("0.5") - sigmoid(mpf("0.5")) * w + mpf(repr(distance))
        loss, dw, db = (float(v) for v in exact(mpf(w), b))
    assert math.isclose(found.loss[0], loss, rel_tol=1e-11)
    assert np.allclose([found.dw[0], found.db[0]], [dw, db], rtol=1e-10, atol=0)


def test_the_wall_is_thinner_than_any_grid():
    distances = np.array([1e-8, 1e-7, 1e-6, 1e-5])
    below, above = (np.abs(cliff.beside_the_wall(6.0, side * distances).db) for side in (-1, 1))
    assert np.allclose(below, [1.3e7, 4.6e4, 1.2, 0.088], rtol=0.05)
    assert np.allclose(above, [7.3e5, 6.3e4, 178, 0.51], rtol=0.05)
    grid = cliff.surface(0.01, (4.0, 7.0), (-4.0, -1.0))
    assert grid.log10_norm.max() < 3.0
    assert report(Descent(wall_w=6.0)).close_up.peak > 7.0


def test_folds_are_where_fixed_points_meet():
    assert np.allclose(sorted(b for _, b in cliff.folds(5.0)), [-2.655610, -2.344390], atol=1e-6)
    for x, b in cliff.folds(5.0):
        at, slope = cliff.fixed_points(5.0, np.array([x]))
        assert math.isclose(slope[0], 1.0, rel_tol=1e-12)
        assert math.isclose(at[0], b, rel_tol=1e-12)
    assert cliff.folds(4.0) == ()


def test_on_the_cliff_line_the_start_is_a_repelling_fixed_point():
    b, slope = cliff.fixed_points(6.0, np.array([cliff.X0]))
    assert math.isclose(b[0], cliff.wall(np.array(6.0)), rel_tol=1e-15)
    assert math.isclose(slope[0], cliff.growth(6.0), rel_tol=1e-15)
    assert slope[0] > 1


# The descents


def test_the_lecture_preset_ends_where_higher_precision_ends():
    plain, clipped = reports.both(Descent())
    with mp.workdps(40):
        ends = ((plain, mpmath.inf, (5.403, 1.199)), (clipped, mpf("0.1"), (3.753, -1.804)))
        for path, threshold, ending in ends:
            w, b, loss = exact_descent((4.4, -2.9), mpf(1), threshold, 100)
            assert abs(path.w[-1] - float(w)) < 1e-6
            assert abs(path.b[-1] - float(b)) < 1e-6
            assert abs(path.loss[-1] - float(loss)) < 1e-6
            assert np.allclose([path.w[-1], path.b[-1]], ending, atol=5e-4)
    assert math.isclose(plain.loss[-1], 0.0892, abs_tol=5e-5)
    assert math.isclose(clipped.loss[-1], 0.00075, abs_tol=5e-6)
    assert math.isclose(plain.lengths.max(), 3.60, abs_tol=5e-3)


def test_a_path_called_chance_does_end_elsewhere_in_higher_precision():
    d = reports.READY["Decided by rounding"][0]
    plain, _ = reports.both(d)
    sure = plain.chance_from
    assert sure == 52
    with mp.workdps(40):
        early = exact_descent((5.0, -2.5), mpf("0.1"), mpmath.inf, sure - 4)
        late = exact_descent((5.0, -2.5), mpf("0.1"), mpmath.inf, 100)
    assert abs(plain.w[sure - 4] - float(early[0])) < 1e-3
    assert math.hypot(plain.w[-1] - float(late[0]), plain.b[-1] - float(late[1])) > 0.5


@pytest.mark.parametrize("name", [name for name in reports.READY if name != "Decided by rounding"])
def test_a_preset_that_is_not_called_chance_is_none(name):
    assert reports.READY[name][0].cliff_steps == 100
    assert report(reports.READY[name][0]).chance() == {}


def test_presets_do_what_they_say():
    ready = {name: report(d) for name, (d, _) in reports.READY.items()}
    assert ready["One clipped step is enough"].clipped.engaged == 1
    assert ready["One clipped step is enough"].clipped.loss[-1] < 1e-3
    assert ready["A threshold too high"].clipped.engaged == 0
    assert np.array_equal(ready["A threshold too high"].clipped.w, ready["A threshold too high"].plain.w)
    throw = ready["The longest throw"]
    assert math.isclose(throw.plain.lengths.max(), 13.838, abs_tol=1e-3)
    assert throw.plain.loss[0] < 0.01
    assert throw.plain.loss[-1] > 0.08 > 0.01 > throw.clipped.loss[-1]
    assert set(ready["Decided by rounding"].chance()) == set(reports.NAMES)


def test_no_clipped_step_is_longer_than_the_threshold_allows():
    clipped = reports.both(Descent(cliff_rate=0.5))[1]
    assert clipped.lengths.max() <= 0.5 * 0.1 * (1 + 1e-12)


def test_a_shorter_descent_is_the_beginning_of_a_longer_one():
    long, short = report(Descent(cliff_steps=90)), report(Descent(cliff_steps=7))
    assert np.array_equal(long.plain.w[:8], short.plain.w)
    assert len(short.clipped.w) == 8


def test_no_setting_leaves_the_numbers():
    for rate in (1e-4, 10.0):
        for w, b in ((7.0, -3.8572153), (3.0, -4.5), (7.0, 1.5)):
            for path in reports.both(Descent(start_w=w, start_b=b, cliff_rate=rate, cliff_threshold=1e4)):
                assert np.all(np.isfinite(path.w))
                assert np.all(np.isfinite(path.loss))


# The page


@pytest.mark.parametrize("name", [f.name for f in fields(Descent)])
def test_no_field_shares_its_name_with_another_record(name):
    assert name not in FIELDS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "one step of 3.6 ends the descent at a loss of 0.089; with 56 steps of 100 clipped it"),
        ({"cliff_threshold": 10.0}, "No gradient on the way exceeds 10"),
        ({"cliff_steps": 0}, "no step taken yet"),
        ({"cliff_rate": 10.0, "cliff_steps": 400, "start_w": 6.5, "start_b": -3.5}, "Unclipped, "),
        ({"start_w": 5.0, "start_b": -2.5, "cliff_rate": 0.1}, "Rounding decides where the unclipped"),
        ({"cliff_steps": 10}, "Unclipped, 10 steps end at a loss of"),
    ],
)  # fmt: skip
def test_the_finding_tells_what_happened(changes, words):
    assert words in report(Descent(**changes)).finding()


@pytest.mark.parametrize("height", ["loss", "gradient"])
@pytest.mark.parametrize("d", [Descent(), Descent(cliff_steps=0), reports.READY["Decided by rounding"][0]])
def test_figures_show_the_paths_of_the_report(height, d):
    found = report(replace(d, cliff_surface=height))
    drawn = figures.cliff_map(LIGHT, found)["data"]
    for name, path in found.paths.items():
        pieces = [untyped(trace["x"]) for trace in drawn if trace.get("name") == name]
        joined = np.concatenate([pieces[0], *[piece[1:] for piece in pieces[1:]]])
        assert np.allclose(joined, path.w, atol=1e-6)
    assert np.allclose(untyped(drawn[0]["z"]), found.height, atol=1e-5)
    for made in (figures.course, figures.close_up, figures.origin, cliff_surface.surface):
        assert made(LIGHT, found)["data"]


def test_what_rounding_decides_is_dotted():
    chance = figures.cliff_map(LIGHT, report(reports.READY["Decided by rounding"][0]))["data"]
    assert any(trace.get("line", {}).get("dash") == "dot" for trace in chance)
    sure = figures.cliff_map(LIGHT, report())["data"]
    assert not any(trace.get("line", {}).get("dash") == "dot" for trace in sure)


def test_the_map_is_clicked_at_places_a_start_may_have():
    surface = reports.whole_surface()
    assert 4.4 in surface.w
    assert -2.9 in surface.b
    assert (surface.w[0], surface.w[-1]) == descent.W
    assert (surface.b[0], surface.b[-1]) == descent.B

"""Lines of equal value through a grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.figures import gradient_flow, theme
from explorer.figures.isolines import broken, dashed, isolines
from explorer.figures.parts import untyped


def test_a_plane_has_its_straight_line():
    z = np.add.outer(2.0 * np.arange(9), np.arange(11))  # 2 y + x
    pieces = isolines(z, 7.5)
    x, y = pieces[..., 0], pieces[..., 1]
    np.testing.assert_allclose(2 * y + x, 7.5)
    assert x.min() == 0.0
    assert y.min() == 0.0
    lengths = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1)
    assert lengths.sum() == pytest.approx(np.hypot(7.5, 3.75))


def test_a_circle_has_its_circumference_and_is_closed():
    y, x = np.mgrid[-20:21, -20:21]
    pieces = isolines(np.hypot(x, y), 15.0)
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(
        2 * np.pi * 15, rel=0.005
    )
    ends = np.round(pieces.reshape(-1, 2), 9)
    _, met = np.unique(ends, axis=0, return_counts=True)
    assert (met % 2 == 0).all()


@given(seed=st.integers(0, 99), level=st.floats(-1, 1))
def test_every_change_of_side_between_neighbours_is_crossed_once(seed, level):
    z = np.random.default_rng(seed).standard_normal((6, 7))
    above = z > level
    pieces = isolines(z, level)
    along_rows = (above[:, 1:] != above[:, :-1]).sum(axis=1)  # crossings on horizontal sides
    along_columns = (above[1:] != above[:-1]).sum(axis=0)
    ends = 2 * (along_rows.sum() + along_columns.sum())  # each is the end of a piece in both its cells
    ends -= along_rows[[0, -1]].sum() + along_columns[[0, -1]].sum()  # at the rim there is one cell
    assert 2 * len(pieces) == ends


def test_nothing_is_drawn_beside_a_hole():
    z = np.add.outer(np.zeros(5), np.arange(5.0))
    z[2, 2] = np.nan
    pieces = isolines(z, 1.5)
    rows = np.floor(pieces[..., 1].min(axis=1))
    assert set(rows) == {0.0, 3.0}


def test_a_dashed_line_keeps_about_half_of_it():
    z = np.subtract.outer(np.arange(60.0), np.arange(60.0))
    whole = isolines(z, 10.5)
    assert 0.4 < len(dashed(whole, 60)) / len(whole) < 0.6


def test_pieces_are_drawn_as_one_line_with_gaps():
    x, y = broken([np.array([[[0.0, 1.0], [2.0, 3.0]]]), np.array([[[4.0, 5.0], [6.0, 7.0]]])])
    np.testing.assert_array_equal(x, [0, 2, np.nan, 4, 6, np.nan])
    np.testing.assert_array_equal(y, [1, 3, np.nan, 5, 7, np.nan])


def test_the_maps_lines_lie_where_the_gradient_is_1_and_a_thousandth():
    lag = np.subtract.outer(np.arange(40.0), np.arange(40.0))
    decades = np.where(lag >= 0, 1.55 - 0.31 * lag, np.nan)  # 1 at lag 5, 10⁻³ at lag 14.7
    (trace,) = gradient_flow.contours(theme.LIGHT, np.arange(40), decades)
    x, y = untyped(trace["x"]), untyped(trace["y"])
    drawn = np.round((y - x)[np.isfinite(x)], 4)
    assert set(drawn) == {5.0, np.round(4.55 / 0.31, 4)}


def test_a_map_too_rough_for_lines_has_none():
    rough = np.where(np.indices((250, 250)).sum(axis=0) % 2, 1.0, -1.0)
    assert gradient_flow.contours(theme.LIGHT, np.arange(250), rough) == []

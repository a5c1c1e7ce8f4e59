"""The name of a line stands beside it, on no line and on no other name."""

import numpy as np
import pytest

from explorer.figures.placing import CLEAR, Box, beside

SIZE = (0.5, 0.1)
FLAT, FALLING, RISING = np.full(40, 0.9), np.linspace(0.9, 0.1, 40), np.linspace(0.1, 0.9, 40)
WAVE = 0.5 + 0.1 * np.sin(np.linspace(0, 9, 40))


def free(box, line):
    """The height between a box and all of the line above or below it."""
    at = np.linspace(0, 1, len(line))
    under = line[(at >= box.left) & (at <= box.left + box.width)]
    return max(box.bottom - under.max(), under.min() - box.bottom - box.height)


def apart(one, other):
    return (
        one.left + one.width <= other.left
        or other.left + other.width <= one.left
        or one.bottom + one.height <= other.bottom
        or other.bottom + other.height <= one.bottom
    )


@pytest.mark.parametrize("lines", [(FLAT, FALLING), (FALLING, RISING), (WAVE, FLAT), (FLAT,)])
def test_names_stand_on_no_line_on_no_word_and_nearest_to_their_own(lines):
    taken = [Box(0.0, 0.0, 0.3, 0.1)]
    for own in range(len(lines)):
        box = beside(lines, own, SIZE, taken)
        gaps = [free(box, line) for line in lines]
        assert min(gaps) >= CLEAR - 1e-9
        assert gaps[own] == min(gaps)
        assert all(apart(box, other) for other in taken)
        assert 0 <= box.left <= 1 - box.width
        assert 0 <= box.bottom <= 1 - box.height
        taken.append(box)


def test_where_no_place_is_free_the_name_stands_where_least_is_under_it():
    dense = [np.full(40, height) for height in np.linspace(0, 1, 30)]
    assert beside([*dense, FALLING], 30, SIZE, []).width == SIZE[0]
    assert beside([np.array([0.5])], 0, (3.0, 0.1), []).width == 1.0

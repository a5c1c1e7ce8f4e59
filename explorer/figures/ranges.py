"""Ranges of axes that stay where they are while a hand changes little."""

import numpy as np

from explorer.figures.parts import Scale


def widened(low: float, high: float) -> Scale:
    """A range around low and high that ends at round places: it stays while they change a little."""
    span = max(high - low, 1e-9)
    size = 10.0 ** np.floor(np.log10(span / 8))
    step = float(size * max(n for n in (1, 2, 5) if n * size <= span / 8 * (1 + 1e-9)))
    return Scale(step * float(np.floor(low / step + 1e-9)), step * float(np.ceil(high / step - 1e-9)))

"""Clipping the gradients of M networks at once, with what it did to each: how much, how far turned."""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, log_norm
from explorer.training.layout import Floats

EASY = (1e-12, 1e12)  # squared norms between them are summed without care


@dataclass(frozen=True)
class Engagement:
    """What clipping did in one update, each (M,); sizes as natural logarithms."""

    log_before: Array  # ln‖g‖
    log_after: Array  # ln‖g after‖
    log_factor: Array  # ln of the factor: by norm that of g, by value ‖after‖/‖g‖, inside the smallest one
    cosine: Array  # between before and after
    share: Array  # by norm 0 or 1, by value of the entries, inside of the signals that were cut


def log_norms(rows: Floats) -> Array:
    """ln‖row‖ of each row (M, P); inf where an entry is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("mp,mp->m", rows, rows).astype(np.float64)
        if np.all((squares > EASY[0]) & (squares < EASY[1])):
            return np.asarray(0.5 * np.log(squares))
        exact = log_norm(np.where(np.isfinite(rows), rows, 0.0).astype(np.float64))
    return np.where(np.isfinite(rows).all(axis=1), exact, np.inf)


def cosines(a: Floats, b: Floats) -> Array:
    """The cosine between the rows of a and b (M, P), (M,); 1 where one of them is zero or not finite."""
    log_a, log_b = log_norms(a), log_norms(b)
    usable = np.isfinite(log_a) & np.isfinite(log_b)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scaled_a = a * np.exp(-np.where(usable, log_a, 0.0))[:, None]
        scaled_b = b * np.exp(-np.where(usable, log_b, 0.0))[:, None]
        found = np.einsum("mp,mp->m", scaled_a, scaled_b)
    return np.where(usable, np.clip(found, -1.0, 1.0), 1.0)


def untouched(g: Floats) -> tuple[Floats, Engagement]:
    """No clipping."""
    size, zero = log_norms(g), np.zeros(len(g))
    return g, Engagement(size, size, zero, np.ones(len(g)), zero)


def by_norm(g: Floats, threshold: float) -> tuple[Floats, Engagement]:
    """g · min(1, threshold / ‖g‖) (Pascanu et al. 2013, algorithm 1)."""
    size, top = log_norms(g), np.log(threshold)
    cut = (size > top) & np.isfinite(size)
    log_factor = np.where(cut, top - np.where(cut, size, 0.0), 0.0)
    after = g * np.exp(log_factor)[:, None].astype(g.dtype) if cut.any() else g
    return after, Engagement(size, size + log_factor, log_factor, np.ones(len(g)), cut.astype(np.float64))


def by_value(g: Floats, threshold: float) -> tuple[Floats, Engagement]:
    """Every entry cut to [−threshold, threshold]."""
    after = np.clip(g, -threshold, threshold)
    return after, compared(g, after, np.mean(after != g, axis=1))


def compared(g: Floats, after: Floats, share: Array) -> Engagement:
    """What lies between two gradients."""
    before, behind = log_norms(g), log_norms(after)
    both = np.isfinite(before) & np.isfinite(behind)
    factor = np.where(both, np.where(both, behind, 0.0) - np.where(both, before, 0.0), 0.0)
    return Engagement(before, behind, factor, cosines(g, after), share)

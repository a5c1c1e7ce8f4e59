"""The map of all pairs put together from its tiles, with every pair certified or taken again.

κ = ‖A‖² ‖B‖² / |A B|² says how much of the size of the factors of a pair cancels in it. Where the rounding
that goes with it, κ ε √S, exceeds the measure's tolerance, the pair is in doubt. Doubts of one split are
settled together in a better basis, at the price of taking the split again; those that remain, by multiplying
out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from explorer import progress
from explorer.arrays import Array, Integers
from explorer.chain import Chain
from explorer.curves import Rows, curves_back
from explorer.grams import Conditioned, Part, Splits, all_splits
from explorer.survey import Measure, Survey, Tile

MUCH = 14.0  # ln of an amplification that is worth a second look
HUGE = 700.0  # exp of it is still finite
EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Assembled:
    """A map and what is known of its accuracy."""

    log_norm: Array  # (members, n, n) at [., t, k]
    error: float
    recomputed: int


@dataclass(frozen=True)
class Doubts:
    """Pairs that rounding may have spoilt."""

    split: Integers  # (d,) which of its splits each belongs to
    member: Integers  # (d,)
    t: Integers  # (d,)
    k: Integers  # (d,)
    share: Array  # (d,) 1/κ as computed, at least 0
    log_factors: Array  # (d,) ln(‖A‖ ‖B‖)

    def where(self, chosen: NDArray[np.bool_]) -> "Doubts":
        """Some of the pairs."""
        return Doubts(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @staticmethod
    def together(several: list["Doubts"]) -> "Doubts":
        """All pairs of several."""
        columns = ([getattr(doubts, field.name) for doubts in several] for field in fields(Doubts))
        return Doubts(*(np.concatenate(column) for column in columns))


def assembled(source: Conditioned, measure: Measure, part: Part, T: int) -> Assembled:
    """The map of all pairs of a chain, whose Jacobians may each stand for several of the T steps."""
    chain, unit = source.chain, EPSILON * np.sqrt(source.chain.S)
    pieces, n = list(all_splits(chain.T, chain.leading[0], chain.S)), chain.T + 1
    survey = Survey.of(chain, measure, part, pieces)
    values = np.full((*chain.leading, n, n), -np.inf)
    limit, least, count, entered = unit / measure.tolerance, 1.0, 0, 0
    remaining: list[Doubts] = []
    for splits in pieces:
        lowest, found, entered = _entered(values, survey.tiles(splits), limit, entered)
        least = min(least, lowest)
        for doubts in _by_split(found, source):
            share = _in_better_basis(survey, splits, doubts, values)
            least = min(least, _least(share, limit))
            count += len(share)
            remaining.append(doubts.where(share < limit))
    at = np.arange(n)
    values[:, at, at] = measure.log_norm(np.eye(chain.S)[part.rows, part.columns])
    amplified = _multiplied_out(survey, Doubts.together(remaining), values) if remaining else 1.0
    by_grams, by_products = 1 / least + np.sqrt(T / least), (1 + np.sqrt(T)) * amplified
    return Assembled(values, float(unit * max(by_grams, by_products)), count)


def _entered(
    values: Array, tiles: Iterator[Tile], limit: float, entered: int
) -> tuple[float, list[Doubts], int]:
    """The tiles put in their places: their least share beyond doubt, the doubts, and all pairs so far."""
    least, found = 1.0, []
    for tile in tiles:
        _enter(values, tile)
        least = min(least, _least(tile.share, limit))
        if np.min(tile.share) < limit:
            found.append(_doubts(tile, limit))
        entered += tile.share.size
        progress.report(2 * entered / values.size)
    return least, found, entered


def _least(share: Array, limit: float) -> float:
    """The least share beyond doubt."""
    least = float(np.min(share))
    return least if least >= limit else float(np.min(share, where=share >= limit, initial=1.0))


def _enter(values: Array, tile: Tile) -> None:
    """Put a tile in its places."""
    norm, splits, T = tile.log_norm(), tile.splits, values.shape[-1] - 1
    for i in range(splits.count):
        m = splits.step(i)
        first, last = m + tile.start, min(m + tile.start + norm.shape[2], T + 1)
        values[splits.members, first:last, m - splits.half + 1 : m + 1] = norm[i, :, : last - first]


def _doubts(tile: Tile, limit: float) -> Doubts:
    """The pairs of a tile that are in doubt."""
    split, member, i, j = np.nonzero(tile.share < limit)
    m, at = tile.splits.first + tile.splits.spacing * split, (split, member, i, j)
    t, k = m + tile.start + i, m + 1 - tile.splits.half + j
    return Doubts(split, tile.splits.members.start + member, t, k, tile.share[at], tile.log_factors[at])


def _by_split(found: list[Doubts], source: Conditioned) -> Iterator[Doubts]:
    """The doubts of each split and member apart, without the pairs that are certainly zero.

    Those have a Jacobian between k and t that is exactly zero.
    """
    if not found:
        return
    doubts, zeros = Doubts.together(found), np.cumsum(source.zero, axis=0)
    zeros = np.concatenate([np.zeros_like(zeros[:1]), zeros])
    doubts = doubts.where(zeros[doubts.t, doubts.member] == zeros[doubts.k, doubts.member])
    for split, member in np.unique(np.stack([doubts.split, doubts.member]), axis=1).T:
        yield doubts.where((doubts.split == split) & (doubts.member == member))


def _in_better_basis(survey: Survey, splits: Splits, doubts: Doubts, values: Array) -> Array:
    """Shares of the doubts of one split and member when taken again; their values put in place.

    A basis is orthogonal to rounding only, which moves A B by ε ‖A‖ ‖B‖ in their former size: hence the
    second bound on the share.
    """
    share, known = np.zeros(len(doubts.t)), doubts.share[doubts.share > 0]
    one = splits.one(doubts.split[0], doubts.member[0])
    basis = survey.better_basis(one, float(np.min(known))) if len(known) > 0 else None
    if basis is None:
        return share
    for tile in survey.tiles(one, basis):
        i, j = doubts.t - one.first - tile.start, doubts.k - one.first - 1 + one.half
        here = (i >= 0) & (i < tile.share.shape[2])
        at = (0, 0, i[here], j[here])
        norm = tile.log_norm()[at]
        share[here] = np.minimum(tile.share[at], np.exp(_less(norm, doubts.log_factors[here])))
        values[doubts.member[here], doubts.t[here], doubts.k[here]] = norm
    return share


def _multiplied_out(survey: Survey, doubts: Doubts, values: Array) -> float:
    """How much rounding is amplified in these pairs at most; their values are put in place.

    Were all signs alike, nothing would cancel: what signs cost bounds the amplification beside √κ.
    """
    chain, n = survey.chain, values.shape[-1]
    which, row = np.unique(doubts.member * n + doubts.t, return_inverse=True)
    rows = Rows(which % n, which // n, np.zeros((len(which), n), np.bool_))
    rows.asked[row, doubts.k] = True

    def taken_from(source: Chain) -> Array:
        curves = curves_back(source, rows, part=survey.part, log_norm=survey.measure.log_norm)
        return curves[row, doubts.k]

    norm = taken_from(chain)
    values[doubts.member, doubts.t, doubts.k] = norm
    lost = -_less(norm, doubts.log_factors)
    if np.max(lost, where=lost < np.inf, initial=0.0) > MUCH:
        positive = Chain(chain.T, chain.S, lambda steps: np.abs(chain.take(steps)), chain.leading)
        lost = np.minimum(lost, -_less(norm, taken_from(positive)))
    return float(np.exp(np.clip(np.max(lost, where=lost < np.inf, initial=0.0), 0.0, HUGE)))


def _less(norm: Array, other: Array) -> Array:
    """norm - other, and -inf where the norm is."""
    return np.subtract(norm, other, out=np.full_like(norm, -np.inf), where=norm > -np.inf)

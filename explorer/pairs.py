"""The size of every derivative ∂s_t/∂s_k of a chain at once.

For P(t, k) = A B the Frobenius norm is an inner product of Gram matrices, ‖A B‖² = ⟨A'A, B B'⟩, so that the
s² pairs of a split are one matrix product: 2 S² operations a pair, where forming P(t, k) takes 2 S³. With
the divide and conquer of `grams` the map takes 3 T log₂(T) S³ + T² S² operations instead of T² S³.

With κ = ‖A‖² ‖B‖² / ‖A B‖² the inner product is off by κ ε √S, and the running products themselves, as any
that are formed in float64, by √(T κ) ε √S, where ε = 2⁻⁵² (rounding errors taken as independent, which is
what is observed; the worst case is larger). κ is known for every pair, so the map comes with a bound on its
error, and the pairs that would spoil it are taken again (`assembly`).

The bound takes the Jacobians as exact, and A and B as exact to their own size. Where P(t, j) P(j, m) all but
cancels at a step j inside of A, the last digits of the Jacobians decide what is left of it, and the bound
does not see that. Chains built for it do so (half of the directions shrinking by 16 a step, then the other
half: error 2e-5); no network tried has.
"""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers, freeze, log, log_norm
from explorer.assembly import assembled
from explorer.chain import Chain
from explorer.curves import Rows, curves_back
from explorer.grams import HIGH, LN2, LOW, Conditioned, Part, condition, one_axis, sampled, squared_norm
from explorer.survey import Measure, Side

ALL = slice(None)
WORTH_CUTTING = 32  # entries of the state


@dataclass(frozen=True)
class PairMap:
    """ln of a norm of ∂s_t/∂s_k for all pairs of sampled steps; -inf for an exact zero, as for k > t."""

    log_norm: Array  # (n, n, ...) at [t, k]
    steps: Integers  # (n,) the step of each row and column
    error: float  # bound on the relative rounding error of every norm
    recomputed: int  # pairs taken again because the first way was not exact enough


def log_frobenius_map(chain: Chain, *, every: int = 1, rows: slice = ALL, columns: slice = ALL) -> PairMap:
    """ln ‖∂s_t/∂s_k‖_F for all pairs of the steps 0, q, 2q, ... ≤ T with q = every, or of a block of it.

    `rows` chooses entries of s_t, `columns` of s_k. Steps after the last multiple of q are left out.
    Raises ValueError for q outside 1..T, an empty block, or a Jacobian that is not finite.
    """
    return measured_map(chain, Frobenius(), every=every, part=Part(rows, columns))


def lag_curve(chain: Chain, t: int, *, rows: slice = ALL, columns: slice = ALL) -> Array:
    """ln ‖∂s_t/∂s_k‖_F for k = 0..t, (t + 1, ...), by multiplying out; -inf for an exact zero.

    Raises ValueError unless 0 <= t <= T.
    """
    return measured_curve(chain, t, Frobenius(), Part(rows, columns))


def cut(S: int) -> int:
    """h, the rows of X'X in its first piece: half, or none where two products take longer than one."""
    return S // 2 if S >= WORTH_CUTTING else 0


class Frobenius:
    """Keeps the Gram matrices G = X'X, cut in pieces, without the block G₂₁, the transpose of G₁₂."""

    tolerance = 3e-11  # of a bound, which in networks is 30 times the error or more

    def width(self, S: int) -> int:
        h = cut(S)
        return h * S + (S - h) ** 2

    def keep_right(self, A: Array, out: Array) -> None:
        self._gram(A, out)

    def keep_left(self, B: Array, out: Array) -> None:
        upper = self._gram(B, out)
        if upper.size:
            upper[..., cut(B.shape[-1]) :] *= 2  # G₁₂ also stands for G₂₁

    def _gram(self, X: Array, out: Array) -> Array:
        """[G₁₁ G₁₂] (..., h, S) of X'X, which out holds with G₂₂ after it."""
        S, h = X.shape[-1], cut(X.shape[-1])
        upper = out[..., : h * S].reshape(*out.shape[:-1], h, S)
        if h:
            np.matmul(X[..., :h].swapaxes(-1, -2), X, out=upper)
        second = X[..., h:] if h else X.copy()  # of one array with itself NumPy makes a slower product
        lower = out[..., h * S :].reshape(*out.shape[:-1], S - h, S - h)
        np.matmul(second.swapaxes(-1, -2), X[..., h:], out=lower)
        return upper

    def shares(self, right: Side, left: Side) -> Array:
        share: Array = np.matmul(right.kept, left.kept.swapaxes(-1, -2))
        share *= right.inverse_square()[..., None]
        share *= left.inverse_square()[..., None, :]
        return share

    def log_norm(self, P: Array) -> Array:
        square = squared_norm(P)
        if np.all((square > LOW) & (square < HIGH)):
            return 0.5 * log(square)
        return log_norm(P, (-2, -1))


def measured_curve(chain: Chain, t: int, measure: Measure, part: Part) -> Array:
    """ln |∂s_t/∂s_k| for k = 0..t, (t + 1, ...), by any measure."""
    if not 0 <= t <= chain.T:
        raise ValueError(f"t must lie in [0, {chain.T}]; got {t}")
    part.check(chain.S)
    source = condition(one_axis(chain.upto(t)))
    (members,) = source.chain.leading
    whole = Rows.whole(t, members, source.chain.T)
    curves = curves_back(source.chain, whole, part=part, log_norm=measure.log_norm)
    offset = _offsets(source)
    return np.moveaxis(curves + LN2 * (offset[:, t:] - offset), 0, -1).reshape(t + 1, *chain.leading)


def measured_map(chain: Chain, measure: Measure, *, every: int, part: Part) -> PairMap:
    """The map of all pairs by any measure."""
    if not 1 <= every <= chain.T:
        raise ValueError(f"every must lie in [1, {chain.T}]; got {every}")
    part.check(chain.S)
    source = condition(one_axis(chain))
    source = source if every == 1 else sampled(source, every)
    result = assembled(source, measure, part, chain.T)
    values, offset = result.log_norm, _offsets(source)
    if offset.any():
        values += LN2 * (offset[:, :, None] - offset[:, None, :])
    n = source.chain.T + 1
    shaped = np.moveaxis(values, 0, -1).reshape(n, n, *chain.leading)
    return freeze(PairMap(shaped, np.arange(n) * every, result.error, result.recomputed))


def _offsets(source: Conditioned) -> Integers:
    """The exponent of P(t, 0) that conditioning has taken out, (members, T + 1)."""
    start = np.zeros((1, *source.exponent.shape[1:]), np.int64)
    return np.concatenate([start, np.cumsum(source.exponent, axis=0)]).T

"""What each one-step Jacobian J_t = ∂s_t/∂s_{t-1} does by itself: stretch, turn, contract."""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, log, log_norm
from explorer.chain import Chain

CHUNK = 1 << 20  # entries of the Jacobians that are held at once: 8 MB
RESOLVED = 1e-8  # below this share of σ_max, a singular value decomposition loses σ_min to rounding


@dataclass(frozen=True)
class OneStep:
    """Sizes of J_t for t = 1..T, each (T, ...), index t - 1 holding step t."""

    sigma_max: Array  # the most a step can stretch a vector
    sigma_min: Array  # the least; 0 for an exactly singular matrix
    spectral_radius: Array  # the largest |eigenvalue|: the stretch per step if J_t were applied for ever
    frobenius: Array
    log_abs_det: Array  # ln|det J_t|, −inf for an exactly singular matrix


def one_step(chain: Chain) -> OneStep:
    """The sizes of every one-step Jacobian of a chain, a few matrices in memory at a time."""
    count = max(1, CHUNK // (chain.S**2 * int(np.prod(chain.leading))))
    chunks = [sizes(chain.take(slice(start, start + count))) for start in range(0, chain.T, count)]
    return OneStep(*(np.concatenate(column) for column in zip(*chunks, strict=True)))


def sizes(J: Array) -> tuple[Array, Array, Array, Array, Array]:
    """The fields of OneStep for matrices J (n, ..., S, S)."""
    largest, smallest, log_abs_det = singular_range(J)
    return largest, smallest, spectral_radius(J), np.exp(log_norm(J, (-2, -1))), log_abs_det


def singular_range(J: Array) -> tuple[Array, Array, Array]:
    """σ_max, σ_min and ln|det J| of matrices J (..., S, S), each (...).

    A saturated unit's row may be 1e-30 of the others, which σ_min then is too; J = diag(row) B is therefore
    inverted by way of B, whose elimination rounds each row by itself.
    """
    sigma: Array = np.asarray(np.linalg.svd(J, compute_uv=False), dtype=np.float64)
    row = np.max(np.abs(J), axis=-1)
    B = J / np.where(row > 0, row, 1.0)[..., None]
    sign, log_abs_det_B = np.linalg.slogdet(B)
    blurred = (sign != 0) & (sigma[..., -1] < RESOLVED * sigma[..., 0])
    smallest = np.where(sign != 0, sigma[..., -1], 0.0)
    smallest[blurred] = smallest_of(B[blurred], row[blurred])
    return sigma[..., 0], smallest, log_abs_det_B + np.sum(log(row), axis=-1)


def smallest_of(B: Array, row: Array) -> Array:
    """σ_min of diag(row) B for invertible B (n, S, S) and row (n, S): 1 / ‖B⁻¹ diag(1/row)‖₂, (n,)."""
    least = np.min(row, axis=-1, keepdims=True)
    inverse = np.linalg.inv(B) * (least / row)[:, None, :]
    return np.asarray(least[:, 0] / sigma_max(inverse))


def sigma_max(W: Array) -> Array:
    """The largest singular value of each matrix W (..., m, n), (...)."""
    return np.asarray(np.linalg.norm(W, 2, axis=(-2, -1)))


def spectral_radius(W: Array) -> Array:
    """The largest absolute value among the eigenvalues of each matrix W (..., S, S), (...)."""
    radius: Array = np.max(np.abs(np.linalg.eigvals(W)), axis=-1)
    return radius

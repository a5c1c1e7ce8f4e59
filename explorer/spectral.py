"""The largest gain σ_max of every ∂s_t/∂s_k of a chain at once."""

import numpy as np

from explorer.arrays import Array, log
from explorer.chain import Chain
from explorer.grams import CACHED, Part
from explorer.lanczos import largest_eigenvalues
from explorer.pairs import ALL, PairMap, measured_curve, measured_map


def log_spectral_map(chain: Chain, *, every: int = 1, rows: slice = ALL, columns: slice = ALL) -> PairMap:
    """ln σ_max(∂s_t/∂s_k) for all pairs of the steps 0, q, 2q, ... ≤ T with q = every, or of a block of it."""
    return measured_map(chain, ByLanczos(), every=every, part=Part(rows, columns))

def lag_curve_spectral(chain: Chain, t: int, *, rows: slice = ALL, columns: slice = ALL) -> Array:
    return measured_curve(chain, t, ByLanczos(), Part(rows, columns))


class ByLanczos:
    """Keeps the Gram matrices X'X."""

    def width(self, rows: int, S: int) -> int:
        return S**2

    def keep_right(self, A: Array, out: Array) -> None:
        S = A.shape[-1]
        np.matmul(A.swapaxes(-1, -2), A, out=out.reshape(*out.shape[:-1], S, S))

    keep_left = keep_right

    def squares(self, right: Array, left: Array) -> Array:
        S = round(right.shape[-1]**.5)
        G = right.reshape(-1, *right.shape[2:-1], S, S)
        B = left.reshape(-1, *left.shape[2:-1], S, S)
        n, s = G.shape[1], B.shape[1]
        out = np.empty((len(G), n, s))
        pairs = max(4, CACHED // (12 * S))
        e = int(pairs**.5)
        nt, ns = min(n, e), min(s, e)
        ng = max(1, pairs // (nt * ns))
        for g in range(0, len(G), ng):
            for i in range(0, n, nt):
                for j in range(0, s, ns):
                    a, at = unit(G[g:g+ng, i:i+nt])
                    b, bt = unit(B[g:g+ng, j:j+ns])
                    out[g:g+ng, i:i+nt, j:j+ns] = largest_eigenvalues(a, b) * at[:, :, None] * bt[:, None, :]
        return out.reshape(*right.shape[:2], n, s)

    def log_norm(self, P: Array) -> Array:
        largest = np.max(np.abs(P), axis=(-2, -1))
        X = P / np.where(largest > 0, largest, 1.0)[..., None, None]
        X = X if X.shape[-1] <= X.shape[-2] else X.swapaxes(-1, -2)
        square = np.linalg.eigvalsh(np.matmul(X.swapaxes(-1, -2), X))[..., -1]
        return log(largest) + 0.5 * log(np.maximum(square, 0))

def unit(G):
    t = np.einsum('...ii->...', G)
    return G / np.where(t > 0, t, 1)[..., None, None], t

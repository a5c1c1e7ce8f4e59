"""The maps over all pairs (t, k) of one run, in the norm and block asked for, and the LSTM's paths."""

from dataclasses import dataclass, replace

import numpy as np

from explorer import measures, progress
from explorer.arrays import Array, Scaled, log, log_norm
from explorer.blocks import log_additive_map, log_block_maps
from explorer.cells import LSTM
from explorer.chain import Chain
from explorer.lstm_steps import LSTMSteps
from explorer.pairs import PairMap, lag_curve, log_frobenius_map
from explorer.run import Run
from explorer.spectral import log_spectral_map


def block_slices(run: Run, block: str) -> tuple[slice, slice]:
    """The rows and columns of the joint state that a block such as "h←c" stands for."""
    H, state = run.weights.H, run.cell.state
    of, by = (state.index(part) for part in block.split("←"))
    return slice(of * H, (of + 1) * H), slice(by * H, (by + 1) * H)


def frobenius_maps(run: Run) -> dict[str, PairMap]:
    """ln‖·‖_F of every block of ∂s_t/∂s_k for every pair: "h←h" alone, or the LSTM's four."""
    if run.cell.name == LSTM.name:
        return log_block_maps(LSTMSteps.of(run.weights, run.trace), every=run.experiment.every)
    return {"h←h": log_frobenius_map(run.chain, every=run.experiment.every)}


def spectral_map(run: Run, block: str) -> PairMap:
    """ln σ_max of one block of ∂s_t/∂s_k for every pair."""
    rows, columns = block_slices(run, block)
    return log_spectral_map(run.chain, every=run.experiment.every, rows=rows, columns=columns)


def averaged(pair_map: PairMap, H: int) -> PairMap:
    """The Frobenius map as average gains ‖·‖_F/√H, in which the identity is 1."""
    return replace(pair_map, log_norm=measures.normalised(pair_map.log_norm, H))


def additive_map(run: Run) -> PairMap:
    """ln‖∏ diag(f_j)‖_F for every pair: the LSTM's cell path alone, its gates held fixed."""
    log_norm = log_additive_map(run.trace.z["f"], every=run.experiment.every)
    steps = np.arange(0, run.T + 1, run.experiment.every)
    return PairMap(log_norm, steps, 0.0, 0)


def curve_back(chain: Chain, t: int, *, rows: slice, columns: slice, spectral: bool) -> Array:
    """ln of the norm of one block of ∂s_t/∂s_k for k = 0..t, (t + 1, ...), by one product after another."""
    part = np.eye(chain.S)[rows]
    P = Scaled.of(np.broadcast_to(part, (*chain.leading, *part.shape)))
    sizes = []
    for k in range(t, -1, -1):
        progress.report()
        if k < t:
            P = Scaled.of(P.mantissa @ chain.take(slice(k, k + 1))[0], P.exponent)
        block = Scaled(P.mantissa[..., columns], P.exponent)
        sizes.append(block.log_spectral_norm() if spectral else block.log_norm())
    return np.stack(sizes[::-1])


@dataclass(frozen=True)
class Ledger:
    """What four accounts of the LSTM say is left of a gradient from step t at every step k = 0..t.

    Each is ln(‖·‖_F / √H), (t + 1,). Only the first two are derivatives of the network.
    """

    h_h: Array  # the true ∂h_t/∂h_k, all paths
    c_c: Array  # the true ∂c_t/∂c_k, all paths
    additive: Array  # ∏ f_j, the cell path alone
    shortcut: Array  # ∏ ∂h_j/∂h_{j-1} with c held fixed, as textbooks write it


def ledger(run: Run, t: int) -> Ledger:
    """The four accounts of an LSTM run from step t."""
    H = run.weights.H
    mantissas, exponents = run.chain.products_back_from(t)

    def size(block: str) -> Array:
        rows, columns = block_slices(run, block)
        return np.asarray(log_norm(mantissas[:, rows, columns], (1, 2)) + exponents * np.log(2.0))

    fixed = Chain(run.T, H, lambda steps: run.chain.take(steps)[..., :H, :H])
    accounts = (size("h←h"), size("c←c"), log_additive_path(run.trace.z["f"], t), lag_curve(fixed, t))
    return Ledger(*(measures.normalised(account, H) for account in accounts))


def log_additive_path(f: Array, t: int) -> Array:
    """ln‖∏_{j=k+1..t} diag(f_j)‖_F for k = 0..t, (t + 1,), from the forget gates f (T, H)."""
    sums = np.concatenate([np.cumsum(log(f[:t])[::-1], axis=0)[::-1], np.zeros((1, f.shape[-1]))])
    largest = np.max(sums, axis=-1, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0.0)
    return np.asarray(shift[:, 0] + log_norm(np.exp(sums - shift)))

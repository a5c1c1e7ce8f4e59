"""Derivatives by the complex step: the oracle that the numbers on screen are held against.

f(s + iη d) has the imaginary part η f′(s) d + O(η³): nothing is subtracted, so no digit is lost, however
small the derivative (Squire & Trapp 1998). Only the equations of a step and of the loss enter here, none of
the derivatives written out elsewhere. The step is taken anew at every recorded state and its result kept
as mantissa times a power of two, so that neither chaos nor the ends of float64 come in between.
"""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers, Values
from explorer.readout import Readout
from explorer.run import Run
from explorer.weights import Weights, blocks

ETA = 2.0**-80  # η² is far below rounding, and η times anything of order one far above the end of float64


@dataclass(frozen=True)
class Probe:
    """One thing that is changed: a block of W, U or b at every step, or the joint state s_k ("s") once."""

    part: str
    block: str = ""
    k: int = 0


@dataclass(frozen=True)
class Directions:
    """A random direction for each of n probes, zero in everything that the probe leaves alone.

    The direction of a matrix is the outer product left ⊗ right: p g qᵀ sees every entry of a gradient g.
    """

    probes: tuple[Probe, ...]
    left: Values  # "W f", "U f", "b f" -> (n, H)
    right: Values  # "W f", "U f" -> (n, H) or (n, X)
    state: Values  # state block -> (n, H)


@dataclass(frozen=True)
class Tangents:
    """What each probe does to the states and losses; values are mantissas times 2**exponent."""

    directions: Directions
    d: Values  # state block -> (T + 1, n, H), ds_t along the probe
    exponent: Integers  # (T + 1, n)
    dE: Array  # (T + 1, n), dE_t along the probe, whether E_t enters E or not; [0] is zero


def times(M: Array, v: Array) -> Array:
    """M v for M (m, n) and v (..., n), real or complex."""
    product: Array = v @ M.T
    return product


def every_block(w: Weights) -> tuple[Probe, ...]:
    """A probe of every block of W, U and b."""
    parts = {"W": w.W, "U": w.U, "b": w.b}
    return tuple(Probe(part, block) for part, values in parts.items() for block in values)


def directions(run: Run, probes: tuple[Probe, ...], seed: int) -> Directions:
    """Random directions with entries N(0, 1), the same under the same seed."""
    rng, n, H = np.random.default_rng(seed), len(probes), run.weights.H
    X = run.trace.x.shape[-1]
    left, right, state = {}, {}, {}
    for part in ("W", "U", "b"):
        for block in getattr(run.weights, part):
            name = f"{part} {block}"
            meant = np.array([[probe.part == part and probe.block == block] for probe in probes])
            left[name] = meant * rng.standard_normal((n, H))
            if part != "b":
                right[name] = meant * rng.standard_normal((n, H if part == "W" else X))
    of_state = np.array([[probe.part == "s"] for probe in probes])
    for block in run.cell.state:
        state[block] = of_state * rng.standard_normal((n, H))
    return Directions(probes, left, right, state)


def tangents(run: Run, along: Directions) -> Tangents:
    """Every ds_t and dE_t along the probes, by one complex step after another."""
    T, n, H = run.T, len(along.probes), run.weights.H
    lasting = np.array([probe.part != "s" for probe in along.probes])
    begins = np.array([probe.k for probe in along.probes])
    d = {block: np.zeros((T + 1, n, H)) for block in run.cell.state}
    exponent = np.zeros((T + 1, n), np.int64)
    now = {block: np.zeros((n, H)) for block in run.cell.state}
    for t in range(T + 1):
        if t > 0:
            now = one_step(run, along, t, now, np.ldexp(ETA, -exponent[t - 1]))
        for block in now:
            now[block] = now[block] + along.state[block] * (begins == t)[:, None]
        now, exponent[t] = rescaled(now, exponent[max(t - 1, 0)], lasting)
        for block in now:
            d[block][t] = now[block]
    return Tangents(along, d, exponent, losses(run, d["h"]))


def one_step(run: Run, along: Directions, t: int, d: Values, eta: Array) -> Values:
    """ds_t from ds_{t-1} = d and from the change of the weights at step t, whose size is eta (n,)."""
    cell, w, x = run.cell, run.weights, run.trace.x[t - 1]
    s = {block: run.trace.s[block][t - 1] + 1j * ETA * d[block] for block in cell.state}
    size = 1j * eta[:, None]
    u, v = {}, {}
    for block in cell.u_blocks:
        change = along.left[f"U {block}"] * (along.right[f"U {block}"] @ x)[:, None]
        u[block] = times(w.U[block], x) + size * change
    for block in cell.v_blocks:
        change = along.left[f"W {block}"] * np.sum(along.right[f"W {block}"] * s["h"], axis=-1)[:, None]
        v[block] = times(w.W[block], s["h"]) + size * change
    for block in blocks(cell):
        sums = u if block in cell.u_blocks else v
        sums[block] = sums[block] + w.b[block] + size * along.left[f"b {block}"]
    z = cell.step(u, v, s)
    return {block: z[block].imag / ETA for block in cell.state}


def rescaled(d: Values, exponent: Integers, lasting: Array) -> tuple[Values, Integers]:
    """The same tangents with the largest entry of each row in [0.5, 1), by powers of two.

    Weights that are changed at every step keep their exponent at 0 or above: a change of size one is still
    to come.
    """
    largest = np.max([np.max(np.abs(a), axis=-1) for a in d.values()], axis=0)
    shift = np.where(largest > 0, np.frexp(largest)[1], 0)
    shift = np.where(lasting, np.maximum(shift, -exponent), shift)
    return {block: np.ldexp(a, -shift[:, None]) for block, a in d.items()}, exponent + shift


def losses(run: Run, d: Array) -> Array:
    """dE_t along each probe, (T + 1, n), from dh_t along it (T + 1, n, H)."""
    changes = loss_change(run, times(run.readout.V, d[1:]))
    return np.concatenate([np.zeros_like(changes[:1]), changes])


def loss_change(run: Run, do: Array) -> Array:
    """dE_t of E_t = ln Σ_j e^(o_j − o_y), (T, n), from do_t (T, n, K), entries of order one.

    The target's own term is exactly 1, so that a loss near zero keeps its digits.
    """
    o = run.readout.c + times(run.readout.V, run.trace.s["h"][1:])
    at_target = np.broadcast_to(run.sequence.targets[: run.T, None, None], (*do.shape[:-1], 1))
    stepped = o[:, None] + 1j * ETA * do
    gap = stepped - np.take_along_axis(stepped, at_target, axis=-1)
    gap = gap - np.max(gap.real, axis=-1, keepdims=True)
    change: Array = np.log(np.sum(np.exp(gap), axis=-1)).imag / ETA
    return change


def readout_tangents(run: Run, seed: int) -> tuple[Readout, Array]:
    """Directions of V and c, and dE along each, (2,)."""
    rng, readout, h = np.random.default_rng(seed), run.readout, run.trace.s["h"][1:]
    along = Readout(rng.standard_normal(readout.V.shape), rng.standard_normal(readout.c.shape))
    do = np.stack([times(along.V, h), np.broadcast_to(along.c, (run.T, len(along.c)))], axis=1)
    size = np.maximum(np.max(np.abs(do), axis=-1, keepdims=True), 1.0)  # h may be 1e150 with ReLU
    changes = loss_change(run, do / size) * size[..., 0]
    return along, np.asarray(changes[run.loss.carries].sum(axis=0))

"""Every derivative of a run against the complex step."""

import numpy as np

from explorer import complex_step, errors
from explorer.arrays import Array, Integers, Values, log_norm
from explorer.checking import Check, added, relative, worst
from explorer.complex_step import Directions, Probe, Tangents
from explorer.run import Run

DERIVATIVE = 1e-9
LOG_SMALLEST = -575.0  # ln 1e-250: below it the softmax itself runs out of float64
SOURCES = 6  # steps k that are changed


def sources(T: int) -> tuple[int, ...]:
    """The steps k at which the state is changed: the first, the last but one, and some between."""
    return tuple(int(k) for k in np.unique(np.linspace(0, T - 1, SOURCES).round()))


def derivative_checks(run: Run, seed: int = 0) -> tuple[Check, ...]:
    """All derivatives of one run: Jacobian products, error signals and parameter gradients."""
    states = tuple(Probe("s", k=k) for k in sources(run.T))
    along = complex_step.directions(run, states + complex_step.every_block(run.weights), seed)
    found = complex_step.tangents(run, along)
    jacobian = check_jacobians(run, found)
    return jacobian, check_signals(run, found), *check_parameters(run, found), *check_readout(run, seed)


def joint(values: Values, row: int) -> Array:
    """One row of every state block, side by side, (S,)."""
    return np.concatenate([values[block][row] for block in values])


def check_jacobians(run: Run, found: Tangents) -> Check:
    """∂s_t/∂s_k times a direction, for the last step t and one halfway."""
    apart = []
    for t in {run.T, (run.T + 1) // 2}:
        mantissas, exponents = run.chain.products_back_from(t)
        for row, probe in enumerate(found.directions.probes):
            if probe.part != "s" or probe.k > t:
                continue
            product = mantissas[probe.k] @ joint(found.directions.state, row)
            truth = joint({block: d[t] for block, d in found.d.items()}, row)
            with np.errstate(over="ignore"):
                product = np.ldexp(product, exponents[probe.k] - found.exponent[t, row])
            apart.append(relative(size(product - truth), size(truth)))
    return Check(
        "∂hₜ/∂hₖ", "", "derivative",
        "The product of Jacobians times a random direction, against the change of the state itself.",
        r"\frac{\partial s_t}{\partial s_k}\,v=\frac{1}{\eta}\,\mathrm{Im}\,s_t(s_k+i\eta v)",
        worst(*apart), DERIVATIVE, len(apart),
    )  # fmt: skip


def check_signals(run: Run, found: Tangents) -> Check:
    """∂E_t/∂s_k of every loss step t, and their sum dE/ds_k, for the steps k that were changed."""
    rows = {probe.k: row for row, probe in enumerate(found.directions.probes) if probe.part == "s"}
    each = [
        signals_apart(run, found, now, rows[now.k])
        for now in errors.sweep(run.cell, run.weights, run.trace, run.loss.direct())
        if now.k in rows
    ]
    summed = [sum_apart(run, found, k, row) for k, row in rows.items()]
    return Check(
        "∂Eₜ/∂hₖ", "", "derivative",
        "Backpropagated error signals, each loss step’s own and their sum, against the change of the loss.",
        r"\left\langle\frac{\partial E_t}{\partial s_k},v\right\rangle"
        r"=\frac{1}{\eta}\,\mathrm{Im}\,E_t(s_k+i\eta v)",
        worst(*each, *summed), DERIVATIVE, sum(run.T - max(k, 1) + 2 for k in rows),
    )  # fmt: skip


def signals_apart(run: Run, found: Tangents, now: errors.SweepStep, row: int) -> float:
    """The largest relative error of ∂E_t/∂s_k over all t, for one k."""
    first = max(now.k, 1)
    v = {block: found.directions.state[block][row] for block in run.cell.state}
    own = sum(now.signals[block] @ v[block] for block in v)
    sizes = log_norm(run.loss.direct()[first:])
    seen = (sizes > LOG_SMALLEST) | np.isneginf(sizes)
    truth = np.where(run.loss.carries[first - 1 :] & seen, found.dE[first:, row], 0.0)
    shift = found.exponent[first:, row] - now.exponent
    return distance((np.where(seen, own, 0.0), truth), shift, size_of(now.signals))


def sum_apart(run: Run, found: Tangents, k: int, row: int) -> float:
    """The relative error of dE/ds_k."""
    back = {block: run.back.signals[block][k] for block in run.cell.state}
    own = sum(back[block] @ found.directions.state[block][row] for block in back)
    truth, exponent = total(run, found, row)
    return distance((np.asarray(own), truth), exponent - run.back.exponent[k], size_of(back))


def size(a: Array) -> Array:
    """The Euclidean norm over the last axis."""
    return np.exp(log_norm(a))


def size_of(values: Values) -> Array:
    """The norm over all blocks together."""
    return size(np.concatenate(list(values.values()), axis=-1))


def distance(pair: tuple[Array, Array], shift: Integers, whole: Array) -> float:
    """|a − b 2**shift| relative to the size of the whole, of which a is the part along one direction."""
    own, truth = pair
    with np.errstate(over="ignore"):
        return relative(own - np.ldexp(truth, shift), whole)


def total(run: Run, found: Tangents, row: int) -> tuple[Array, Integers]:
    """dE along one probe: the changes of the losses that enter E, added up."""
    carries = run.loss.carries
    return added(found.dE[1:, row][carries], found.exponent[1:, row][carries])


def check_parameters(run: Run, found: Tangents) -> list[Check]:
    """dE/dW, dE/dU and dE/db of every block, each seen through a random direction."""
    exponent, checks = run.back.gradient_exponent, []
    for row, probe in enumerate(found.directions.probes):
        if probe.part == "s":
            continue
        gradient = getattr(run.back.gradient, probe.part)[probe.block]
        truth, of_truth = total(run, found, row)
        own = seen_along(gradient, found.directions, row)
        error = distance((own, truth), of_truth - exponent, size(gradient.ravel()))
        checks.append(parameter_check(probe.part, words(run, probe.block), error))
    return checks


def seen_along(gradient: Array, along: Directions, row: int) -> Array:
    """The derivative that a gradient predicts along one probe: p g qᵀ, or p g for a bias."""
    probe = along.probes[row]
    name = f"{probe.part} {probe.block}"
    seen = along.left[name][row] @ gradient
    return np.asarray(seen @ along.right[name][row] if probe.part != "b" else seen)


def words(run: Run, block: str) -> str:
    """A block in words: the gate's name, or nothing for the RNN's only block."""
    return run.cell.gates.get(block, "" if len(run.weights.W) == 1 else block)


def parameter_check(parameter: str, part: str, error: float) -> Check:
    """The check of one block of one parameter."""
    seen, change = (rf"p^\top\frac{{\partial E}}{{\partial {parameter}}}", r"p")
    if parameter in "WUV":
        seen, change = seen + r"\,q", r"p\,q^\top"
    return Check(
        f"∂E/∂{parameter}", part, "derivative",
        "Backpropagation through time, against the change of the loss when the parameter is changed.",
        rf"{seen}=\frac{{1}}{{\eta}}\,\mathrm{{Im}}\,E({parameter}+i\eta\,{change})",
        error, DERIVATIVE, 1,
    )  # fmt: skip


def check_readout(run: Run, seed: int) -> list[Check]:
    """∂E/∂V and ∂E/∂c."""
    along, truth = complex_step.readout_tangents(run, seed)
    checks = []
    for name, direction, gradient, true in (
        ("V", along.V, run.readout_gradient.V, truth[0]),
        ("c", along.c, run.readout_gradient.c, truth[1]),
    ):
        own = np.sum(gradient * direction)
        error = relative(own - true, size(gradient.ravel()))
        checks.append(parameter_check(name, "", error))
    return checks

"""The correctness certificate: every number the pages show, checked on the spot for one configuration.

Derivatives are held against the complex step, sums against what they must add up to, sizes against their
bounds. A configuration too large to be checked at once is checked at its first steps, and the checks that
form whole matrices at fewer hidden units; each check says at which size it was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer import clipping_checks, forward_checks, gradient_checks, identities, maps
from explorer import run as runs
from explorer.activations import ACTIVATIONS
from explorer.arrays import freeze
from explorer.cells import CELLS
from explorer.checking import Check, worst
from explorer.experiment import Experiment
from explorer.readout import PLACEMENTS
from explorer.run import Run
from explorer.sequences import INPUTS, SENTENCE
from explorer.weights import INITIALISERS

MOST_STEPS = 100
FULL_WORK = 1.5e8  # multiplications of the costliest check, about 0.2 s
QUICK_WORK = 2e7  # the same for the one-line certificate, which every page shows
QUICK_STEPS = 60
MATRIX_STATE = 64  # the largest joint state of which matrices are formed
MATRIX_PASSES = 12  # products of two matrices per step, in all checks that form them


@dataclass(frozen=True)
class Certificate:
    """All checks of one configuration."""

    experiment: Experiment
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that found an error beyond their tolerance."""
        return tuple(check for check in self.checks if not check.passed)

    def largest_error(self, kind: str = "derivative") -> float:
        """The largest error among the checks of one kind; nan if one found no number at all."""
        return worst(*(check.error for check in self.checks if check.kind == kind))


def derivative_steps(e: Experiment, work: float) -> int:
    """How many steps of the complex step fit a number of multiplications, at least 2."""
    blocks, S = len(CELLS[e.cell].v_blocks), e.hidden_size * len(CELLS[e.cell].state)
    rows = 3 * blocks + gradient_checks.SOURCES
    return int(max(2, min(MOST_STEPS, work // (rows * blocks * e.hidden_size**2 + S**3 / 8))))


def sum_steps(e: Experiment, work: float) -> int:
    """How many steps the sum over all lags fits, whose every pair is an H by H matrix per gate."""
    return int(max(2, min(MOST_STEPS, (work / len(CELLS[e.cell].v_blocks)) ** 0.5 // e.hidden_size)))


def matrix_steps(e: Experiment, work: float) -> int:
    """How many steps the checks that form whole matrices fit."""
    S = e.hidden_size * len(CELLS[e.cell].state)
    return int(max(2, min(MOST_STEPS, work // (MATRIX_PASSES * S**3 / 8))))


def beginning(e: Experiment, steps: int) -> Run:
    """The run of at most the first `steps` steps of a configuration, its weights the same."""
    if e.input != SENTENCE and e.forget_rule != "chrono" and e.steps > steps:
        e = replace(e, steps=steps)  # the others' weights depend on the length
    return shortened(runs.run(e), steps)


def shortened(run: Run, steps: int) -> Run:
    """The first steps of a run; what it had computed of its whole length is left behind."""
    return replace(run, trace=run.trace.upto(min(steps, run.T)))


def of_matrices(e: Experiment) -> Experiment:
    """The configuration with no more hidden units than whole matrices can be formed of."""
    most = MATRIX_STATE // len(CELLS[e.cell].state)
    return replace(e, hidden_size=min(e.hidden_size, most))


def certify(e: Experiment, work: float = FULL_WORK) -> Certificate:
    """Every check of one configuration; how much of it, `work` decides, and each check says."""
    steps, few = derivative_steps(e, work), sum_steps(e, work)
    run = beginning(e, max(steps, few))
    derivatives, sums = shortened(run, steps), shortened(run, few)
    small = of_matrices(e)
    matrices = beginning(small, matrix_steps(small, work))
    found = maps.frobenius_maps(matrices)
    average = maps.averaged(found["h←h"], matrices.weights.H)
    checks = (
        *located(gradient_checks.derivative_checks(derivatives), derivatives),
        *located(forward_checks.forward_checks(derivatives), derivatives),
        *located(identities.sum_checks(sums), sums),
        *located(identities.map_checks(matrices, found), matrices),
        *located((identities.volume_check(matrices),), matrices),
        *located(identities.bound_checks(matrices, average), matrices),
        *located(clipping_checks.clipping_checks(derivatives), derivatives),
    )
    return freeze(Certificate(e, checks))


def quick(e: Experiment) -> Certificate:
    """The derivatives alone, at few enough steps for a line at the foot of every page."""
    run = beginning(e, min(QUICK_STEPS, derivative_steps(e, QUICK_WORK)))
    return freeze(Certificate(e, located(gradient_checks.derivative_checks(run), run)))


def located(checks: tuple[Check, ...], run: Run) -> tuple[Check, ...]:
    """The checks with the size of the run they were made on."""
    return tuple(replace(check, at=f"T = {run.T}, H = {run.weights.H}") for check in checks)


def random_experiment(number: int, seed: int = 0) -> Experiment:
    """A configuration drawn from every kind of network the controls can set, of moderate size."""
    rng = np.random.default_rng([seed, number])

    def one_of(table: Mapping[str, object]) -> str:
        return str(rng.choice(sorted(table)))

    return Experiment(
        cell=one_of(CELLS),
        activation=one_of(ACTIVATIONS),
        steps=int(rng.integers(1, 81)),
        hidden_size=int(rng.integers(1, 33)),
        initialiser=one_of(INITIALISERS),
        gain=round(float(rng.uniform(0.2, 3.0)), 2),
        input=one_of(INPUTS),
        input_scale=round(float(rng.uniform(0.05, 2.0)), 2),
        bias=round(float(rng.uniform(-1.0, 1.0)), 1),
        forget_bias=round(float(rng.uniform(-2.0, 4.0)), 1),
        input_bias=round(float(rng.uniform(-2.0, 2.0)), 1),
        start=str(rng.choice(["zero", "random"])),
        placement=one_of(PLACEMENTS),
        seed=int(rng.integers(0, 10_000)),
    )

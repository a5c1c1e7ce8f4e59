"""What the correctness certificate says of one configuration, and one gradient followed three ways."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer import checks, complex_step, flow
from explorer.arrays import Array, Integers, freeze, log_norm
from explorer.checking import KINDS, Check, worst
from explorer.checks import Certificate
from explorer.complex_step import Directions, Probe
from explorer.experiment import Experiment
from explorer.run import Run
from explorer.wording import number, power

MOST_SOURCES = 16  # steps k at which the state is changed for the comparison
DIFFERENCE = 1e-6  # half the distance of the central difference; smaller ones lose more digits
LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class Comparison:
    """How much a change of s_k along one direction v moves s_T, by lag T − k: three ways to one number."""

    T: int
    engine: Array  # (T + 1,), ln‖∂s_T/∂s_k v‖ from the product of Jacobians
    lag: Integers  # (n,), where the other two were computed
    oracle: Array  # (n,), ln of the same by the complex step
    difference: Array  # (n,), ln of the same by a central difference

    def blind(self) -> NDArray[np.bool_]:
        """Where the central difference is off by a tenth or more, (n,)."""
        with np.errstate(invalid="ignore", over="ignore"):
            right = np.abs(np.expm1(self.difference - self.oracle)) < 0.1
        return np.asarray(~right & (self.difference != self.oracle))


def comparison(run: Run) -> Comparison:
    """The three ways on one run, to its last step."""
    T = run.T
    k = np.unique(np.linspace(0, T, min(T + 1, MOST_SOURCES)).round().astype(np.int64))[::-1]
    along = same_direction(complex_step.directions(run, tuple(Probe("s", k=int(i)) for i in k), 0))
    v = np.concatenate([a[0] for a in along.state.values()])
    mantissas, exponents = run.chain.products_back_from(T)
    found = complex_step.tangents(run, along)
    last = np.concatenate([d[T] for d in found.d.values()], axis=-1)
    differences = np.array([difference(run, along, int(i)) for i in k])
    return freeze(
        Comparison(
            T=T,
            engine=(log_norm(mantissas @ v) + exponents * LN2)[::-1],
            lag=T - k,
            oracle=log_norm(last) + found.exponent[T] * LN2,
            difference=differences,
        )
    )


def same_direction(along: Directions) -> Directions:
    """The probes with the first one's direction for all of them."""
    return replace(along, state={k: np.broadcast_to(a[:1], a.shape) for k, a in along.state.items()})


def difference(run: Run, along: Directions, k: int) -> float:
    """ln‖(s_T(s_k + ηv) − s_T(s_k − ηv)) / 2η‖, the whole run repeated from step k."""
    sides = np.array([[1.0], [-1.0]]) * DIFFERENCE
    start = {block: a[k] + sides * along.state[block][0] for block, a in run.trace.s.items()}
    x = np.broadcast_to(run.trace.x[k:, None], (run.T - k, 2, run.trace.x.shape[-1]))
    if len(x):
        ended = {block: a[-1] for block, a in flow.forward(run.cell, run.weights, x, start).s.items()}
    else:
        ended = start
    moved = np.concatenate([a[0] - a[1] for a in ended.values()]) / (2 * DIFFERENCE)
    return float(log_norm(moved))


@dataclass(frozen=True)
class Row:
    """All checks of one name: one row of the figure."""

    name: str
    kind: str
    checks: tuple[Check, ...]

    @property
    def count(self) -> int:
        """How many numbers were compared."""
        return sum(check.count for check in self.checks)

    @property
    def error(self) -> float:
        """The largest error of its checks."""
        return worst(*(check.error for check in self.checks))

    @property
    def passed(self) -> bool:
        """Whether all of them pass."""
        return all(check.passed for check in self.checks)


@dataclass(frozen=True)
class ChecksReport:
    """What the page shows: every check of one configuration, and one gradient followed three ways."""

    certificate: Certificate
    comparison: Comparison

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks."""
        return self.certificate.checks

    def finding(self) -> str:
        """Whether everything agrees, and how well."""
        return verdict(self.certificate)

    def rows(self) -> tuple[Row, ...]:
        """The checks by name, in the order of KINDS."""
        ordered = [check for kind in KINDS for check in self.checks if check.kind == kind]
        names = dict.fromkeys((check.kind, check.name) for check in ordered)
        return tuple(
            Row(name, kind, tuple(c for c in ordered if (c.kind, c.name) == (kind, name)))
            for kind, name in names
        )

    def checks_alt(self) -> str:
        """The dots in words."""
        said = [f"{KINDS[kind]}: at most {number(self.certificate.largest_error(kind), 2)}" for kind in KINDS]
        return f"Error of every check on a log axis, far left of its tolerance. {'; '.join(said)}."

    def comparison_alt(self) -> str:
        """The three curves in words."""
        shown = self.comparison
        return (
            f"Change of the state at step {shown.T}: {power(float(shown.oracle[-1]))} per unit of change at "
            f"step {shown.T - int(shown.lag[-1])}, by the complex step and by the product of Jacobians. "
            f"{self.blindness()}"
        )

    def blindness(self) -> str:
        """What a central difference makes of the same gradient."""
        blind = self.comparison.blind()
        if not blind.any():
            return "A central difference, the usual gradient check, still sees this one."
        many = f"{int(blind.sum())} of {len(blind)} lags"
        return f"A central difference, the usual gradient check, is off by over a tenth at {many}."

    def legend(self) -> str:
        """The figure's marks, and what it shows."""
        return f"Line: the engine; rings: complex step; crosses: central difference. {self.blindness()}"

    def table(self) -> dict[str, list[str] | list[float] | list[int]]:
        """Every check as a row."""
        return {
            "check": [f"{c.name} {c.part}".strip() for c in self.checks],
            "kind": [KINDS[c.kind] for c in self.checks],
            "largest error": [c.error for c in self.checks],
            "tolerance": [c.tolerance for c in self.checks],
            "numbers compared": [c.count for c in self.checks],
            "at": [c.at for c in self.checks],
            "passed": ["yes" if c.passed else "no" for c in self.checks],
        }


def checks_report(e: Experiment, work: float) -> ChecksReport:
    """The report of one configuration, as much of it as `work` multiplications allow."""
    run = checks.beginning(e, checks.derivative_steps(e, work))
    return ChecksReport(checks.certify(e, work), comparison(run))


def agreement(error: float) -> str:
    """How well two numbers agree: "to 3 × 10⁻¹⁴", or in every digit."""
    return f"to {number(error, 2)}" if error else "in every digit"


def verdict(certificate: Certificate) -> str:
    """One sentence on a whole certificate."""
    count, failed = len(certificate.checks), certificate.failed
    if not failed:
        return (
            f"All {count} checks pass: the derivatives agree with the complex step "
            f"{agreement(certificate.largest_error())}"
        )
    first = failed[0]
    name = f"{first.name} ({first.part})" if first.part else first.name
    verb = "fails" if len(failed) == 1 else "fail"
    return f"{len(failed)} of {count} checks {verb}: {name} is off by {number(first.error, 2)}"


def line(certificate: Certificate) -> str:
    """The certificate in one line, for the foot of a page."""
    if certificate.failed:
        return f"Gradients not verified: {verdict(certificate)}"
    return (
        f"Gradients verified for this configuration: the complex step agrees "
        f"{agreement(certificate.largest_error())} ({certificate.checks[0].at})"
    )


def described(e: Experiment) -> str:
    """A random configuration in words."""
    read = e.input.replace("_", "-")
    return f"{e.network}, {e.initialiser}, g = {number(e.gain)}, {read} input"


def certificate_of(*shown: Experiment) -> Certificate:
    """The quick certificate of one configuration, or of several as one."""
    found = [checks.quick(e) for e in shown]
    return freeze(Certificate(shown[0], tuple(check for one in found for check in one.checks)))


def battery(found: list[Certificate]) -> str:
    """What a number of random configurations showed."""
    count = sum(len(one.checks) for one in found)
    failed = sum(len(one.failed) for one in found)
    if failed:
        return f"{failed} of {count:,} checks fail in {len(found)} random configurations."
    error = max(one.largest_error() for one in found)
    return (
        f"All {count:,} checks of {len(found)} random configurations pass; "
        f"the complex step agrees {agreement(error)}."
    )

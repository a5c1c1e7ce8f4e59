"""A small network under the hand: single weights set to a value, then trained by plain gradient descent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from explorer import flow, progress
from explorer import run as runs
from explorer.arrays import Array, freeze
from explorer.experiment import Experiment
from explorer.parameters import Range, Text, check, grid, param
from explorer.readout import Readout
from explorer.run import Run
from explorer.training.batches import Batch
from explorer.training.bptt import Network, Rules
from explorer.training.layout import Layout
from explorer.weights import Weights

ENTRY = re.compile(r"([WUVbc])(\d{1,3})(?:\.(\d{1,3}))?:(-?\d{1,3}(?:\.\d{1,4})?)")
MATRICES = ("W", "U", "V")
MOST_WORK = 4e8  # multiplications of the descent, a few seconds
RATES = grid((0, 1, 0.05), (1, 4, 0.25))


@dataclass(frozen=True)
class Edit:
    """One weight set by hand: row and column count from 1, the column of a vector is 1."""

    name: str  # W, U, b, V or c
    row: int
    column: int
    value: float


def read(text: str) -> tuple[Edit, ...]:
    """The edits a text names, "W1.2:0.5 b3:-1"; raises ValueError for anything else."""
    found = []
    for word in text.split():
        match = ENTRY.fullmatch(word)
        if match is None or (match[3] is None) == (match[1] in MATRICES):
            raise ValueError(
                f"edits must be entries such as W1.2:0.5 or b3:-1, values within ±999; got {word[:40]!r}"
            )
        found.append(Edit(match[1], int(match[2]), int(match[3] or 1), float(match[4])))
    return tuple(found)


def written(edits: tuple[Edit, ...]) -> str:
    """The text of some edits; of two for one weight the later stays."""
    last = {(x.name, x.row, x.column): x for x in edits}
    return " ".join(
        f"{x.name}{x.row}{f'.{x.column}' if x.name in MATRICES else ''}:{x.value:.4f}".rstrip("0").rstrip(".")
        for x in last.values()
    )


@dataclass(frozen=True)
class Typed:
    """How a sentence's network is stepped through, edited and trained."""

    step: int = param(1, Range("Step t", 1, 1_000, 1, "Which word is being read; capped at T."))
    updates: int = param(
        0, Range("Updates", 0, 500, 1, "Steps of gradient descent before what is shown.",
                 grid((0, 20, 1), (20, 100, 5), (100, 500, 20)))
    )  # fmt: skip
    rate: float = param(0.5, Range("Learning rate α", 0.0, 4.0, 0.01, "How far one update goes.", RATES))
    edits: str = param("", Text("Edited weights", 2_000, "Such as W1.2:0.5 b3:-1, applied before training."))

    def __post_init__(self) -> None:
        """Refuses values outside their controls, and edits that cannot be read."""
        check(self)
        read(self.edits)

    def idle(self) -> dict[str, str]:
        """{field: why its control does nothing}."""
        return {} if self.updates else {"rate": "There is no update yet that would use it."}


def edited(run: Run, edits: tuple[Edit, ...]) -> Run:
    """The run with some weights set; edits outside its matrices are left out."""
    tables = tables_of(run)
    for x in edits:
        table = tables[x.name]
        if x.row <= table.shape[0] and x.column <= table.shape[1]:
            table[x.row - 1, x.column - 1] = x.value
    return rerun(run, tables)


def tables_of(run: Run) -> dict[str, Array]:
    """Copies of W (H, H), U (H, X), b (H, 1), V (K, H) and c (K, 1) of an RNN's run."""
    w, readout = run.weights, run.readout
    parts = {"W": w.W["a"], "U": w.U["a"], "b": w.b["a"][:, None], "V": readout.V, "c": readout.c[:, None]}
    return {name: part.copy() for name, part in parts.items()}


def rerun(run: Run, tables: dict[str, Array]) -> Run:
    """The forward pass of the same sentence under other weights.

    Raises OverflowError if the very first state passes 1e150.
    """
    w = Weights({"a": tables["W"]}, {"a": tables["U"]}, {"a": tables["b"][:, 0]})
    start = {block: states[0] for block, states in run.trace.s.items()}
    trace = flow.forward(run.cell, w, run.sequence.x, start)
    return freeze(replace(run, weights=w, readout=Readout(tables["V"], tables["c"][:, 0]), trace=trace))


def gradients(run: Run) -> dict[str, Array]:
    """∂E/∂W, ∂E/∂U, ∂E/∂b, ∂E/∂V and ∂E/∂c by name, in the shapes of `tables_of`."""
    g, readout = run.back.gradient, run.readout_gradient
    parts = {"W": g.W["a"], "U": g.U["a"], "b": g.b["a"][:, None]}
    with np.errstate(over="ignore", under="ignore"):
        scaled = {name: np.ldexp(part, run.back.gradient_exponent) for name, part in parts.items()}
    return {**scaled, "V": readout.V, "c": readout.c[:, None]}


def updated(run: Run, rate: float) -> Run:
    """The run after one step of gradient descent, every weight minus rate times its gradient."""
    g = gradients(run)
    return rerun(run, {name: table - rate * g[name] for name, table in tables_of(run).items()})


def trained(run: Run, updates: int, rate: float) -> tuple[Run, int]:
    """The run after so many updates, and how many were made.

    Fewer are made where the network is too large for more, or where its states or gradients outgrow float64.
    """
    T, K, H = run.T, len(run.readout.c), run.weights.H
    possible = min(updates, int(MOST_WORK / (4 * T * H * (H + 2 * K))))
    if not possible or T < len(run.sequence.x):
        return run, 0
    rows = list(descent(run, possible, rate))
    while len(rows) > 1:
        w, readout = layout_of(run).unpack(rows[-1])
        tables = {"W": w.W["a"], "U": w.U["a"], "b": w.b["a"][:, None], "V": readout.V}
        try:
            later = rerun(run, {**tables, "c": readout.c[:, None]})
        except OverflowError:
            later = run
        if later is not run and later.T == T and np.isfinite(later.loss.total()):
            return later, len(rows) - 1
        rows.pop()
    return run, 0


def layout_of(run: Run) -> Layout:
    """How the parameters of an RNN's run stand in one row."""
    return Layout(run.cell.name, run.weights.H, run.sequence.x.shape[1], len(run.readout.c))


def descent(run: Run, updates: int, rate: float) -> Iterator[Array]:
    """The parameters as rows (P,), at first and after each update, as long as loss and gradient are finite.

    The gradients are those of `gradients`, at the speed that training needs.
    """
    layout, T = layout_of(run), run.T
    net = Network(layout, (1, T, 1), run.experiment.activation, np.float64)
    net.passes.h[0, 0, 0] = run.trace.s["h"][0]
    shape = (1, T, 1)
    x, carries = run.sequence.x.argmax(axis=1).reshape(shape), run.loss.carries.reshape(shape)
    batch = Batch(x, run.sequence.targets.reshape(shape), carries.astype(np.float64), carries)
    row = layout.pack(run.weights, run.readout)
    yield row
    for made in range(updates):
        progress.report(made / updates)
        found = net.gradient(row[None], batch, Rules())
        row = row - rate * found.rows[0]
        if not (np.isfinite(found.loss[0]) and np.isfinite(row).all()):
            return
        yield row


def network(e: Experiment, own: Typed) -> tuple[Run, int]:
    """The sentence's network, edited and then trained; and how many updates it took."""
    return trained(edited(runs.run(e), read(own.edits)), own.updates, own.rate)

"""Two or three experiments to be compared: what the second and the third have of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from explorer.activations import ACTIVATIONS
from explorer.cells import CELLS
from explorer.experiment import Experiment, lacking
from explorer.parameters import Range, check, choice, grid, labels, param
from explorer.weights import INITIALISERS

NONE = "none"
BIAS = grid((-6, 10, 0.1))
GAIN = grid((0, 3, 0.02), (3, 6, 0.1), (6, 20, 0.5))
SCALES = {"shared": "shared by all", "row": "each row by its largest (opt-in)"}
SCALE_HELP = "Dividing each row by its largest value hides how much is lost; the title then says so."
OWN = ("activation", "initialiser", "gain", "forget_bias")  # what each rival sets for itself, beside its cell


@dataclass(frozen=True)
class Compared:
    """The second and the third experiment, where they differ from the first, and the maps' scale."""

    cell2: str = param("lstm", choice("Second: cell", labels(CELLS)))
    cell3: str = param("gru", choice("Third: cell", {NONE: "none", **labels(CELLS)}))
    activation2: str = param("tanh", choice("Second: activation φ", labels(ACTIVATIONS)))
    activation3: str = param("tanh", choice("Third: activation φ", labels(ACTIVATIONS)))
    initialiser2: str = param("gaussian", choice("Second: initialiser of W", labels(INITIALISERS)))
    initialiser3: str = param("gaussian", choice("Third: initialiser of W", labels(INITIALISERS)))
    gain2: float = param(1.0, Range("Second: gain g", 0.0, 20.0, 0.01, grid=GAIN))
    gain3: float = param(1.0, Range("Third: gain g", 0.0, 20.0, 0.01, grid=GAIN))
    forget_bias2: float = param(3.0, Range("Second: forget bias", -40.0, 40.0, 0.1, grid=BIAS))
    forget_bias3: float = param(3.0, Range("Third: forget bias", -40.0, 40.0, 0.1, grid=BIAS))
    scale: str = param("shared", choice("Scale of the maps", SCALES, SCALE_HELP))

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The rivals beside the first: 2, and 3 if there is a third."""
        return (2,) if self.cell3 == NONE else (2, 3)

    def rival(self, e: Experiment, number: int) -> Experiment:
        """The second or third experiment: the first with its own cell and settings, inputs and seed alike.

        Raises ValueError where the size is beyond what this cell can have.
        """
        own = {name: getattr(self, f"{name}{number}") for name in OWN}
        return replace(e, cell=getattr(self, f"cell{number}"), forget_rule="constant", **own)

    def idle(self) -> Mapping[str, str]:
        """{field: why its control does nothing}."""
        reasons: dict[str, str] = {}
        for number, cell in ((2, self.cell2), (3, self.cell3)):
            if cell == NONE:
                names = [f.name for f in fields(self) if f.name.endswith("3") and f.name != "cell3"]
                reasons |= dict.fromkeys(names, "There is no third experiment.")
                continue
            reasons |= {f"{name}{number}": why for name, why in lacking(cell).items() if name in OWN}
            if not INITIALISERS[getattr(self, f"initialiser{number}")].uses_gain:
                names = [f"gain{number}", f"forget_bias{number}"]
                reasons |= dict.fromkeys(names, "PyTorch’s default draws W, U and b itself.")
        return reasons


def sliders(e: Experiment, own: Compared) -> tuple[str, ...]:
    """The fields most worth dragging: the length, the first one's gain, and what the second one turns on."""
    first, second = (
        "forget_bias" if "forget_bias" in CELLS[cell].settings else "gain" for cell in (e.cell, own.cell2)
    )
    return ("steps", first, f"{second}2")


def differing(rivals: tuple[Experiment, ...]) -> dict[str, tuple[Any, ...]]:
    """{field: each rival's value} where they differ; None where the field does nothing in one."""
    idle = [e.idle() for e in rivals]
    rows = {}
    for f in fields(Experiment):
        values = tuple(
            None if f.name in silent else getattr(e, f.name) for e, silent in zip(rivals, idle, strict=True)
        )
        if len(set(values)) > 1:
            rows[f.name] = values
    return rows

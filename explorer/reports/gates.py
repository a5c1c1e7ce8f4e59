"""An LSTM gate by gate at one step, and what holding a gate does to states, loss and gradient."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from explorer.arrays import Array, Integers, freeze, log_norm
from explorer.lessons.gates import Surgery, log_arriving
from explorer.reports.lstm import SYMBOLS, LstmReport, lstm_report, size_of
from explorer.run import Run
from explorer.surgery import Levels, Pin, active, operated
from explorer.wording import number, steps

MOST_TOLD = 2  # operations named one by one in a finding
LN10 = float(np.log(10.0))
BENDS = {"f": r"\sigma", "i": r"\sigma", "g": r"\tanh", "o": r"\sigma"}
SLIDERS = {"none": ("moment", "held_at", "forget_bias"), "held": ("held_at", "held_from", "held_for")}


@dataclass(frozen=True)
class Bars:
    """One quantity of every unit at the step looked at, and what it is without the operation."""

    symbol: str  # whose colour it has
    name: str
    values: Array  # (H,)
    before: Array  # (H,)


@dataclass(frozen=True)
class GatesReport:
    """What the lesson shows of one LSTM, with a gate held or not."""

    T: int
    t: int  # the step looked at
    unit: int  # from 1 on
    token: str
    stage: str
    pins: tuple[Pin, ...]  # what is held, the later over the earlier
    bars: tuple[Bars, ...]  # of the stage: two and what they make
    equation: tuple[str, str]  # in LaTeX: as it is written, and with the unit's numbers
    strips: LstmReport
    arriving: Array  # (T,), ln of the gradient that reaches c_t
    arriving_before: Array  # (T,), the same without the operation
    size: Array  # (T,), ‖c_t‖
    size_before: Array
    loss: float
    loss_before: float

    def finding(self) -> str:
        """What the stage does at this step, or what the operation changes."""
        left = size_of(float(self.arriving[self.t - 1]))
        if not self.pins:
            sizes = (number(float(np.abs(bar.values).mean()), 2) for bar in self.bars)
            parts = ", ".join(f"{bar.name} {size}" for bar, size in zip(self.bars, sizes, strict=True))
            return f"Step {self.t}, “{self.token}”: mean sizes {parts}; {left} of the error gets back here"
        return (
            f"{self.held()}: loss {number(self.loss_before)} → "
            f"{number(self.loss)}; {left} of the error gets back to step {self.t}, "
            f"before {self.left_before()}"
        )

    def held(self) -> str:
        """What is held where, in words."""
        if len(self.pins) > MOST_TOLD:
            gates = sorted({SYMBOLS[pin.gate] for pin in self.pins})
            return f"{len(self.pins)} operations on {' and '.join(gates)}"
        words = [f"{SYMBOLS[pin.gate]} held at {number(pin.level)} {span(pin)}" for pin in self.pins]
        told = ", ".join(words)
        return told[0].upper() + told[1:]

    def sliders(self, own: Surgery) -> tuple[str, ...]:
        """The board's sliders: of the gate that the controls hold, else step and value of strokes."""
        return SLIDERS["none" if own.held == "none" else "held"]

    def left_before(self) -> str:
        """What reached c at the step looked at without the operation."""
        return size_of(float(self.arriving_before[self.t - 1]))

    def units_alt(self) -> str:
        """The bars in words."""
        unit = self.unit - 1
        parts = ", ".join(f"{bar.name} {number(float(bar.values[unit]))}" for bar in self.bars)
        return f"{len(self.bars[0].values)} units at step {self.t}. Unit {self.unit}: {parts}."

    def strips_alt(self) -> str:
        """The heat maps in words."""
        return f"{self.strips.alt()} {self.held()}." if self.pins else self.strips.alt()

    def answer_alt(self) -> str:
        """Gradient and cell state in words."""
        now = (size_of(float(self.arriving[0])), number(float(self.size[-1])))
        was = (size_of(float(self.arriving_before[0])), number(float(self.size_before[-1])))
        said = f"At step 1 arrives {now[0]} of the error; the last cell state has size {now[1]}."
        before = f" Before: {was[0]} and {was[1]}." if self.pins else ""
        return f"Gradient that reaches c, and size of c, over {steps(self.T)}. {said}{before}"

    def answer_caption(self) -> str:
        """What the dotted lines are, and how the loss answers."""
        if not self.pins:
            return f"Loss E = {number(self.loss)}. Hold a gate, and a dotted line stays at what was before."
        return f"Dotted: before. Loss E = {number(self.loss)}, before {number(self.loss_before)}."

    def line_caption(self) -> str:
        """What the strip is."""
        return (
            "The strip is the cell-state line: as wide and as coloured as the gradient that reaches c, "
            f"as a part of the error that starts at step {self.T}."
        )

    def table(self) -> dict[str, Array | Integers]:
        """Step by step, with the operation and before it."""
        return {
            "step": np.arange(1, self.T + 1),
            "log10 of the gradient at c": self.arriving / LN10,
            "before": self.arriving_before / LN10,
            "size of c": self.size,
            "size of c before": self.size_before,
        }


def span(pin: Pin) -> str:
    """The steps at which a gate is held, in words."""
    return f"in step {pin.first}" if pin.first == pin.last else f"in steps {pin.first} to {pin.last}"


def stage_bars(stage: str, t: int, after: Run, before: Run) -> tuple[Bars, ...]:
    """The stage's three quantities at step t: two factors or terms, and what they make."""
    pairs = list(zip(quantities(stage, t, after), quantities(stage, t, before), strict=True))
    return tuple(Bars(symbol, name, values, was) for (symbol, name, values), (_, _, was) in pairs)


def quantities(stage: str, t: int, run: Run) -> tuple[tuple[str, str, Array], ...]:
    """(symbol, name, values (H,)) of a stage at step t."""
    z = {k: a[t - 1] for k, a in run.trace.z.items()}
    kept, added = z["f"] * run.trace.s["c"][t - 1], z["i"] * z["g"]
    shown = np.tanh(z["c"])
    return {
        "forget": (("f", "f", z["f"]), ("c", "old c", run.trace.s["c"][t - 1]), ("f", "kept f⊙c", kept)),
        "add": (("i", "i", z["i"]), ("g", "c̃", z["g"]), ("i", "added i⊙c̃", added)),
        "state": (("f", "kept f⊙c", kept), ("i", "added i⊙c̃", added), ("c", "new c", z["c"])),
        "output": (("o", "o", z["o"]), ("c", "tanh c", shown), ("h", "h", z["h"])),
    }[stage]


def equation(stage: str, t: int, unit: int, run: Run, held: Levels) -> tuple[str, str]:
    """The stage's equation in LaTeX, and the same with one unit's numbers put in."""
    z = {k: float(a[t - 1, unit]) for k, a in run.trace.z.items()}
    old = float(run.trace.s["c"][t - 1, unit])

    def gate(k: str) -> str:
        if k in dict(held):
            return rf"\text{{held at }}{tex(z[k])}"
        w = run.weights
        parts = (w.b[k][unit], w.W[k][unit] @ run.trace.s["h"][t - 1], w.U[k][unit] @ run.trace.x[t - 1])
        inside = plus(*(float(part) for part in parts))
        return rf"{BENDS[k]}({inside}) = {tex(z[k])}"

    written = {
        "forget": rf"f_{{{t}}} = \sigma(b_f + W_f h_{{{t - 1}}} + U_f x_{{{t}}})",
        "add": rf"i_{{{t}}} = \sigma(b_i + W_i h_{{{t - 1}}} + U_i x_{{{t}}}),\;"
        rf" \tilde{{c}}_{{{t}}} = \tanh(b_g + W_g h_{{{t - 1}}} + U_g x_{{{t}}})",
        "state": rf"c_{{{t}}} = f_{{{t}}} \odot c_{{{t - 1}}} + i_{{{t}}} \odot \tilde{{c}}_{{{t}}}",
        "output": rf"o_{{{t}}} = \sigma(b_o + W_o h_{{{t - 1}}} + U_o x_{{{t}}}),\;"
        rf" h_{{{t}}} = o_{{{t}}} \odot \tanh(c_{{{t}}})",
    }
    worked = {
        "forget": lambda: gate("f"),
        "add": lambda: rf"{gate('i')},\; {gate('g')}",
        "state": lambda: (
            rf"{tex(z['f'])} \cdot {tex(old, True)} + {tex(z['i'])} \cdot {tex(z['g'], True)}"
            rf" = {tex(z['c'])}"
        ),
        "output": lambda: rf"{gate('o')},\; {tex(z['o'])} \cdot \tanh({tex(z['c'])}) = {tex(z['h'])}",
    }
    return written[stage], worked[stage]()


def tex(value: float, inner: bool = False) -> str:
    """A number in LaTeX with two decimals; in brackets where it is negative and stands inside."""
    text = f"{value:.2f}"
    text = "0.00" if text == "-0.00" else text
    return f"({text})" if inner and text.startswith("-") else text


def plus(*terms: float) -> str:
    """A sum in LaTeX: "1.00 - 0.21 + 0.30"."""
    rest = "".join(f" {'-' if tex(x).startswith('-') else '+'} {tex(x).lstrip('-')}" for x in terms[1:])
    return tex(terms[0]) + rest


def gates_report(plain: Run, own: Surgery) -> GatesReport:
    """The report of an LSTM run under the lesson's settings."""
    pins = own.pins(plain.T)
    after = operated(plain, *pins)
    t, unit = min(own.moment, plain.T), min(own.shown_unit, plain.weights.H)
    return freeze(
        GatesReport(
            T=plain.T,
            t=t,
            unit=unit,
            token=plain.sequence.tokens[t - 1],
            stage=own.gate_step,
            pins=pins,
            bars=stage_bars(own.gate_step, t, after, plain),
            equation=equation(own.gate_step, t, unit - 1, after, active(pins, t)),
            strips=lstm_report(after),
            arriving=log_arriving(after),
            arriving_before=log_arriving(plain),
            size=np.exp(log_norm(after.trace.s["c"][1:])),
            size_before=np.exp(log_norm(plain.trace.s["c"][1:])),
            loss=float(after.loss.total()),
            loss_before=float(plain.loss.total()),
        )
    )


def moved(report: GatesReport, plain: Run, own: Surgery, t: int) -> GatesReport:
    """The same report at another step t; what holds for all steps is kept."""
    after = operated(plain, *report.pins)
    found = active(report.pins, t)
    return replace(
        report,
        t=t,
        token=plain.sequence.tokens[t - 1],
        bars=stage_bars(own.gate_step, t, after, plain),
        equation=equation(own.gate_step, t, report.unit - 1, after, found),
    )


def equations_of_steps(
    report: GatesReport, plain: Run, own: Surgery
) -> Callable[[], dict[int, tuple[str, str]]]:
    """How to make {step: its equation} of every step."""
    return lambda: {t: moved(report, plain, own, t).equation for t in range(1, report.T + 1)}

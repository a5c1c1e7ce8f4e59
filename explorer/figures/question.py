"""Predict, then reveal: sketched curves or a point on a scale, and the truth over them."""

from collections.abc import Sequence

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import LN10, Scale, axis, curve, label, layout, power_axis, rounded_up, typed
from explorer.figures.theme import Figure, Look, Trace
from explorer.lesson import Curve, CurveQuestion, PointQuestion, Sketch
from explorer.wording import number, ten_to

EDGE = 0.06  # share of a number line left free at either end


def sketches(look: Look, question: CurveQuestion, truth: Curve | None) -> Figure:
    """The sketched curves to choose from, each with its name at its end; the truth over them, if given."""
    scale = scale_of_sketches(question.sketches)
    traces: list[Trace] = []
    words = []
    for sketch, colour in zip(question.sketches, look.accents[1:], strict=False):
        x, decades = np.array(sketch.corners, dtype=np.float64).T
        inside = np.where((decades >= scale.low) & (decades <= scale.high), decades, np.nan)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "x": typed(x), "y": typed(inside), "name": sketch.name,
                "line": {"color": colour, "width": 3, "dash": "dash"}, "hoverinfo": "name",
            }
        )  # fmt: skip
        words.append(label(look, sketch.name, float(x[-1]), float(decades[-1]), colour, yanchor="middle",
                           xshift=8))  # fmt: skip
    if truth is not None:
        traces += curve(truth.x, truth.decades * LN10, scale, name="the run", colour=look.ink)
    last = max(corner[0] for sketch in question.sketches for corner in sketch.corners)
    x_axis = axis(look, question.x, range=[0, last * 1.1])
    y_axis = power_axis(look, question.y, scale.low, scale.high)
    return {"data": traces, "layout": layout(look, x_axis, y_axis, annotations=words, height=330)}


def scale_of_sketches(drawn: Sequence[Sketch]) -> Scale:
    """A scale that holds all sketches, and never depends on the truth, which it would give away."""
    ends: Array = np.array([corner[1] for sketch in drawn for corner in sketch.corners])
    return Scale(-rounded_up(max(1.0, -float(ends.min()))), rounded_up(max(1.0, float(ends.max()))))


def number_line(look: Look, question: PointQuestion, guess: float, truth: float | None) -> Figure:
    """A logarithmic number line with the guess above it and, if given, the truth below."""
    low, high = limits(question, truth)
    marks = [(guess, 0.35, "your guess", look.accents[2], "triangle-down")]
    if truth is not None:
        marks.append((truth, -0.35, "the run", look.ink, "triangle-up"))
    traces: list[Trace] = [
        {
            "type": "scatter", "mode": "markers+text",
            "x": [float(np.clip(np.log10(max(x, 1e-300)), low, high))],
            "y": [height], "text": [f"<b>{name}: {number(x)}</b>"], "textfont": {"size": 18, "color": colour},
            "textposition": "top center" if height > 0 else "bottom center",
            "marker": {"symbol": symbol, "size": 16, "color": colour}, "name": name,
            "hoverinfo": "text", "cliponaxis": False,
        }
        for x, height, name, colour, symbol in marks
    ]  # fmt: skip
    room = EDGE * (high - low)
    ticks = [float(x) for x in ticks_between(low, high)]
    x_axis = axis(look, f"{question.control.label} ({question.unit})", range=[low - room, high + room],
                  tickvals=ticks, ticktext=[tick_word(x) for x in ticks])  # fmt: skip
    y_axis = {"visible": False, "range": [-1.2, 1.2], "fixedrange": True}
    zero = {
        "type": "line",
        "x0": low,
        "x1": high,
        "y0": 0,
        "y1": 0,
        "line": {"color": look.muted, "width": 3},
    }
    margin = {"l": 20, "r": 20, "t": 10, "b": 50}
    changes = {"shapes": [zero], "height": 230, "margin": margin}
    return {"data": traces, "layout": layout(look, x_axis, y_axis, **changes)}


def limits(question: PointQuestion, truth: float | None) -> tuple[float, float]:
    """log₁₀ of the ends of the line: the control's, and the truth where it lies beyond."""
    places = [x for x in (*question.control.grid, question.control.low, question.control.high) if x > 0]
    ends = [*places, *([truth] if truth is not None and 0 < truth < np.inf else [])]
    return float(np.log10(min(ends))), float(np.log10(max(ends)))


def ticks_between(low: float, high: float) -> Array:
    """log₁₀ of round numbers between two ends: 1, 2, 5 a decade, or whole decades where there are many."""
    if high - low > 4:
        step = max(1, round((high - low) / 8))
        return np.arange(np.ceil(low), np.floor(high) + 1, step)
    decades = np.arange(np.floor(low), np.ceil(high) + 1)
    found = np.array([decade + np.log10(digit) for decade in decades for digit in (1, 2, 5)])
    return found[(found >= low - 1e-9) & (found <= high + 1e-9)]


def tick_word(decades: float) -> str:
    """How a tick reads: the number itself, or a power of ten where it is far from 1."""
    return number(10.0**decades) if -2 <= decades < 4 else ten_to(round(decades))

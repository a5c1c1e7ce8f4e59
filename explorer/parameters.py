"""What a parameter of an experiment is: its control as data, its limits, and the nearest legal value."""

import math
from dataclasses import Field, dataclass, field, fields
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Choice:
    """A control with named options; `labels` are how they read on screen."""

    label: str
    options: tuple[str, ...]
    labels: tuple[str, ...]
    help: str = ""


@dataclass(frozen=True)
class Range:
    """A numeric control; `grid` holds the slider's positions, all within [low, high]."""

    label: str
    low: float
    high: float
    step: float
    help: str = ""
    grid: tuple[float, ...] = ()


@dataclass(frozen=True)
class Text:
    """A control for typed text of at most `most` characters."""

    label: str
    most: int
    help: str = ""


Control = Choice | Range | Text


def grid(*pieces: tuple[float, float, float]) -> tuple[float, ...]:
    """Slider positions from pieces (low, high, step), both ends included, each position once."""
    positions = [np.arange(low, high + step / 2, step) for low, high, step in pieces]
    return tuple(float(x) for x in np.unique(np.round(np.concatenate(positions), 6)))


def choice(label: str, options: dict[str, str], help: str = "") -> Choice:
    """A Choice from {option: how it reads}."""
    return Choice(label, tuple(options), tuple(options.values()), help)


def param(default: Any, control: Control) -> Any:
    """A dataclass field with its control as metadata."""
    return field(default=default, metadata={"control": control})


def labels(table: dict[str, Any]) -> dict[str, str]:
    """{key: label} of a table of things that have a label."""
    return {key: entry.label for key, entry in table.items()}


def check(record: Any) -> None:
    """Raises ValueError naming field, limits and value where a field is outside its control."""
    for f in fields(record):
        value, control = getattr(record, f.name), f.metadata["control"]
        if isinstance(control, Choice) and not (isinstance(value, str) and value in control.options):
            raise ValueError(f"{f.name} must be one of {', '.join(control.options)}; got {shown(value)}")
        if isinstance(control, Range):
            check_range(f.name, value, control, whole=isinstance(f.default, int))
        if isinstance(control, Text):
            check_text(f.name, value, control)


def check_text(name: str, value: Any, control: Text) -> None:
    """Raises ValueError unless value is text of a length the control allows."""
    limit = f"{name} must be text of at most {control.most:,} characters"
    if not isinstance(value, str):
        raise ValueError(f"{limit}; got {shown(value)}")
    if len(value) > control.most:
        raise ValueError(f"{limit}; got {len(value):,}")


def check_range(name: str, value: Any, control: Range, *, whole: bool) -> None:
    """Raises ValueError unless value is a number (a whole one, where asked) within the control's limits."""
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds):
        kind = "whole number" if whole else "number"
        raise ValueError(f"{name} must be a {kind} in {limits_of(control)}; got {shown(value)}")
    if not control.low <= value <= control.high:  # false for nan too
        raise ValueError(f"{name} must lie in {limits_of(control)}; got {shown(value)}")


def limits_of(control: Range) -> str:
    """The control's limits as an interval."""
    return f"[{control.low:g}, {control.high:g}]"


def shown(value: Any) -> str:
    """A refused value as the message quotes it; cut, for it may be of any length."""
    if isinstance(value, int) and abs(value) > 10**40:  # Python refuses to write out huge integers
        return "a whole number of more than 40 digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def legal_value(f: Field[Any], raw: str) -> tuple[Any, str | None]:
    """The legal value nearest to a raw text for a field, and a sentence where it had to change."""
    control: Control = f.metadata["control"]
    default: Any = f.default
    if isinstance(control, Choice):
        if raw in control.options:
            return raw, None
        return default, f"{f.name} must be one of {', '.join(control.options)}; using {default}."
    if isinstance(control, Text):
        if len(raw) <= control.most:
            return raw, None
        return raw[: control.most], f"{f.name} may have {control.most:,} characters; the rest is left out."
    return nearest(f.name, raw, control, default)


def nearest(name: str, raw: str, control: Range, default: float) -> tuple[float, str | None]:
    """The number within the control's limits nearest to a raw text."""
    limits = f"{name} must be a number in {limits_of(control)}"
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        return default, f"{limits}; using {default:g}."
    within = min(max(value, control.low), control.high) + 0.0  # + 0.0 turns −0.0 into 0.0
    found: float = round(within) if isinstance(default, int) else within
    return found, None if found == value else f"{limits}; using {found:g}."

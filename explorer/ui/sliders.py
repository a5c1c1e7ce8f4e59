"""What the board needs to know of numeric fields, and how it sets them."""

from dataclasses import Field, fields
from functools import cache
from typing import Any

from explorer.experiment import FIELDS
from explorer.parameters import Range
from explorer.ui import state
from explorer.wording import number

OWN = "_own_fields"  # session key: {name: field} of the records that pages declared for themselves


def adopt(kind: type[Any]) -> None:
    """Let the fields of a page's own record have sliders and clicks, as those of Experiment and View have."""
    own: dict[str, Field[Any]] = state.session().setdefault(OWN, {})
    own.update({f.name: f for f in fields(kind)})


def field_of(name: str) -> Field[Any]:
    """The field of that name, of Experiment, View or a record adopted in this session."""
    known: dict[str, Field[Any]] = {**state.session().get(OWN, {}), **FIELDS}
    return known[name]


def kind_of(name: str) -> type[Any]:
    """The type of a field's values."""
    return type(field_of(name).default)


def slider(name: str) -> dict[str, Any]:
    """What the board needs to know of one slider."""
    f = field_of(name)
    control = f.metadata["control"]
    if not isinstance(control, Range):
        raise ValueError(f"a slider must be a numeric field; {name} is not")
    positions, shown = positions_of(control)
    value = state.session().get(name, f.default)
    return {
        "field": name,
        "label": control.label,
        "positions": positions,
        "shown": shown,
        "value": value,
        "text": number(value),
        "why_idle": state.session().get("_idle", {}).get(name, ""),
    }


@cache
def positions_of(control: Range) -> tuple[list[float], list[str]]:
    """A slider's positions and how they read."""
    positions = list(control.grid) or whole_positions(control)
    return positions, [number(position) for position in positions]


def whole_positions(control: Range) -> list[float]:
    """Positions at the control's own step."""
    count = round((control.high - control.low) / control.step)
    return [control.low + i * control.step for i in range(count + 1)]


def set_within(name: str, value: float) -> None:
    """Set a numeric field to a value, the nearest its control allows."""
    control = field_of(name).metadata["control"]
    if isinstance(control, Range):
        within = min(max(value, control.low), control.high)
        state.session()[name] = round(within) if kind_of(name) is int else float(within)

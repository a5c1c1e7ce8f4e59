"""Axes of what is counted: their ticks stand at whole numbers only."""

import re
from typing import Any

import numpy as np

# in an axis' title
COUNTED = re.compile(r"\b(step|steps|lag|unit|index|update|words|multiplied|distance|state k)\b")
FEW = 10.0  # whole numbers on an axis, up to which Plotly would put ticks between them


def whole(title: str, **changes: Any) -> dict[str, Any]:
    """Ticks at whole numbers for an axis of that title and these settings, where it needs them."""
    low, high = sorted(changes.get("range", (0.0, np.inf)))
    counts = COUNTED.search(title) and "along" not in title
    if not counts or high - low > FEW or changes.keys() & {"tickvals", "dtick"}:
        return {}
    return {"tick0": 0, "dtick": max(1, int(np.ceil((high - low) / changes.get("nticks", FEW))))}

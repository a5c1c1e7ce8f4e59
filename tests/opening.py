"""Pages run without a browser, as Streamlit's own test runner offers it."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
KINDS = ("segmented_control", "button_group", "selectbox", "number_input", "text_area")


def app(page="gradient_flow", **address):
    """A page opened by an address with these parameters, without a sign of an exception."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    if page != "gradient_flow":
        at.run()
        at.switch_page(f"pages/{page}.py")
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def controls(at):
    """{key: widget} of every control of a page."""
    return {widget.key: widget for kind in KINDS for widget in getattr(at, kind, []) if widget.key}


def control(at, name):
    """The control of that key; raises KeyError if there is none."""
    return controls(at)[name]


def sent(at):
    """What the components of a page are sent."""
    found = [json.loads(component.proto.json or "{}") for component in at.get("bidi_component")]
    return [data[0] if isinstance(data, list) else data for data in found if data]


def finding(at):
    """What the run shows, as the page's heading."""
    return next(data["finding"] for data in sent(at) if data.keys() == {"finding"})


def boards(at):
    """What the boards of a page are sent."""
    return [data for data in sent(at) if "panels" in data]


def panels(at):
    """The panels of all boards of a page."""
    return [panel for board in boards(at) for panel in board.get("panels", [])]

"""hide= removes any control by its id, on every page: from the toolbar and from the board."""

import importlib
import pkgutil
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import explorer
from opening import KINDS, app, boards

FOLDER = Path(__file__).parents[1] / "pages"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}
PAGES = [page for page, source in SOURCES.items() if "board.show(" in source]
HIDABLE = (*KINDS, "slider")


def records():
    """Every frozen record of settings, wherever it is defined."""
    found = pkgutil.walk_packages(explorer.__path__, "explorer.")
    modules = [importlib.import_module(info.name) for info in found]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return [kind for kind in kinds if is_dataclass(kind) and fields(kind)
            and all("control" in f.metadata for f in fields(kind))]  # fmt: skip


NAMES = sorted({f.name for kind in records() for f in fields(kind)})


def controls(at):
    """The keys of the widgets that a page has."""
    found = [widget.key for kind in HIDABLE for widget in getattr(at, kind, []) if widget.key]
    return {key for key in found if key.isidentifier() and not key.startswith("_")}


def sliders(at):
    """The fields of the board's sliders."""
    return {slider["field"] for board in boards(at) for slider in board.get("sliders", [])}


def removed(**params):
    """The widgets that the app's style does not show under an address."""
    style = "".join(html.proto.body for html in app(**params).get("html"))
    return set(re.findall(r"\.st-key-(\w+) \{ display: none; \}", style))


@pytest.mark.parametrize("page", PAGES)
def test_all_controls_of_a_page_can_be_hidden(page):
    at = app(page, hide=",".join(NAMES))
    assert sliders(at) == set()
    assert len(controls(at)) > 3
    assert controls(at) <= set(NAMES)


def test_whatever_is_named_is_hidden_by_the_apps_style():
    assert removed(hide=",".join(NAMES)) == set(NAMES)


def test_a_board_has_sliders_to_hide():
    assert sliders(app("weights"))


def test_what_is_not_asked_for_stays():
    assert removed(hide="gain") == {"gain"}
    left = sliders(app("weights", hide="gain"))
    assert left
    assert "gain" not in left


def test_a_hidden_control_keeps_its_value_from_the_link():
    at = app("weights", hide="gain", gain="1.7")
    assert at.session_state["gain"] == 1.7
    assert at.query_params["gain"] == "1.7"


def test_no_name_can_smuggle_in_a_style():
    assert removed(hide="gain,x{}body,a b,</style>") == {"gain"}


def test_the_link_for_a_class_is_written_by_choosing_names():
    at = app("weights")
    at.multiselect(key="_hide").set_value(["gain", "seed"]).run()
    assert any("hide=gain,seed" in code.value for code in at.code)


def visible(tab):
    """Widgets in sight in the toolbar and sliders of the board, by key."""
    return tab.evaluate(
        "() => [...document.querySelectorAll('[class*=st-key-], .gf-slider input')]"
        ".filter((e) => e.offsetParent !== null && e.offsetHeight)"
        ".flatMap((e) => e.id || [...e.classList].filter((c) => c.startsWith('st-key-')))"
    )


def test_in_the_browser_a_hidden_control_is_out_of_sight(tab, server):
    tab.goto(f"{server}/?hide=cell,gain,steps")
    tab.wait_for_selector(".gf-plot .main-svg", timeout=120_000)
    seen = visible(tab)
    assert "st-key-toolbar" in seen
    assert not {"st-key-cell", "gf-gain", "gf-steps"} & set(seen)
    tab.goto(f"{server}/?hide=toolbar")
    tab.wait_for_selector(".gf-plot .main-svg", timeout=120_000)
    assert "st-key-toolbar" not in visible(tab)
    assert "gf-gain" in visible(tab)

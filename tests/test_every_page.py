"""What is true of every page, seen in one visit to it: what it opens with, asks for, says and prints."""

import re
from pathlib import Path

import pytest

from browsing import READY, SLUGS, finding, opened, settled
from explorer.figures.theme import DARK


@pytest.fixture(scope="module", params=SLUGS)
def visit(request, chromium, server):
    """One page, opened once for all tests of this file: its name, its tab and the addresses it asked for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    tab, asked, errors = context.new_page(), [], []
    tab.on("request", lambda asking: asked.append(asking.url))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield request.param, opened(tab, f"{server}/{SLUGS[request.param]}"), asked
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core."""
    package = pytest.importorskip("axe_playwright_python", reason="no axe-core: see tests/requirements.txt")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def serious(tab, axe):
    """What axe-core calls serious or critical on a page, with the elements it names."""
    tab.evaluate(axe)
    found = tab.evaluate("() => window.axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{v['id']}: {node['html'][:200]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]


def test_page_opens_with_a_finding_and_its_main_figure_in_sight(visit):
    _, tab, _ = visit
    assert len(finding(tab)) > 20
    box = tab.locator(".gf-plot").first.bounding_box()
    assert box["y"] + box["height"] <= 722
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


def test_every_figure_says_what_it_shows_and_its_numbers_are_one_click_away(visit):
    page, tab, _ = visit
    figures = tab.locator(".gf-grid:not(.gf-draft) figure.gf-panel")
    assert figures.count() >= 1
    for i in range(figures.count()):
        alt = figures.nth(i).get_attribute("aria-label")
        assert re.search(r"\d", alt), alt
        figures.nth(i).locator(".gf-numbers").focus()
        tab.keyboard.press("Enter")
        shown = tab.locator("dialog.gf-table").inner_text()
        numbers = tab.locator("dialog.gf-table td", has_text=re.compile(r"\d")).count()
        assert numbers > 0 or (page == "train" and "Nothing is drawn here yet." in shown), alt
        assert not re.search(r"NaN|undefined|null|\de[-+]?\d", shown)
        tab.keyboard.press("Escape")
        tab.wait_for_selector("dialog.gf-table", state="detached")


def test_a_printed_page_holds_the_finding_and_every_figure_and_no_controls(visit):
    _, tab, _ = visit
    tab.emulate_media(media="print")
    tab.wait_for_timeout(300)
    assert tab.locator("h4").first.is_visible()
    plots = tab.locator(".gf-grid:not(.gf-draft) .gf-plot")
    for i in range(plots.count()):
        box = plots.nth(i).bounding_box()
        assert box["width"] > 100
        assert box["height"] > 60
    for control in (".st-key-toolbar", "header", ".gf-numbers"):
        assert not tab.locator(control).first.is_visible()
    tab.emulate_media(media="screen")


def test_axe_finds_nothing_serious_in_the_light(visit, axe):
    _, tab, _ = visit
    assert serious(tab, axe) == []


def test_axe_finds_nothing_serious_in_the_dark(visit, axe):
    _, tab, _ = visit
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function(
        "(ink) => [...document.querySelectorAll('.gf-grid:not(.gf-draft) .gf-plot')]"
        ".every((p) => p.layout.font.color === ink)",
        arg=DARK.ink,
        timeout=READY,
    )
    settled(tab)
    assert serious(tab, axe) == []


def test_page_asked_nothing_of_any_other_host(visit, server):
    _, _, asked = visit
    strangers = [url for url in asked if not re.match(rf"({server}|ws://localhost|data:|blob:)", url)]
    assert len(asked) > 5
    assert strangers == []

"""What only a real browser can show of one page: dragging, addresses, clicks, what survives."""

import re

import pytest

from browsing import PLOT, READY, SLUGS, drag, finding, opened, settled


def test_slider_is_answered_while_it_is_still_held(tab, server):
    opened(tab, server)
    before = int(tab.locator(".gf").get_attribute("data-turn"))
    words = finding(tab)
    drag(tab, "gain", to=0.6)
    tab.wait_for_function(f"() => +document.querySelector('.gf').dataset.turn >= {before + 2}", timeout=READY)
    held = finding(tab)
    tab.mouse.up()
    assert held != words


def test_plots_are_updated_in_place_and_keep_their_zoom(tab, server):
    opened(tab, server)
    tab.evaluate("() => { window.kept = [...document.querySelectorAll('.gf .main-svg')]; }")
    plot = tab.locator("[data-panel=lag] .gf-plot .nsewdrag").bounding_box()
    y = plot["y"] + plot["height"] / 2  # a drag along the plot zooms into these steps
    tab.mouse.move(plot["x"] + 0.06 * plot["width"], y)
    tab.mouse.down()
    tab.mouse.move(plot["x"] + 0.34 * plot["width"], y, steps=8)
    tab.mouse.up()
    zoomed = "() => document.querySelector('[data-panel=lag] .gf-plot').layout.xaxis.range"
    tab.wait_for_function(f"({zoomed})()[0] > 1", timeout=READY)
    tab.locator("#gf-gain").focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
        settled(tab)
    assert tab.evaluate("() => window.kept.every((node) => node.isConnected)")
    shown = tab.evaluate(zoomed)
    assert [round(x) for x in shown] == [3, 17]


def test_at_most_one_request_is_on_its_way(tab, server):
    opened(tab, server)
    tab.evaluate(
        "() => { const b = document.querySelector('.gf').board; b.overdue = () => false; window.most = 0;"
        " window.sent = 0; const pump = b.pump.bind(b);"
        " b.pump = () => { const was = b.waiting; pump();"
        " if (was && b.waiting && b.waiting !== was) window.most = 2;"
        " if (b.waiting !== was) window.sent++; }; }"
    )
    drag(tab, "gain", to=0.7)
    tab.mouse.up()
    settled(tab)
    assert tab.evaluate("window.sent") >= 2
    assert tab.evaluate("window.most") == 0


def test_dragging_rewrites_the_address_and_the_address_restores_the_page(tab, server):
    opened(tab, server)
    tab.locator("#gf-gain").focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    settled(tab)
    tab.wait_for_url(re.compile(r"gain=1\.1"), timeout=READY)
    words, address = finding(tab), tab.url
    opened(tab, address)
    assert finding(tab) == words
    assert tab.locator(".gf-slider output").nth(1).inner_text() == "1.1"


def test_a_click_on_the_map_chooses_the_pair_for_every_view(tab, server):
    opened(tab, server)
    before = finding(tab)
    plot = tab.locator("[data-panel=map] .gf-plot .nsewdrag").bounding_box()
    tab.mouse.click(plot["x"] + 0.21 * plot["width"], plot["y"] + 0.79 * plot["height"])
    tab.wait_for_url(re.compile(r"source="), timeout=READY)
    tab.wait_for_function(
        "before => document.querySelector('h4').innerText !== before", arg=before, timeout=READY
    )
    settled(tab)
    found = re.search(r"step (\d+) back to step (\d+)", finding(tab))
    assert abs(int(found[1]) - 40) <= 2
    assert abs(int(found[2]) - 10) <= 2


def test_back_and_reload_restore_what_was_on_screen(tab, server):
    opened(tab, f"{server}/?gain=2.5&seed=7&cell=lstm")
    words = finding(tab)
    tab.reload()
    tab.wait_for_selector(PLOT, timeout=READY)
    settled(tab)
    assert finding(tab) == words
    assert "seed=7" in tab.url


def test_an_illegal_address_is_mended_and_said(tab, server):
    opened(tab, f"{server}/?gain=99&steps=abc&cell=nope&unknown=1")
    notice = tab.get_by_text("The link asked for gain = 99").inner_text()
    assert "[0, 20]" in notice
    assert tab.locator(".gf-slider output").nth(1).inner_text() == "20"


def test_a_preset_sets_the_page(tab, server):
    opened(tab, f"{server}/?gain=2.2&steps=35&activation=relu")
    tab.get_by_role("button", name="Presets").click()
    tab.get_by_role("button", name="0.5 to the power of T").click()
    tab.wait_for_url(re.compile(r"hidden_size=1"), timeout=READY)
    settled(tab)
    assert "10⁻⁶" in finding(tab)


def test_settings_follow_to_another_page_and_back(tab, server):
    opened(tab, f"{server}/?gain=1.7&seed=3")
    others = [page for page in SLUGS if SLUGS[page]]
    if not others:
        return
    tab.locator("[data-testid=stTopNavSection]").first.click()
    tab.get_by_role("menuitem", name="What reaches the weights").click()
    tab.wait_for_url(re.compile(r"/\w+\?.*gain=1\.7"), timeout=READY)
    assert "seed=3" in tab.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_reads_in_both_themes(chromium, server, scheme):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 720})
    tab = opened(context.new_page(), server)
    ink = tab.evaluate("() => document.querySelector('[data-panel=lag] .gf-plot').layout.font.color")
    context.close()
    assert ink == {"light": "#14181D", "dark": "#EEF2F6"}[scheme]


def test_a_narrow_screen_stacks_the_panels(chromium, server):
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    tab = opened(context.new_page(), server)
    width = tab.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= 392


def test_a_drawing_that_needs_its_width_is_pushed_sideways_on_a_narrow_screen(chromium, server):
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    tab = opened(context.new_page(), f"{server}/shapes")
    panel = "document.querySelector('[data-panel=drawing]')"
    seen, whole = tab.evaluate(f"[{panel}.clientWidth, {panel}.scrollWidth]")
    around = tab.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert seen <= 390 < 600 <= whole
    assert around <= 392

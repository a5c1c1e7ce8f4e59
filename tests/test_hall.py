"""The lecture view: read from the last row, filled by its figures, nothing to click by accident."""

from itertools import combinations

import pytest

from browsing import READY, SLUGS, opened
from explorer.figures.contrast import STRONG_DARK, STRONG_LIGHT, contrast, grounds, over
from explorer.figures.theme import DARK, LIGHT
from explorer.lessons.table import LESSONS
from test_accessible import SEEN_BY, apart

# Letters below 20 px (indices of a formula stand at 70 %), what could be clicked, the share of the figures.
MEASURED = """() => {
  const small = [], faint = [], lines = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92
    : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const sizeOf = (e) => parseFloat(getComputedStyle(e).fontSize);
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  while (lines.nextNode()) {
    const text = lines.currentNode.textContent.trim(), e = lines.currentNode.parentElement;
    if (!text || !seen(e) || e.closest("script, style, .gf-say, .katex-mathml, :disabled")) continue;
    const range = document.createRange();
    range.selectNodeContents(lines.currentNode);
    const box = range.getBoundingClientRect();
    if (!box.width || box.right < 0) continue;
    const size = sizeOf(e);
    const index = e.closest(".mtight, sub, sup, tspan[dy]");
    if (size < (index ? 13.9 : 19.9)) small.push(`${text.slice(0, 30)} ${size}`);
    if (e.closest("svg, .gf-plot, .katex")) continue;
    const clear = (e) => channels(getComputedStyle(e).backgroundColor)[3] === 0;
    let ground = e;
    while (ground && clear(ground)) ground = ground.parentElement;
    const under = light(channels(getComputedStyle(ground ?? document.body).backgroundColor));
    const over = light(channels(getComputedStyle(e).color));
    const ratio = (Math.max(under, over) + 0.05) / (Math.min(under, over) + 0.05);
    if (ratio < 7) faint.push(`${text.slice(0, 30)} ${ratio.toFixed(1)}`);
  }
  const area = (e) => { const b = e.getBoundingClientRect(); return b.width * b.height; };
  const shown = [".gf-strip", ".gf-grid", "[class*=st-key-panel_]", ".st-key-worked"];
  const figures = shown.flatMap((where) => [...document.querySelectorAll(where)]).filter(seen);
  const clicks = [...document.querySelectorAll("button, a, summary")].filter((e) => seen(e) && area(e) > 0);
  return {
    small, faint,
    share: figures.reduce((sum, e) => sum + area(e), 0) / (1280 * 720),
    bottom: document.querySelector(".gf").getBoundingClientRect().bottom,
    scrolled: [document.querySelector(".stMain").scrollHeight, document.documentElement.scrollWidth],
    clicks: clicks.map((e) => e.innerText.trim()),
  };
}"""
BEATS_AND_PLAYER = {"Skip to main content", "◀", "▶", "|◀", "▶ Play", "‖ Pause"}
TRAINING = {"Start", "Stop", "Continue"}


@pytest.mark.parametrize("colours", [STRONG_LIGHT, STRONG_DARK], ids=["light", "dark"])
def test_words_stand_out_seven_to_one_even_on_the_bands(colours):
    words = {colours.ink, colours.muted, colours.threshold, colours.vanish_ink, colours.explode_ink}
    words |= {*colours.cells.values(), *colours.symbols.values(), *colours.accents}
    assert {word for word in words for ground in grounds(colours) if contrast(word, ground) < 7} == set()


@pytest.mark.parametrize("colours", [STRONG_LIGHT, STRONG_DARK], ids=["light", "dark"])
@SEEN_BY
def test_the_networks_still_look_different_to_every_eye(colours, matrix):
    for one, other in combinations(colours.cells.values(), 2):
        assert apart(one, other, matrix) > 15


def test_stronger_colours_are_darker_on_light_and_lighter_on_dark():
    assert contrast(STRONG_LIGHT.muted, "#FFFFFF") > contrast(LIGHT.muted, "#FFFFFF")
    assert contrast(STRONG_DARK.muted, "#000000") >= contrast(DARK.muted, "#000000")
    assert STRONG_LIGHT.diverging == LIGHT.diverging
    assert over("rgba(0,0,0,0.5)", "#FFFFFF") == "#808080"


def measured(tab):
    """What the hall sees, held to its limits."""
    found = tab.evaluate(MEASURED)
    assert found["small"] == []
    assert found["faint"] == []
    assert found["share"] >= 0.6
    assert found["bottom"] <= 720
    assert found["scrolled"] == [720, 1280]
    strange = {text for text in found["clicks"] if text not in BEATS_AND_PLAYER and text[:2] != "▶|"}
    assert {text for text in strange if not TRAINING & set(text.split("\n"))} == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_read_from_the_last_row(chromium, server, scheme):
    """The lecture's own pages are measured beat by beat, where the keys lead through them."""
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 720})
    tab = context.new_page()
    others = [page for page in SLUGS if page not in LESSONS]
    for page in others if scheme == "light" else ("train", "gates"):
        opened(tab, f"{server}/{SLUGS[page]}?view=lecture")
        measured(tab)
    context.close()


def test_a_key_enters_the_lecture_view_and_leaves_it_and_a_letter_typed_does_not(tab, server):
    opened(tab, f"{server}/?gain=1.3")
    tab.keyboard.press("l")
    tab.wait_for_url("**view=lecture**", timeout=READY)
    assert "gain=1.3" in tab.url
    tab.wait_for_function("() => !document.querySelector('.stAppHeader')?.checkVisibility()", timeout=READY)
    tab.keyboard.press("g")
    assert tab.evaluate("document.querySelector('.gf').board.frozen")
    tab.keyboard.press("l")
    tab.wait_for_url(lambda address: "view" not in address, timeout=READY)
    tab.get_by_role("button", name="All settings").click()
    tab.get_by_role("spinbutton").first.press("l")
    tab.wait_for_timeout(300)
    assert "view" not in tab.url


def test_words_of_the_strip_are_whole_on_two_heights(tab, server):
    opened(tab, f"{server}/forgetting?view=lecture&beat=4")
    words = tab.evaluate("[...document.querySelectorAll('.gf-strip text')].map((text) => text.textContent)")
    assert {"France", "family", "French?"} <= set(words)
    assert not any("…" in word for word in words)
    outside = "e => { const b = e.getBoundingClientRect(); return b.left < 0 || b.right > 1280 }"
    assert not tab.evaluate(f"[...document.querySelectorAll('.gf-strip text')].some({outside})")

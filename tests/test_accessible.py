"""Everybody can read and operate the pages: axe-core, the keyboard alone, tables, colours, motion, print."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from browsing import READY, finding, opened, settled
from explorer.figures.contrast import contrasting, rgb
from explorer.figures.theme import DARK, LIGHT, look

LOOKS = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
UI = Path(__file__).parents[1] / "explorer" / "ui"
# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
DEFICIENCIES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900),
    ),
    "full colour vision": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}  # fmt: skip
SEEN_BY = pytest.mark.parametrize("matrix", DEFICIENCIES.values(), ids=DEFICIENCIES)


# Colours


def linear(colour):
    """#RRGGBB as linear RGB from 0 to 1 (IEC 61966-2-1)."""
    c = np.array(rgb(colour)) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    """The contrast ratio of WCAG 2."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def lab(rgb_linear):
    """CIELAB under D65 of linear RGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x = to_xyz @ np.clip(rgb_linear, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(x > (6 / 29) ** 3, np.cbrt(x), x / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one, other, matrix):
    """How far apart two colours look through a deficiency: CIE76, where 2.3 is just noticeable."""
    first, second = (lab(np.array(matrix) @ linear(colour)) for colour in (one, other))
    return float(np.linalg.norm(first - second))


def test_the_contrast_of_black_on_white_is_21_and_the_lab_of_white_is_100():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert lab(np.ones(3)) == pytest.approx([100, 0, 0], abs=0.02)


@LOOKS
def test_text_and_lines_stand_out_from_the_background(colours):
    words = [colours.ink, colours.muted, colours.threshold, colours.vanish_ink, colours.explode_ink]
    words += [*colours.cells.values(), *colours.symbols.values(), *colours.accents]
    low = {colour: contrast(colour, colours.background) for colour in words}
    assert {colour: ratio for colour, ratio in low.items() if ratio < 4.5} == {}


@LOOKS
def test_a_letter_on_any_colour_of_the_scale_can_be_read(colours):
    for _, fill in colours.diverging:
        assert contrast(contrasting(fill), fill) >= 4.5


@LOOKS
@SEEN_BY
def test_shrinking_and_growing_look_different_to_every_eye(colours, matrix):
    scale = [colour for _, colour in colours.diverging]
    for step in range(1, len(scale) // 2 + 1):
        assert apart(scale[4 - step], scale[4 + step], matrix) > 20
    for one, other in pairwise(scale):
        assert apart(one, other, matrix) > 8


@LOOKS
@SEEN_BY
def test_the_networks_look_different_to_every_eye(colours, matrix):
    for one, other in combinations(colours.cells.values(), 2):
        assert apart(one, other, matrix) > 15


@LOOKS
def test_no_network_is_blue_or_red(colours):
    for colour in colours.cells.values():
        red, green, blue = rgb(colour)
        grey = max(red, green, blue) - min(red, green, blue) < 25
        assert grey or not (blue > 1.6 * max(red, green) or red > 1.6 * max(green, blue))


def test_the_look_follows_the_theme():
    assert look(dark=True) is DARK
    assert look(dark=False) is LIGHT


# The keyboard alone


def reached(tab, most=80):
    """What Tab reaches, from the top of the page on."""
    names = []
    tab.evaluate("() => document.activeElement?.blur()")
    for _ in range(most):
        tab.keyboard.press("Tab")
        names.append(
            tab.evaluate(
                "() => { const e = document.activeElement; return e.id || e.getAttribute('aria-label')"
                " || e.getAttribute('class') || e.tagName; }"
            )
        )
    return names


def test_tab_reaches_every_slider_step_and_table_and_they_work_by_key(tab, server):
    opened(tab, server)
    names = reached(tab, 60)
    for slider in ("gf-steps", "gf-gain", "gf-input_scale", "gf-source"):
        assert slider in names
    assert sum(name.startswith("step ") for name in names) >= 5
    assert sum(name.startswith("Table: ") for name in names) == 4
    tab.locator("#gf-gain").focus()
    assert tab.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("PageUp")
    settled(tab)
    assert tab.locator("#gf-gain").get_attribute("aria-valuetext") != "Gain g 1"


def test_a_step_chosen_by_key_keeps_the_focus(tab, server):
    opened(tab, server)
    tab.locator(".gf-node").nth(1).focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile("source=2"), timeout=READY)
    settled(tab)
    assert "back to step 2" in finding(tab)
    assert tab.evaluate("() => document.activeElement.getAttribute('data-step')") == "2"


def test_the_table_holds_the_numbers_of_the_curve(tab, server):
    opened(tab, f"{server}/?initialiser=identity&activation=identity&hidden_size=1&gain=0.5&steps=20")
    tab.locator("[data-panel=lag] .gf-numbers").click()
    rows = tab.locator("dialog.gf-table table").first.locator("tbody tr")
    assert rows.nth(10).inner_text().split() == ["10", "−3.0103"]


# Motion


def test_nothing_moves_for_those_who_ask_for_that(chromium, server):
    context = chromium.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 720})
    tab = opened(context.new_page(), server)
    moving = tab.evaluate(
        "() => [...document.querySelectorAll('*')].filter((e) => { const s = getComputedStyle(e);"
        " return s.animationName !== 'none' || s.transitionDuration !== '0s'; }).map((e) => e.className)"
    )
    context.close()
    assert moving == []

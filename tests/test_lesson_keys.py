"""The lecture with the keyboard alone: every beat of every page, in both views, one press a beat."""

import re

import pytest

from browsing import settled
from explorer.lessons.table import LESSONS
from test_hall import measured

READY = 60_000
PLACES = [(page, number) for page, lesson in LESSONS.items() for number in range(1, len(lesson.beats) + 1)]


def arrived(tab, page, number):
    tab.wait_for_url(re.compile(rf"/{page}\?.*\bbeat={number}(&|$)"), timeout=READY)


@pytest.mark.parametrize(("view", "on"), [("", "PageDown"), ("view=lecture", "ArrowRight")])
def test_keys_lead_through_the_whole_lecture_and_turn_the_pages(tab, server, view, on):
    """In the lecture view every beat is measured as the hall sees it."""
    tab.goto(f"{server}/{PLACES[0][0]}?{view}")
    tab.wait_for_selector(".gf-plot .main-svg", timeout=READY)
    arrived(tab, *PLACES[0])
    for place in PLACES[1:]:
        if view:
            settled(tab)
            measured(tab)
        tab.keyboard.press(on)
        arrived(tab, *place)
    assert ("view=lecture" in tab.url) == bool(view)


def test_a_focused_slider_keeps_its_arrows_and_gives_up_its_page_keys(tab, server):
    tab.goto(f"{server}/{PLACES[0][0]}")
    tab.wait_for_selector(".gf-plot .main-svg", timeout=READY)
    arrived(tab, *PLACES[0])
    tab.locator("#gf-number").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_url(re.compile(r"number=0\.52"), timeout=READY)
    tab.keyboard.press("PageDown")
    arrived(tab, *PLACES[1])
    assert "number=1.5" in tab.url


def test_presses_faster_than_the_answers_are_counted(tab, server):
    tab.goto(f"{server}/{PLACES[0][0]}")
    tab.wait_for_selector(".gf-plot .main-svg", timeout=READY)
    arrived(tab, *PLACES[0])
    for _ in range(4):
        tab.keyboard.press("PageDown")
    arrived(tab, *PLACES[4])

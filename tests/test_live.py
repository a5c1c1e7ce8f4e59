"""A hand on the slider is answered by the finding and the board alone; the whole page follows at rest."""

import re

import pytest

from explorer.ui import controls, live, page
from opening import app, control
from opening import finding as finding_of
from test_browser import READY, drag, finding, opened, settled

LIVE = ["gradient_flow", "weights", "saturation", "clipping", "compare", "lstm", "checks"]
SAID = "Gradients verified"


@pytest.fixture
def held(tab, server):
    """The main page with the gain's slider held at another value, answered."""
    opened(tab, server)
    tab.evaluate(
        "() => { window.toolbar = document.querySelector('.st-key-toolbar');"
        " window.kept = [...document.querySelectorAll('.gf .main-svg')]; }"
    )
    words = finding(tab)
    drag(tab, "gain", to=0.45)
    tab.wait_for_function("(was) => document.querySelector('h4').innerText !== was", arg=words, timeout=READY)
    settled(tab)
    yield tab
    tab.mouse.up()


def test_the_address_and_the_controls_follow_when_the_hand_rests(held):
    shown = held.locator(".gf-slider output").nth(1).inner_text()
    assert "gain" not in held.url
    words = finding(held)
    held.mouse.up()
    held.wait_for_url(re.compile(rf"gain={shown}"), timeout=READY)
    settled(held)
    assert finding(held) == words
    held.get_by_role("button", name="All settings").click()
    typed = held.get_by_role("spinbutton", name="Gain g")
    typed.wait_for(timeout=READY)
    assert float(typed.input_value()) == float(shown)


def test_nothing_but_the_finding_and_the_board_is_touched(held):
    assert held.evaluate("window.toolbar.isConnected && window.kept.every((node) => node.isConnected)")
    assert held.locator(f"text={SAID}").count() == 1  # the certificate stands as it was


def test_a_second_slider_moved_right_after_a_key_keeps_the_first(tab, server):
    opened(tab, server)
    tab.locator("#gf-gain").focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.locator("#gf-input_scale").focus()
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_url(re.compile(r"gain=1\.06.*input_scale=0\.98"), timeout=READY)
    settled(tab)
    outputs = tab.locator(".gf-slider output").all_inner_texts()
    assert outputs[1:3] == ["1.06", "0.98"]


# without a browser: a run of the fragment is a run of the page's own file, ended at its board


@pytest.mark.parametrize("name", LIVE)
def test_page_can_answer_quietly(name):
    at = app(name)
    assert at.session_state[live.ALLOWED] is True
    assert len(finding_of(at)) > 20


@pytest.mark.parametrize("name", ["gates", "train", "cliff"])
def test_pages_that_draw_more_before_their_board_answer_as_a_whole(name):
    assert app(name).session_state[live.ALLOWED] is False


def test_a_quiet_run_that_cannot_be_had_is_left_to_the_whole_app(monkeypatch):
    class Whole(BaseException):
        pass

    def rerun():
        raise Whole

    monkeypatch.setattr(live.st, "rerun", rerun)
    token = live._quiet.set(True)
    try:
        with pytest.raises(Whole):
            page.problem("no such size")
    finally:
        live._quiet.reset(token)
    live.aloud()  # not quiet: nothing happens


def test_the_finding_stands_above_the_board_on_live_pages_too():
    at = app("gradient_flow")
    control(at, "gain").set_value(1.4).run()
    assert not at.exception
    assert len([m for m in at.markdown if m.value.startswith("#### ")]) == 1
    assert controls.SHOWN in at.session_state

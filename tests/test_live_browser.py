"""Answers beside Streamlit over the wire, and what a browser makes of them."""

import json
import re
import urllib.error
import urllib.request

import pytest

from browsing import READY, drag, opened, settled
from browsing import finding as read
from explorer.lessons.table import LESSONS
from test_live import SAID, alike, asked

# Over the wire


def got(server, path, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{server}/{path}", headers=headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, None


def test_the_server_answers_with_the_board(server):
    status, board = got(server, "live/gradient_flow/light/rest?gain=1.3&steps=20")
    assert status == 200
    assert alike(board, asked("live/gradient_flow/light/PACE?gain=1.3&steps=20"))


@pytest.mark.parametrize("page", ["train", "nowhere"])
def test_what_has_no_board_is_refused(server, page):
    assert got(server, f"live/{page}/light/rest")[0] == 409


def test_another_site_gets_no_answer(server):
    assert got(server, "live/gradient_flow/light/rest", **{"Sec-Fetch-Site": "cross-site"})[0] == 403


# In the browser


@pytest.fixture
def held(tab, server):
    """The main page with the gain's slider held at another value, answered."""
    opened(tab, server)
    tab.evaluate(
        "() => { window.toolbar = document.querySelector('.st-key-toolbar');"
        " window.kept = [...document.querySelectorAll('.gf .main-svg')]; }"
    )
    words = read(tab)
    drag(tab, "gain", to=0.45)
    tab.wait_for_function("(was) => document.querySelector('h4').innerText !== was", arg=words, timeout=READY)
    yield tab
    tab.mouse.up()


def test_the_address_and_the_controls_follow_when_the_hand_rests(held):
    shown = held.locator(".gf-slider output").nth(1).inner_text()
    assert "gain" not in held.url
    held.mouse.up()
    held.wait_for_url(re.compile(rf"gain={shown}"), timeout=READY)
    words = read(held)
    settled(held)
    assert read(held) == words
    held.get_by_role("button", name="All settings").click()
    typed = held.get_by_role("spinbutton", name="Gain g")
    typed.wait_for(timeout=READY)
    assert float(typed.input_value()) == float(shown)


def test_nothing_but_the_finding_and_the_board_is_touched(held):
    assert held.evaluate("window.toolbar.isConnected && window.kept.every((node) => node.isConnected)")
    assert held.locator(f"text={SAID}").count() == 1  # the certificate stands as it was


def test_while_the_hand_moves_streamlit_hears_nothing(tab, server):
    sent = []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(text)))
    opened(tab, server)
    sent.clear()
    drag(tab, "gain", to=0.6)
    assert int(tab.locator(".gf").get_attribute("data-turn")) > 1
    assert sent == []
    tab.mouse.up()
    tab.wait_for_url(re.compile("gain="), timeout=READY)
    assert sent


def test_a_control_touched_right_after_the_slider_finds_it_where_it_is(tab, server):
    opened(tab, server)
    tab.locator("#gf-gain").focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.locator(".st-key-activation button", has_text="sigmoid").click()
    tab.wait_for_url(re.compile(r"(?=.*activation=sigmoid).*gain=1\.06"), timeout=READY)
    settled(tab)
    assert tab.locator(".gf-slider output").nth(1).inner_text() == "1.06"


def test_a_slider_moved_while_the_page_follows_another_control_keeps_both(tab, server):
    opened(tab, server)
    tab.locator(".st-key-activation button", has_text="sigmoid").click()
    tab.locator("#gf-gain").focus()
    tab.keyboard.press("ArrowRight")
    settled(tab)
    assert "gain=1.02" in tab.url
    assert "activation=sigmoid" in tab.url
    assert tab.locator(".gf-slider output").nth(1).inner_text() == "1.02"


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


@pytest.mark.parametrize("refused", [404, 409, 500])
def test_where_the_board_alone_cannot_be_had_the_whole_page_answers(tab, server, refused):
    opened(tab, server)
    tab.route("**/live/**", lambda route: route.fulfill(status=refused))
    before = read(tab)
    tab.locator("#gf-gain").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_url(re.compile(r"gain=1\.02"), timeout=READY)
    settled(tab)
    assert read(tab) != before
    tab.keyboard.press("ArrowRight")
    tab.wait_for_url(re.compile(r"gain=1\.04"), timeout=READY)


def test_an_answer_that_takes_long_is_seen_to_be_on_its_way_and_left_to_the_whole_page(tab, server):
    opened(tab, server)
    waiting = []
    tab.route("**/live/**", lambda route: waiting.append(route))
    tab.locator("#gf-gain").focus()
    tab.keyboard.press("ArrowRight")
    tab.locator(".gf.gf-busy").wait_for(timeout=READY)
    tab.wait_for_url(re.compile(r"gain=1\.02"), timeout=READY)
    settled(tab)
    assert tab.locator(".gf.gf-busy").count() == 0
    assert tab.locator(".gf-slider output").nth(1).inner_text() == "1.02"
    assert waiting


def test_the_next_beat_is_on_the_screen_before_the_page_follows(tab, server):
    opened(tab, f"{server}/forgetting?view=lecture")
    tab.wait_for_function("() => window.__gradientFlowKeys.answers?.size", timeout=READY)
    tab.evaluate("() => Promise.all(window.__gradientFlowKeys.answers.values())")
    tab.evaluate(
        "() => { const b = document.querySelector('.gf').board; window.order = [];"
        " const told = b.foretell.bind(b), heard = b.receive.bind(b);"
        " b.foretell = (...all) => { window.order.push('told'); told(...all); };"
        " b.receive = (...all) => { window.order.push('page'); heard(...all); }; }"
    )
    tab.keyboard.press("PageDown")
    tab.get_by_text(LESSONS["forgetting"].beats[1].says).wait_for(timeout=READY)
    tab.wait_for_url(re.compile("beat=2"), timeout=READY)
    settled(tab)
    assert tab.evaluate("window.order")[0] == "told"
    assert "page" in tab.evaluate("window.order")
    assert tab.locator(".st-key-beats [data-testid=stMarkdown]").all_inner_texts()[0] == (
        f"2 / {len(LESSONS['forgetting'].beats)}"
    )


def test_a_beat_forgets_what_the_hand_has_just_done(tab, server):
    opened(tab, f"{server}/one_number")
    tab.route("**/live/**beat=2**", lambda route: route.fulfill(status=409))  # it cannot be had ahead
    tab.locator("#gf-number").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("() => document.querySelector('.gf').board.ahead.number", timeout=READY)
    tab.keyboard.press("PageDown")
    tab.wait_for_url(re.compile("beat=2"), timeout=READY)
    settled(tab)
    shown = tab.locator(".gf-slider output").first.inner_text()
    assert shown == str(LESSONS["one_number"].beats[1].settings["number"])


def test_a_server_that_has_no_time_is_asked_again_and_not_for_the_whole_page(tab, server):
    refused, sent = [], []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(text)))
    opened(tab, server)
    sent.clear()

    def busy(route):
        if len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=503)
        else:
            route.continue_()

    tab.route(re.compile("/live/.*/rest"), busy)
    drag(tab, "gain", to=0.45)
    tab.wait_for_function("() => document.querySelector('.gf-hand')", timeout=READY)
    with tab.expect_response(lambda answer: "/rest" in answer.url and answer.status == 200, timeout=READY):
        tab.mouse.up()
    assert len(refused) == 2
    assert sent == []
    tab.wait_for_function("() => !document.querySelector('.gf-hand')", timeout=READY)
    settled(tab)

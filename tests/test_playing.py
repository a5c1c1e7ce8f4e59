"""Playing: the board at every step is sent once, drawn without the server, and followed when it stops."""

import re

import pytest

from browsing import READY, finding, opened, settled
from explorer.figures.film import Drawn, Frame
from explorer.figures.strip import Strip
from explorer.ui import playing
from explorer.ui.playing import MOST_BYTES, MOST_SET, packed


def frame(step=1, size=1):
    figure = {"data": [], "layout": {"name": "x" * size}}
    return Frame(Strip((), "", step), {"one": Drawn("One", figure, "One.")}, "It says so.")


def test_frames_are_made_when_they_are_asked_for_and_only_then():
    assert packed(None, 1) == []
    assert packed(lambda: pytest.fail("nobody asked"), None) == []
    first, second = packed(lambda: [frame(1), frame(2)], 1)
    assert (first["strip"]["picked"], second["strip"]["picked"]) == (1, 2)
    assert first["says"] == "It says so."
    assert first["panels"]["one"]["title"] == "One"


def test_frames_too_large_to_send_are_played_by_the_server():
    assert packed(lambda: [frame(size=MOST_BYTES)], 1) == []


def test_formulas_are_sent_when_frames_are_asked_for_unless_they_are_too_many(monkeypatch):
    asked = {"memory": {"played": 1}, "gates": {"played": None}}
    monkeypatch.setattr(playing.state, "session", lambda: asked)
    few, many = ({n: ("x" * 100,) for n in range(count)} for count in (MOST_SET // 100, MOST_SET // 100 + 1))
    assert playing.followed("memory", lambda: few) == few
    assert playing.followed("memory", lambda: many) == {}
    assert playing.followed("gates", lambda: pytest.fail("nobody asked")) == {}
    assert playing.followed("backwards", lambda: pytest.fail("nobody asked")) == {}


PLAYERS = {"memory": re.compile(r"[?&]step=6"), "backwards?beat=2": re.compile(r"^(?!.*reached=)")}


@pytest.mark.parametrize("page", PLAYERS)
def test_playing_asks_the_server_once_and_the_full_view_follows_at_the_end(tab, server, page):
    sent = []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda payload: sent.append(payload)))
    opened(tab, f"{server}/{page}")
    heading, beside = finding(tab), tab.locator(".st-key-panel_equations").inner_text()
    sent.clear()
    tab.get_by_role("button", name="Play", exact=True).click()
    tab.wait_for_function("() => document.querySelector('.gf').board.player.shown >= 2", timeout=READY)
    assert len(sent) == 1
    assert tab.locator(".st-key-panel_equations").inner_text() != beside
    tab.wait_for_url(PLAYERS[page], timeout=READY)
    settled(tab)
    assert len(sent) == 2
    assert finding(tab) != heading
    assert tab.locator(".st-key-panel_equations").inner_text() != beside
    assert not tab.evaluate("document.body.classList.contains('gf-playing')")


def test_pause_keeps_the_step_and_back_and_reset_lead_to_the_beginning(tab, server):
    words = "+".join(f"w{i % 5}" for i in range(24))  # long enough to be paused on a busy machine
    opened(tab, f"{server}/memory?beat=1&text={words}")
    tab.get_by_role("button", name="Play", exact=True).click()
    tab.wait_for_function("() => document.querySelector('.gf').board.player.shown >= 2", timeout=READY)
    tab.get_by_role("button", name="Pause").click()
    tab.wait_for_url(re.compile(r"[?&]step=\d"), timeout=READY)
    settled(tab)
    step = int(re.search(r"[?&]step=(\d+)", tab.url)[1])
    assert 2 <= step < 24
    words = finding(tab)
    tab.wait_for_timeout(1_300)
    assert finding(tab) == words
    tab.get_by_role("button", name="Step back").click()
    tab.wait_for_url(re.compile(rf"[?&]step={step - 1}") if step > 2 else lambda url: "step=" not in url)
    settled(tab)
    back = tab.get_by_role("button", name="Back to step 1")
    if back.is_enabled():
        back.click()
        tab.wait_for_url(lambda url: "step=" not in url, timeout=READY)


def test_a_step_that_is_played_by_the_server_can_be_paused_while_it_is_on_its_way(tab, server):
    words = "+".join(f"w{i % 9}" for i in range(70))
    opened(tab, f"{server}/memory?beat=1&text={words}")
    tab.get_by_role("button", name="Play", exact=True).click()
    tab.wait_for_url(re.compile(r"[?&]step=\d"), timeout=READY)
    tab.wait_for_function("() => document.querySelector('.gf').board.player.asking", timeout=READY)
    tab.evaluate("document.querySelector('.gf-player [aria-label=Pause]').click()")
    tab.wait_for_function("() => !document.querySelector('.gf').board.player.asking", timeout=READY)
    settled(tab)
    step = re.search(r"[?&]step=(\d+)", tab.url)[1]
    tab.wait_for_timeout(2_000)
    assert re.search(r"[?&]step=(\d+)", tab.url)[1] == step

"""A hand on the slider is answered by the finding and the board alone; the page follows when it rests."""

import json
import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import parse_qsl

import pytest

from browsing import READY, drag, opened, settled
from browsing import finding as read
from explorer import progress
from explorer.lessons.table import LESSONS
from explorer.ui import controls, keeping, live, places, state
from explorer.ui.state import Request
from opening import app, boards, control, finding, sent

EXPLORE = ["gradient_flow", "weights", "saturation", "clipping", "compare", "lstm", "checks", "cliff"]
TRAINING = ["train", "rainbow", "theatre", "remember"]
SAID = "Gradients verified"


def asked(address, *, held=False):
    """The board that an address for the browser answers, made without Streamlit."""
    way, _, query = address.partition("?")
    _, page, theme, pace = way.split("/")
    assert pace == "PACE"
    settings = dict(parse_qsl(query, keep_blank_values=True))
    return json.loads(json.dumps(live.board(Request(page, settings, theme == "dark", held))))


def alike(one, other):
    """Whether two boards show the same; the film's stamp, the turn and the frames are the session's own."""
    own = {"echo", "answers", "frames", "played"}
    kept = [{key: value for key, value in board.items() if key not in own} for board in (one, other)]
    for board in kept:
        board["sliders"] = [{**slider, "film": ""} for slider in board["sliders"]]
    return kept[0] == kept[1]


# The same page, with Streamlit and without


@pytest.mark.parametrize(
    ("page", "address"),
    [(page, {}) for page in EXPLORE]
    + [(page, {"view": "lecture"}) for page in ("gradient_flow", "weights", "cliff")]
    + [
        ("gradient_flow", {"cell": "gru", "steps": "23", "gain": "1.7", "input": "sentence", "seed": "4"}),
        ("gradient_flow", {"initialiser": "identity", "activation": "relu", "hide": "gain", "source": "7"}),
        ("compare", {"cell3": "gru", "steps": "30", "norm": "spectral"}),
        ("lstm", {"forget_rule": "chrono", "target": "31", "source": "12"}),
    ],
)
def test_the_board_alone_is_the_board_of_the_whole_page(page, address):
    at = app(page, **address)
    [board] = boards(at)
    quiet = asked(board["answers"])
    assert alike(quiet, board)
    assert quiet["finding"] == finding(at)


@pytest.mark.parametrize("page", LESSONS)
@pytest.mark.parametrize("view", ["", "lecture"])
def test_a_beat_asked_for_ahead_is_the_beat_that_comes(page, view):
    lesson = LESSONS[page]
    at = app(page, beat="2", **({"view": view} if view else {}))
    [ahead] = [data for data in sent(at) if "near" in data]
    assert {n: near["says"] for n, near in ahead["near"].items()} == {
        "1": lesson.beats[0].says,
        "3": lesson.beats[2].says,
    }
    told = asked(ahead["near"]["3"]["answers"])
    next(button for button in at.button if button.key == "beat_next").click().run()
    assert not at.exception
    [board] = boards(at)
    assert alike(told, board)
    assert told["finding"] == finding(at)


@pytest.mark.parametrize("page", LESSONS)
def test_every_beat_can_be_had_ahead(page):
    lesson = LESSONS[page]
    for number in range(1, len(lesson.beats) + 1):
        found = asked(address_of(lesson, number))
        assert len(found["finding"]) > 10
        assert [panel["id"] for panel in found["panels"]]


def address_of(lesson, number):
    way = live.ADDRESS.format(page=lesson.page, theme="light", pace="PACE")
    return f"{way}?{places.beat(lesson, number).partition('?')[2]}"


@pytest.mark.parametrize("page", TRAINING)
def test_pages_that_show_a_training_answer_as_a_whole(page):
    assert app(page).session_state[live.ALLOWED] is False
    with pytest.raises(live.Aloud):
        live.board(Request(page, {}, False, True))


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("gradient_flow", {"steps": "1000", "hidden_size": "128"}),  # takes long: computed in sight
        ("gradient_flow", {"input": "sentence", "text": ""}),  # the engine's words are to be read
        ("beats", {}),
        ("nowhere", {}),
        ("../app", {}),
    ],
)
def test_what_needs_words_or_a_bar_is_left_to_the_whole_app(page, address):
    with pytest.raises(live.Aloud):
        live.board(Request(page, address, False, False))
    live.aloud()  # not quiet: nothing is raised


def test_a_request_sees_nothing_of_others():
    gains = [n / 10 for n in range(1, 25)]
    requests = [Request("weights", {"gain": str(gain)}, dark=False, held=True) for gain in gains]
    with ThreadPoolExecutor(4) as several:
        found = list(several.map(live.board, requests))
    values = [next(s["value"] for s in board["sliders"] if s["field"] == "gain") for board in found]
    assert values == gains
    assert not state.quiet()


def test_while_the_hand_moves_what_takes_long_stays_as_it_is():
    held, rests = (live.board(Request("lstm", {"gain": "1.03"}, False, held)) for held in (True, False))
    bias, drawn = (next(p for p in board["panels"] if p["id"] == "bias") for board in (held, rests))
    assert bias["figure"] == ""
    assert json.loads(drawn["figure"])["data"]
    assert all(panel["figure"] for panel in held["panels"] if panel["id"] != "bias")


def test_an_answer_that_nobody_waits_for_is_given_up():
    gone = Event()
    gone.set()
    with pytest.raises(live.Gone):
        live.heeded(gone, "gradient_flow", False, False, (("gain", "1.234"), ("steps", "61")))
    progress.report()  # nobody listens any more
    gone.clear()
    assert live.heeded(gone, "gradient_flow", False, False, (("gain", "1.234"), ("steps", "61")))


def test_an_answer_is_made_once_for_all(monkeypatch):
    made = []
    monkeypatch.setattr(live, "board", lambda request: made.append(request) or {"panels": []})
    key = ("weights", True, True, (("seed", "987654"),))
    assert live.heeded(Event(), *key) == live.heeded(Event(), *key) == b'{"panels": []}'
    assert len(made) == 1


def test_a_kept_answer_does_not_wait_for_those_that_are_being_made():
    made, let_go = [], Event()

    def slow(key):
        made.append(key)
        assert let_go.wait(60)
        return key

    store = keeping.Kept(slow, 2, 1.0)
    with ThreadPoolExecutor(1) as other:
        asked_for = other.submit(store, "new")
        store.keep(("old",), b"there")
        assert store.found(("old",)) == b"there"
        assert store.found(("new",)) is None
        let_go.set()
        assert asked_for.result() == "new"
    assert store.found(("new",)) == "new"
    store.keep(("third",), b"")
    assert store.found(("old",)) is None  # the least lately used has gone
    assert made == ["new"]


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


# Without a browser


def test_a_setting_changed_at_rest_changes_the_finding_and_runs_the_whole_app():
    at = app("gradient_flow")
    before = finding(at)
    control(at, "gain").set_value(1.4).run()
    assert not at.exception
    assert finding(at) != before
    assert controls.SHOWN in at.session_state

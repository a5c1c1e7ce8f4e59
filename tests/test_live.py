"""A hand on the slider is answered by the finding and the board alone; the page follows when it rests."""

import asyncio
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

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
    first, again = live.heeded(Event(), *key), live.heeded(Event(), *key)
    assert first is again
    assert gzip.decompress(first) == b'{"panels": []}'
    assert len(made) == 1


def test_an_answer_is_sent_packed_to_those_who_can_unpack_it():
    body = b'{"panels": [' + 900 * b"1," + b"1]}"
    sent, plain = (live.packed(gzip.compress(body), accepted) for accepted in ("br, gzip", "br"))
    assert sent.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent.body) == body
    assert int(sent.headers["content-length"]) < 100
    assert "content-encoding" not in plain.headers
    assert plain.body == body


def replied(monkeypatch, answer, *, leaves=None, pace="rest"):
    """The status for a browser that asks, and waits or leaves when that is set, where answers are so made."""

    async def receive():
        while leaves is None or not leaves.is_set():
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    way = {"page": "weights", "theme": "light", "pace": pace}
    asking = SimpleNamespace(headers={}, path_params=way, query_params={}, receive=receive)
    monkeypatch.setattr(live, "ANSWERS", keeping.Kept(answer, 2, 1.0))
    with ThreadPoolExecutor(1) as away:  # a browser test before this one leaves its own loop running here
        return away.submit(asyncio.run, live.answer(asking)).result().status_code


def test_a_setting_that_cannot_be_computed_is_left_to_the_whole_app(monkeypatch):
    def refused(*_):
        raise ValueError("steps must lie in [1, 10,000]; got 0")

    assert replied(monkeypatch, refused) == 409
    assert replied(monkeypatch, lambda *_: gzip.compress(b"{}")) == 200
    assert not live.moving


def test_a_browser_that_leaves_ends_the_answer(monkeypatch):
    begun, ended = Event(), Event()

    def slow(*_):
        begun.set()
        while True:
            try:
                progress.report()
            except live.Gone:
                ended.set()
                raise

    assert replied(monkeypatch, slow, leaves=begun) == 409
    assert ended.wait(60)


def test_who_rests_while_many_wait_is_to_ask_again_and_a_hand_that_moves_is_not(monkeypatch):
    def made(*_):
        return gzip.compress(b"{}")

    monkeypatch.setattr(live, "resting", {Event() for _ in range(live.MOST_WAITING - 1)})
    assert replied(monkeypatch, made) == 200
    live.resting.add(Event())
    assert replied(monkeypatch, made) == 503
    assert replied(monkeypatch, made, pace="held") == 200
    assert len(live.resting) == live.MOST_WAITING


def test_an_answer_at_rest_gives_way_to_a_hand_that_moves(monkeypatch):
    pauses = []
    monkeypatch.setattr(live, "sleep", pauses.append)
    query = (("gain", "1.2345"), ("steps", "7"))
    live.heeded(Event(), "weights", False, False, query)
    assert not pauses
    monkeypatch.setattr(live, "moving", {Event()})
    live.heeded(Event(), "weights", False, True, query)
    assert not pauses
    live.heeded(Event(), "weights", False, False, (("gain", "1.2346"), ("steps", "7")))
    assert set(pauses) == {live.GIVES_WAY}


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


def test_a_setting_changed_at_rest_changes_the_finding_and_runs_the_whole_app():
    at = app("gradient_flow")
    before = finding(at)
    control(at, "gain").set_value(1.4).run()
    assert not at.exception
    assert finding(at) != before
    assert controls.SHOWN in at.session_state

"""How a page answers a hand on its slider: with the finding and the board alone, beside Streamlit.

While the slider moves, the browser asks an address of our own on the same server. There the page's own file
runs, quietly: no control is drawn, and it ends where its board is complete. An answer depends on nothing
but its address, so that all visitors share it. When the hand has rested for a while Streamlit is told, and
the whole app runs, and with it everything that was left out.
"""

import asyncio
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Event
from time import sleep
from types import CodeType
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request as Asked
from starlette.responses import Response
from starlette.routing import Route

from explorer import progress
from explorer.ui import state, url
from explorer.ui.keeping import Kept
from explorer.ui.state import Request

PAGES = Path(__file__).parents[2] / "pages"
ALLOWED = "_live"  # session key: whether the page in sight can answer quietly
FINDING = "_finding"  # session key: what this run shows, in a sentence
ADDRESS = "live/{page}/{theme}/{pace}"
MOST_WORK = 4e9  # multiplications; what takes longer is computed in sight, with a bar
MEGABYTES = 24.0  # of answers kept for all visitors
PACKED = 1  # gzip's level: the highest takes three times as long for a twentieth less
# More threads would only take turns in the interpreter; a hand that moves goes before those that rest.
GIVES_WAY = 0.005  # seconds an answer at rest pauses at every look while a hand waits
MOST_WAITING = 4  # browsers that may wait for answers at rest; one more is to ask again later
moving: set[Event] = set()  # one for each browser that waits for the answer to a hand that moves
resting: set[Event] = set()  # and to one that rests
AT_A_TIME = {held: ThreadPoolExecutor(2 if held else 1, "live") for held in (True, False)}


class Complete(Exception):
    """Ends a quiet page: its board is complete."""

    def __init__(self, data: dict[str, Any]) -> None:
        """What the board is to show."""
        self.data = data


class Aloud(Exception):
    """Ends a quiet page that the whole app must answer: with words, controls or a bar."""


class Gone(Exception):
    """Ends a quiet page for whose board nobody waits any more."""


def begin() -> None:
    """Called where a page's settings are read: so far it can answer quietly."""
    state.session()[ALLOWED] = True


def aloud() -> None:
    """Only the whole app can answer; a quiet page ends here."""
    if state.quiet():
        raise Aloud
    state.session()[ALLOWED] = False


def address() -> str:
    """Where the browser asks for this page's board under the present settings; "" where it cannot."""
    if state.quiet() or not state.session().get(ALLOWED):
        return ""
    return address_of(f"{state.page()}?{urlencode(url.written(), safe=',')}")


def address_of(shown: str) -> str:
    """Where the browser asks for the board that an address of the app, page?settings, shows."""
    page, _, settings = shown.partition("?")
    at = ADDRESS.format(page=page, theme="dark" if state.dark() else "light", pace="PACE")
    return f"{at}?{settings}"


def complete(data: dict[str, Any]) -> None:
    """The board of this page; a quiet page ends here."""
    if state.quiet():
        raise Complete(data)


@cache
def page_code(page: str) -> CodeType | None:
    """The code of the page with that file stem, if there is one."""
    path = PAGES / f"{page}.py"
    known = page.isidentifier() and path.is_file()
    return compile(path.read_text(encoding="utf-8"), str(path), "exec") if known else None


def board(request: Request) -> dict[str, Any]:
    """What the board of a page shows, from its own file; raises Aloud where that needs the whole app."""
    code = page_code(request.page)
    if code is None:
        raise Aloud
    with state.answering(request):
        try:
            exec(code, {"__name__": "__main__"})
        except Complete as found:
            return found.data
    raise Aloud


Query = tuple[tuple[str, str], ...]


def made(page: str, dark: bool, held: bool, query: Query) -> bytes:
    """The board of a page as JSON, packed: once for all who ask, beside the interpreter's lock."""
    return gzip.compress(json.dumps(board(Request(page, dict(query), dark, held))).encode(), PACKED)


ANSWERS = Kept(made, 1024, MEGABYTES)


def heeded(gone: Event, page: str, dark: bool, held: bool, query: Query) -> Any:
    """The answer, given up where nobody waits for it; one at rest gives way to hands that move."""

    def hear(_: float | None) -> None:
        if not held and moving:
            sleep(GIVES_WAY)  # never for good: a hand may wait for what is being made here
        if gone.is_set():
            raise Gone

    progress.listen(hear)
    try:
        return ANSWERS(page, dark, held, query)
    finally:
        progress.listen(None)


async def left(asked: Asked) -> None:
    """Until the browser has given the request up."""
    while (await asked.receive())["type"] != "http.disconnect":
        pass


def packed(body: bytes, accepted: str) -> Response:
    """A packed answer as it is for browsers that accept it so, else unpacked."""
    headers = {"Cache-Control": "no-store"}
    if "gzip" in accepted:
        how = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(body, 200, headers | how, "application/json")
    return Response(gzip.decompress(body), 200, headers, "application/json")


async def answer(asked: Asked) -> Response:
    """The board as JSON; 409 where the whole app must answer, 503 where many wait, 403 for another site."""
    if asked.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return Response(status_code=403)
    way, gone = asked.path_params, Event()
    query = tuple(sorted(asked.query_params.items()))
    held = way["pace"] == "held"
    key = (way["page"], way["theme"] == "dark", held, query)
    body = ANSWERS.found(key)  # what is there need not wait for those whose answer is being made
    if body is None and not held and len(resting) >= MOST_WAITING:
        return Response(status_code=503)
    try:
        if body is None:
            (moving if held else resting).add(gone)
            making = asyncio.get_running_loop().run_in_executor(AT_A_TIME[held], heeded, gone, *key)
            leaving = asyncio.ensure_future(left(asked))
            await asyncio.wait({making, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                gone.set()
                making.cancel()  # where it has not begun; else it ends at its next look
                raise Gone
            leaving.cancel()
            body = await making
        return packed(body, asked.headers.get("accept-encoding", ""))
    except (Aloud, Gone, ValueError):  # what cannot be computed is said by the whole app
        return Response(status_code=409)
    finally:
        moving.discard(gone)
        resting.discard(gone)


ROUTES = (Route(f"/{ADDRESS}", answer),)

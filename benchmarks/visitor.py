"""A visitor without a browser, who opens the app's websocket, asks for pages and waits for them."""

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).parents[1]
AGAIN = 1.0  # seconds, about, after which a server that had no time is asked again


@contextmanager
def served(script: str = "app.py", *, path: str = "") -> Iterator[tuple[int, int]]:
    """The app on a port of its own, with a folder before all others on its path: (port, process id)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [path, str(ROOT)]))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # runs of many sessions may still be under way
            process.kill()
            process.wait()


class Answer(NamedTuple):
    """What came back for one question, until the run that answers it had finished."""

    seconds: float
    bytes: int
    failed: bool


class Visitor:
    """One session over a websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        """A session on an open connection."""
        self.connection = connection
        self.port = connection.remote_address[1]
        self.page = self.board = self.answers = ""
        self.turn = 0

    @classmethod
    async def opened(cls, port: int) -> "Visitor":
        """A new session of the app on this port; nothing has been asked of it yet."""
        address = f"ws://localhost:{port}/_stcore/stream"
        return cls(await connect(address, max_size=None, subprotocols=["streamlit"]))

    async def ask(self, page: str = "", /, **settings: object) -> Answer:
        """Ask for a page, the main one if it has no name, with these settings in its address."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = urlencode(settings)
        return await self.answer(message)

    async def move(self, **values: float) -> Answer:
        """Move sliders of the board to these values, the hand on them: the board alone answers."""
        return (await self.asked("held", values))[1]

    async def rest(self, **values: float) -> Answer:
        """Let the sliders rest there; a server that has no time is asked again, as the browser does."""
        begin = time.perf_counter()
        status, answer = await self.asked("rest", values)
        while status == 503:
            await asyncio.sleep(AGAIN * random.uniform(0.5, 1.5))
            status, answer = await self.asked("rest", values)
        return answer._replace(seconds=time.perf_counter() - begin)

    async def asked(self, pace: str, values: Mapping[str, float]) -> tuple[int, Answer]:
        """What the board's own address answers, and its status."""
        begin = time.perf_counter()
        address = self.answers.replace("PACE", pace)
        reader, writer = await asyncio.open_connection("localhost", self.port)
        lines = (f"GET /{address}&{urlencode(values)} HTTP/1.1", "Host: localhost", "Accept-Encoding: gzip")
        writer.write("\r\n".join((*lines, "Connection: close", "", "")).encode())
        try:
            answer = await reader.read()
        finally:
            writer.close()
        status = int(answer[9:12])
        return status, Answer(time.perf_counter() - begin, len(answer), status != 200)

    async def tell(self, **values: float) -> Answer:
        """Say to which values the sliders have been moved: the whole page is asked for."""
        self.turn += 1
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash = self.page
        state = rerun.widget_states.widgets.add()
        moved = {"turn": self.turn, "values": values, "dragging": False}
        state.id, state.json_value = self.board, json.dumps({"moved": moved})
        return await self.answer(message)

    async def answer(self, message: BackMsg) -> Answer:
        """Send a question and hear its answer out."""
        begin, received, failed = time.perf_counter(), 0, False
        await self.connection.send(message.SerializeToString())
        async for answer in self.connection:
            forward = ForwardMsg()
            forward.ParseFromString(answer if isinstance(answer, bytes) else answer.encode())
            received += len(answer)
            self.learn(forward)
            failed |= forward.delta.new_element.HasField("exception")
            early = forward.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN  # another run follows
            if forward.WhichOneof("type") == "script_finished" and not early:
                return Answer(time.perf_counter() - begin, received, failed)
        raise ConnectionError("the server closed the connection")

    def learn(self, forward: ForwardMsg) -> None:
        """Note by which names the page and its board go, and where the board alone is asked for."""
        element = forward.delta.new_element
        if forward.WhichOneof("type") == "navigation":
            self.page = forward.navigation.page_script_hash
        if element.bidi_component.component_name.endswith("_board"):
            self.board = element.bidi_component.id
            self.answers = json.loads(element.bidi_component.json)[0]["answers"]


def resident(pid: int) -> float:
    """Megabytes of memory that a process occupies, from /proc."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

"""A visitor without a browser, who opens the app's websocket, asks for pages and waits for them."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).parents[1]


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
        process.wait(10)


class Visitor:
    """One session over a websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        """A session on an open connection."""
        self.connection = connection

    @classmethod
    async def opened(cls, port: int) -> "Visitor":
        """A new session of the app on this port; nothing has been asked of it yet."""
        address = f"ws://localhost:{port}/_stcore/stream"
        return cls(await connect(address, max_size=None, subprotocols=["streamlit"]))  # type: ignore[list-item]

    async def ask(self, **settings: object) -> tuple[float, int, bool]:
        """Ask for the page with these settings in its address: (seconds, bytes received, failed)."""
        message = BackMsg()
        message.rerun_script.query_string = urlencode(settings)
        begin, received, failed = time.perf_counter(), 0, False
        await self.connection.send(message.SerializeToString())
        async for answer in self.connection:
            forward = ForwardMsg()
            forward.ParseFromString(answer if isinstance(answer, bytes) else answer.encode())
            received += len(answer)
            failed |= forward.delta.new_element.HasField("exception")
            if forward.WhichOneof("type") == "script_finished":
                return time.perf_counter() - begin, received, failed
        raise ConnectionError("the server closed the connection")


def resident(pid: int) -> float:
    """Megabytes of memory that a process occupies, from /proc."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

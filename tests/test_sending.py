"""What is written to a browser leaves at once, whatever Streamlit binds its server to."""

import asyncio
import socket
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from streamlit.web.server.starlette import starlette_server

from explorer.ui import sending

APP = Path(__file__).parents[1] / "app.py"


def waits(listening):
    """Whether a connection taken here holds back what follows a first small packet."""
    with closing(socket.create_connection(listening.getsockname(), timeout=10)):
        listening.setblocking(True)
        taken, _ = listening.accept()
        with closing(taken):
            return not taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def lived():
    async with sending.at_once(None):
        pass


def begun():
    """What the server does first, on its own thread: tests before may have left a loop running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, lived()).result()


def test_connections_of_streamlits_own_socket_send_at_once():
    with closing(starlette_server._bind_socket("127.0.0.1", 0, 5)) as bound:
        assert bound.proto == 0  # else asyncio sets it, and this file can go
        assert waits(bound)
        begun()
        assert not waits(bound)


def test_other_sockets_are_left_alone():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, closing(socket.socket()) as idle:
        with closing(socket.create_connection(listening.getsockname(), timeout=10)) as client:
            closed = socket.socket()
            closed.close()
            dead = weakref.proxy(closed)  # which the search meets too
            del closed
            begun()
            del dead
            for other in (idle, client):
                assert not other.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_app_begins_with_it():
    spec = spec_from_file_location("entry", APP)
    entry = module_from_spec(spec)
    spec.loader.exec_module(entry)
    assert entry.app._user_lifespan is sending.at_once

"""Whatever is written to a browser leaves at once.

Streamlit hands the server a socket that it has bound itself and that names no protocol, and asyncio turns
Nagle's algorithm off only where it reads the name of TCP. What follows a first small packet, the body after
the head of an answer for one, would wait until the browser has said that it has the first, for which it
takes 40 ms.
"""

import gc
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def at_once(_app: object) -> AsyncIterator[None]:
    """While the server lives; every connection it takes inherits what is set where it listens."""
    for found in gc.get_objects():
        if issubclass(type(found), socket.socket) and is_listening(found):  # isinstance asks dead proxies
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    yield


def is_listening(one: socket.socket) -> bool:
    """Whether TCP connections are taken on a socket."""
    return (
        one.fileno() >= 0
        and one.family in (socket.AF_INET, socket.AF_INET6)
        and bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    )

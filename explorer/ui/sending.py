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
    for listening in filter(is_listening, gc.get_objects()):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    yield


def is_listening(thing: object) -> bool:
    """Whether this is a socket on which connections are taken."""
    return (
        isinstance(thing, socket.socket)
        and thing.fileno() >= 0
        and thing.family in (socket.AF_INET, socket.AF_INET6)
        and bool(thing.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    )

"""How a long computation stays in touch with whoever waits for it.

The engine's loops call `report` between two pieces of work, which costs nothing while nobody listens. A
listener may show how far the computation has come, and may end it by raising an exception.
"""

from collections.abc import Callable
from contextvars import ContextVar

Listener = Callable[[float | None], None]  # takes the share that is done, None where it is not known

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def listen(listener: Listener | None) -> None:
    """Have every computation of this thread report to the listener from now on; None ends that."""
    _listener.set(listener)


def report(done: float | None = None) -> None:
    """Called by a computation between two pieces of work, with the share of it that is done, if known."""
    listener = _listener.get()
    if listener is not None:
        listener(None if done is None else min(done, 1.0))

"""Results kept for all sessions, found by the hash of their settings.

Streamlit's own cache spells out every setting at every look-up, which takes as long as many a run of a
network; equal frozen records have equal hashes already.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock, RLock
from typing import Any, TypeVar

Result = TypeVar("Result")
Made = Callable[..., Result]


class Kept:
    """The results of one pure function: the last used, at most so many and of so many megabytes together."""

    def __init__(self, function: Callable[..., Any], most: int, megabytes: float) -> None:
        """Nothing is kept yet."""
        self.function, self.most, self.bytes = function, most, megabytes * 1e6
        self.results: OrderedDict[Hashable, Any] = OrderedDict()
        self.sizes: dict[Hashable, int] = {}
        self.making: dict[Hashable, Lock] = {}
        self.guard = RLock()

    def __call__(self, *key: Hashable) -> Any:
        """The kept result, or a new one; who asks for one that is being made waits for it."""
        with self.guard:
            if key in self.results:
                self.results.move_to_end(key)
                return self.results[key]
            lock = self.making.setdefault(key, Lock())
        with lock:
            with self.guard:
                if key in self.results:
                    return self.results[key]
            try:
                made = self.function(*key)
                self.keep(key, made)
            finally:
                with self.guard:
                    self.making.pop(key, None)
        return made

    def found(self, key: tuple[Hashable, ...]) -> Any:
        """The result that is kept for these arguments, else None; nothing is made or waited for."""
        with self.guard:
            if key in self.results:
                self.results.move_to_end(key)
            return self.results.get(key)

    def keep(self, key: Hashable, made: Any) -> None:
        """Keep a result, and let go of those not used for longest where the limits are passed."""
        with self.guard:
            for new in (*list(self.results)[-1:], key):  # the one before has filled its lazy parts by now
                self.sizes[new] = size_of(made if new == key else self.results[new])
            self.results[key] = made
            while len(self.results) > 1 and (
                len(self.results) > self.most or sum(self.sizes.values()) > self.bytes
            ):
                oldest, _ = self.results.popitem(last=False)
                del self.sizes[oldest]


def kept(most: int, megabytes: float = 24.0) -> Callable[[Made[Result]], Made[Result]]:
    """A decorator for a pure function of hashable arguments whose results are read-only."""

    def decorated(function: Made[Result]) -> Made[Result]:
        store = Kept(function, most, megabytes)

        @wraps(function)
        def found(*key: Hashable) -> Result:
            result: Result = store(*key)
            return result

        return found

    return decorated


def size_of(value: Any) -> int:
    """Bytes of a result: of itself, if it is bytes, or of all arrays inside its records, lists and dicts."""
    size, inside = 0, [value]
    while inside:
        part = inside.pop()
        if isinstance(part, str | float | int | None):
            continue
        if hasattr(part, "nbytes"):
            size += part.nbytes
        elif isinstance(part, bytes):
            size += len(part)
        elif isinstance(part, list | tuple):
            inside.extend(part)
        elif isinstance(part, dict) or hasattr(part, "__dataclass_fields__"):
            inside.extend((part if isinstance(part, dict) else vars(part)).values())
    return size

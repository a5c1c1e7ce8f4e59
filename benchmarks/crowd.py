"""30 and 100 sessions at once, each with time to think between two changes."""

import asyncio
import random
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.session import Visitor, resident, served

THINK = 2.0  # seconds a visitor looks at a page before the next change


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def summary(values: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"median {statistics.median(values):4.0f} ms, 95 % below {percentile(values, 0.95):4.0f} ms"


async def visit(port: int, changes: int, seed: int) -> tuple[list[float], int]:
    """One visitor's waiting times, with pauses between, and how many changes failed."""
    draw, times, failures = random.Random(seed), [], 0
    await asyncio.sleep(draw.uniform(0, THINK))
    visitor = await Visitor.opened(port)
    await visitor.ask(steps=50)
    for _ in range(changes):
        await asyncio.sleep(draw.uniform(0.5, 1.5) * THINK)
        seconds, _, failed = await visitor.ask(steps=50, gain=draw.randint(0, 150) / 50)
        times.append(seconds)
        failures += failed
    await visitor.connection.close()
    return times, failures


async def crowd(port: int, people: int, changes: int) -> tuple[list[float], int]:
    """Many visitors at once."""
    answers = await asyncio.gather(
        *(visit(port, changes, i) for i in range(people)), return_exceptions=True
    )
    lost = sum(isinstance(answer, BaseException) for answer in answers)
    told: list[Any] = [answer for answer in answers if not isinstance(answer, BaseException)]
    return [t for times, _ in told for t in times], lost + sum(failed for _, failed in told)


def crowds(changes: int) -> None:
    """30 and 100 sessions on one server each; times are until the last message, without a browser."""
    print(f"Sessions, T = 50, {changes} changes each, {THINK:.0f} s to think")
    for people in (30, 100):
        with served() as (port, pid):
            times, errors = asyncio.run(crowd(port, people, changes))
            size = resident(pid)
        told = summary([1e3 * t for t in times])
        print(f"  {people:3} sessions: {told}, {errors} errors, server {size:.0f} MB")

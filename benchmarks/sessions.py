"""30 and 100 sessions at once, each with time to think between two changes."""

import asyncio
import random
import statistics
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from benchmarks.visitor import Answer, Visitor, resident, served

THINK = 2.0  # seconds a visitor looks at a page before the next change
SETTLED = 2.5  # seconds after which the browser tells Streamlit where its sliders rest,
SOON, CROWDED = 0.2, 20  # and so many more for every second that the answer took longer than this
PATIENCE = 60.0  # seconds after which a visitor gives up


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def summary(values: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    if not values:
        return "no answers"
    return f"median {statistics.median(values):4.0f} ms, 95 % below {percentile(values, 0.95):4.0f} ms"


@dataclass
class Times:
    """Milliseconds that visitors waited, and how often they did in vain."""

    opened: list[float] = field(default_factory=list)  # until the first page, while all others open theirs
    held: list[float] = field(default_factory=list)  # until the answer to a slider in the hand
    rested: list[float] = field(default_factory=list)  # until the board in full, once the hand rests
    followed: list[float] = field(default_factory=list)  # until the rest of the page, which nobody waits for
    errors: int = 0

    async def of(self, kind: list[float], asked: Awaitable[Answer]) -> float:
        """Note how long one answer takes, and return it in seconds."""
        answer = await asyncio.wait_for(asked, PATIENCE)
        kind.append(1e3 * answer.seconds)
        self.errors += answer.failed
        return answer.seconds


async def visit(port: int, changes: int, seed: int, times: Times, here: asyncio.Barrier) -> None:
    """One visitor, who waits for all others, moves the gain's slider, lets it rest and thinks."""
    draw = random.Random(seed)
    visitor = await Visitor.opened(port)
    try:
        await times.of(times.opened, visitor.ask(steps=50))
    finally:
        await asyncio.wait_for(here.wait(), PATIENCE)
    await asyncio.sleep(draw.uniform(0, THINK))
    for _ in range(changes):
        gain = draw.randint(0, 150) / 50
        await times.of(times.held, visitor.move(gain=gain))
        think = draw.uniform(0.5, 1.5) * THINK
        over = asyncio.get_running_loop().time() + think
        try:
            async with asyncio.timeout(think):
                took = await times.of(times.rested, visitor.rest(gain=gain))
                await asyncio.sleep(SETTLED + CROWDED * max(0.0, took - SOON))
        except TimeoutError:  # as in the browser, the next movement ends it
            continue
        await times.of(times.followed, visitor.tell(gain=gain))
        await asyncio.sleep(max(0.0, over - asyncio.get_running_loop().time()))
    await visitor.connection.close()


async def crowd(port: int, people: int, changes: int) -> Times:
    """Many visitors at once; one who gives up, or whose connection is lost, is an error."""
    times, here = Times(), asyncio.Barrier(people)
    ends = await asyncio.gather(
        *(visit(port, changes, i, times, here) for i in range(people)), return_exceptions=True
    )
    times.errors += sum(isinstance(end, BaseException) for end in ends)
    return times


def crowds(changes: int) -> None:
    """30 and 100 sessions on one server each, without a browser; all open before the first change."""
    print(f"Sessions, T = 50, {changes} changes each, {THINK:.0f} s to think")
    for people in (30, 100):
        with served() as (port, pid):
            times = asyncio.run(crowd(port, people, changes))
            size = resident(pid)
        print(f"  {people:3} sessions: all open after {max(times.opened, default=0) / 1e3:.1f} s")
        print(f"      slider in the hand {summary(times.held)}")
        overtaken = len(times.held) - len(times.rested)
        print(f"      board at rest {summary(times.rested)}, {overtaken} overtaken by the next movement")
        told = f"{summary(times.followed)}, {len(times.followed)} times"
        print(f"      the page around it {told}")
        print(f"      {times.errors} errors, server {size:.0f} MB")


def main(arguments: list[str]) -> None:
    """Print the table of the sessions alone."""
    crowds(5 if "--quick" in arguments else 10)

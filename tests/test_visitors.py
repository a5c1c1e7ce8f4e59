"""The visitors of the benchmarks: what they ask is answered, and one that is not is an error, not a crash."""

import asyncio

import pytest

from benchmarks import sessions
from benchmarks.visitor import Visitor


async def moves(port):
    visitor = await Visitor.opened(port)
    answers = [
        await visitor.ask(steps=12),
        await visitor.move(gain=1.2),
        await visitor.rest(gain=1.2),
        await visitor.tell(gain=1.2),
    ]
    await visitor.connection.close()
    return answers


@pytest.fixture
def alone():
    """Runs a coroutine in a thread: the browser tests' driver may keep an event loop running in this one."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        yield lambda coroutine: thread.submit(asyncio.run, coroutine).result()


def test_a_slider_in_the_hand_is_answered_by_less_than_the_whole_page(server, alone):
    opened, held, rested, told = alone(moves(int(server.rpartition(":")[2])))
    assert not any(answer.failed for answer in (opened, held, rested, told))
    assert 10_000 < held.bytes < rested.bytes < told.bytes


def test_visitors_who_meet_no_server_are_errors(alone):
    times = alone(sessions.crowd(1, 2, 1))
    assert times.errors == 2
    assert sessions.summary(times.held) == "no answers"

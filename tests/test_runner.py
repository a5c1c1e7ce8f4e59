"""The one thread that trains beside the pages: turns, rests, ends and faults of its runs."""

import time

import pytest

from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.ui import runner
from explorer.ui.runner import Job, Runner

TINY = {"steps": 4, "hidden_size": 4, "batch": 2, "updates": 100_000, "snapshots": 2}


def job(of, **changes):
    wanted = changes.pop("wanted", lambda: True)
    until_solved = changes.pop("until_solved", False)
    return Job(Course(Training(**{**TINY, **changes})), of, wanted=wanted, until_solved=until_solved)


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


@pytest.fixture
def one():
    """A runner whose runs are all at rest in the end."""
    made = Runner()
    yield made
    for run in list(made.going):
        run.pause()
    until(lambda: made.thread is None)


def test_two_runs_are_trained_in_turns_by_one_thread(one):
    first, second = job(one), job(one)
    first.resume()
    second.resume()
    until(lambda: first.course.state.update > 3 and second.course.state.update > 3)
    thread = one.thread
    first.pause()
    at = second.course.state.update
    until(lambda: second.course.state.update > at)
    assert one.thread is thread


def test_a_run_that_rests_takes_no_update_and_goes_on_where_it_was(one):
    run = job(one)
    run.resume()
    until(lambda: run.course.state.update > 3)
    run.pause()
    rested = run.course.state.update
    time.sleep(0.05)
    assert run.course.state.update == rested
    run.step()
    assert run.course.state.update == rested + 1
    run.resume()
    until(lambda: run.course.state.update > rested + 1)


def test_the_thread_ends_with_its_last_run_and_another_begins_with_the_next(one):
    run = job(one, updates=5)
    run.resume()
    until(lambda: run.over and one.thread is None)
    assert not run.going
    run.resume()
    assert one.thread is None
    job(one, updates=5).resume()
    until(lambda: one.thread is None)


def test_a_run_nobody_wants_rests_until_somebody_does(one, monkeypatch):
    monkeypatch.setattr(runner, "PRESENT", 0.0)
    here = [True]
    run = job(one, wanted=lambda: here[0])
    run.resume()
    until(lambda: run.course.state.update > 3)
    here[0] = False
    until(lambda: not run.going)
    assert not run.over
    here[0] = True
    at = run.course.state.update
    run.resume()
    until(lambda: run.course.state.update > at)


def test_a_run_ends_once_it_is_solved_if_it_is_to(one):
    run = job(one, steps=2, hidden_size=16, batch=32, learning_rate=0.02, updates=2_000, until_solved=True)
    run.resume()
    until(lambda: run.over)
    assert 20 <= run.course.state.update < 500
    assert run.course.all_solved


def test_a_fault_ends_its_own_run_alone_and_is_kept(one, monkeypatch):
    broken, sound = job(one), job(one)

    def fails():
        raise MemoryError

    monkeypatch.setattr(broken.course, "advance", fails)
    broken.resume()
    sound.resume()
    until(lambda: broken.fault == "out of memory" and sound.course.state.update > 3)
    assert not broken.going
    assert broken.ended


def test_a_run_that_has_not_begun_is_not_solved():
    course = Course(Training(**TINY))
    assert course.solved_at().tolist() != course.solved_at().tolist()  # nan
    assert not course.all_solved

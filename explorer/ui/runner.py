"""Training beside the pages: one background thread for the whole server, which trains its runs in turns.

A run is trained while it goes and somebody wants it: its session is there, or a page has asked for it
lately. Otherwise it rests where it is, so that whoever comes back can go on. What a page needs of a run it
reads from the course, to which the thread only ever adds.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from explorer.training.course import Course

TURN = 0.08  # seconds one run trains before the next has its turn
REST = 0.008  # seconds between two turns that belong to the pages, which share the interpreter
PRESENT = 2.0  # seconds between two looks at whether anybody still wants a run


class Runner:
    """The thread, and the runs that it trains; it ends when none of them goes."""

    def __init__(self) -> None:
        """Nothing to do, no thread."""
        self.lock = threading.Lock()
        self.going: list[Job] = []
        self.thread: threading.Thread | None = None

    def take(self, job: "Job") -> None:
        """Train the run from now on."""
        with self.lock:
            if job not in self.going:
                self.going.append(job)
            if self.thread is None:
                self.thread = threading.Thread(target=self.work, daemon=True, name="training")
                self.thread.start()

    def due(self) -> "list[Job]":
        """The runs that still go; where there are none, the thread is given up."""
        with self.lock:
            self.going = [job for job in self.going if job.going]
            if not self.going:
                self.thread = None
            return list(self.going)

    def work(self) -> None:
        """What the thread does."""
        while jobs := self.due():
            for job in jobs:
                job.turn()
                time.sleep(REST)


@st.cache_resource(show_spinner=False)
def server() -> Runner:
    """The server's one runner."""
    return Runner()


@dataclass(eq=False)
class Job:
    """One run, whether it goes, and until when."""

    course: Course
    runner: Runner
    name: str = ""
    wanted: Callable[[], bool] = lambda: True  # whether anybody is there for whom it should go on
    until_solved: bool = False  # end once the task is solved under every seed that is still finite
    going: bool = False
    stopped: bool = False
    fault: str = ""  # what ended the run, where it was not meant to end
    began: tuple[float, int] = (0.0, 0)  # when it was set going, and at which update
    looked: float = 0.0  # when `wanted` was asked last
    lock: threading.Lock = field(default_factory=threading.Lock)  # held during a turn

    def resume(self) -> None:
        """Train until the run is over, or `pause` is called."""
        if self.going or self.over:
            return
        self.going, self.fault = True, ""
        self.looked = time.monotonic()
        self.began = (self.looked, self.course.state.update)
        self.runner.take(self)

    def pause(self) -> None:
        """Rest after the update that is being taken."""
        self.going = False
        with self.lock:
            pass

    def stop(self) -> None:
        """End the run for good; what it has recorded stays."""
        self.pause()
        self.stopped = True

    def step(self) -> None:
        """Take one update, with the run at rest."""
        self.pause()
        self.course.advance()

    @property
    def over(self) -> bool:
        """Whether the run does not go on, whatever is pressed."""
        return self.stopped or self.ended

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to train."""
        solved = self.until_solved and self.course.all_solved
        return solved or self.course.done or bool(self.fault)

    @property
    def rate(self) -> float:
        """Updates per second since the run was set going."""
        when, at = self.began
        return (self.course.state.update - at) / max(time.monotonic() - when, 1e-3)

    def turn(self) -> None:
        """Train for a while; the thread calls it."""
        end = time.monotonic() + TURN
        with self.lock:
            try:
                while self.going and time.monotonic() < end:
                    if self.over or self.course.advance() is None:
                        self.going = False
            except (MemoryError, ArithmeticError, ValueError) as problem:
                self.going, self.fault = False, str(problem) or "out of memory"
        if end - self.looked > PRESENT:
            self.looked = end
            if not self.wanted():
                self.going = False

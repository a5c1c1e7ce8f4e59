"""Small trainings that run beside the pages: one thread for the whole server, what is trained is kept.

A page asks for the runs it shows and reads what they have recorded so far. A run nobody has asked for lately
rests, and goes on where it was when somebody does.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.training.trainer import RUNNING
from explorer.ui import board

KEPT = 96  # runs held in memory
SLICE = 0.04  # seconds one run trains before the next has its turn
REST = 0.02  # seconds between two turns that belong to the pages, which share the interpreter
FORGOTTEN = 8.0  # seconds after which a run that nobody asks for rests
LOOK = 2.0  # seconds between two looks of an open page, at least
EASE = 6.0  # and so many times as long as the page took to compose, for its browser has to draw it too
FIRST = 2.5  # seconds a page just opened waits, so that a short run is shown finished
STOPPED = "_trainings_stopped"  # session key
SINCE = "_trainings_since"  # session key: when the page began to be composed


@dataclass(frozen=True)
class Wish:
    """A run as a page asks for it; equal wishes are one run."""

    training: Training
    seeds: tuple[int, ...]
    until_solved: bool = False  # end once the task is solved under every seed that is still finite


def wishes(
    trainings: Iterable[Training], seeds: int, *, first: int = 0, until_solved: bool = True
) -> tuple[Wish, ...]:
    """One wish for each training, under so many seeds from the first on."""
    return tuple(Wish(training, tuple(range(first, first + seeds)), until_solved) for training in trainings)


def enough(wish: Wish, course: Course) -> bool:
    """Whether the run has nothing left to do."""
    if course.done or not wish.until_solved or not course.state.update or course.state.update % 10:
        return course.done
    finite = course.state.diverged == RUNNING
    return bool((course.solved_at()[finite] > 0).all())


class Pool:
    """All runs of the server, and the thread that trains those that were asked for lately."""

    def __init__(self) -> None:
        """No runs, no thread."""
        self.lock = threading.Lock()
        self.courses: OrderedDict[Wish, Course] = OrderedDict()
        self.asked: dict[Wish, float] = {}
        self.finished: set[Wish] = set()
        self.thread: threading.Thread | None = None

    def get(self, wishes: Sequence[Wish], *, train: bool) -> list[Course]:
        """The runs, begun where they were not; trained from now on where `train` says so."""
        with self.lock:
            for wish in wishes:
                if wish not in self.courses:
                    self.courses[wish] = Course(wish.training, seeds=wish.seeds)
                self.courses.move_to_end(wish)
                if train and wish not in self.finished:
                    self.asked[wish] = time.monotonic()
                elif not train:
                    self.asked.pop(wish, None)
            while len(self.courses) > KEPT:
                old, _ = self.courses.popitem(last=False)
                self.asked.pop(old, None)
                self.finished.discard(old)
            if self.asked and (self.thread is None or not self.thread.is_alive()):
                self.thread = threading.Thread(target=self.work, daemon=True)
                self.thread.start()
            return [self.courses[wish] for wish in wishes]

    def busy(self, wishes: Sequence[Wish]) -> bool:
        """Whether any of the runs is not finished."""
        return any(wish not in self.finished for wish in wishes)

    def due(self) -> list[Wish]:
        """The runs that are to be trained now."""
        now = time.monotonic()
        with self.lock:
            self.asked = {w: at for w, at in self.asked.items() if now - at < FORGOTTEN}
            if not self.asked:
                self.thread = None
            return list(self.asked)

    def work(self) -> None:
        """Train what is asked for, in turns, until nothing is."""
        while wishes := self.due():
            for wish in wishes:
                course = self.courses.get(wish)
                end = time.monotonic() + SLICE
                while course is not None and time.monotonic() < end:
                    if enough(wish, course) or course.advance() is None:
                        self.finished.add(wish)
                        with self.lock:
                            self.asked.pop(wish, None)
                        break
                time.sleep(REST)


@st.cache_resource(show_spinner=False)
def pool() -> Pool:
    """The server's one pool."""
    return Pool()


def follow(wishes: Sequence[Wish]) -> list[Course]:
    """The runs a page shows, as far as they have come; the page is run again while they go on.

    Nothing new is begun while a slider is being dragged, or after the session has stopped training.
    """
    train = not (st.session_state.get(board.DRAGGING) or st.session_state.get(STOPPED))
    courses = pool().get(wishes, train=train)
    opened = time.monotonic()
    fresh = all(course.state.update == 0 for course in courses)
    while train and fresh and pool().busy(wishes) and time.monotonic() - opened < FIRST:
        time.sleep(0.05)
    st.session_state[SINCE] = time.monotonic()
    return courses


def progress(wishes: Sequence[Wish]) -> None:
    """While the runs go on: how far they have come, a button to stop them, and another look soon."""
    if not pool().busy(wishes):
        return
    stopped = bool(st.session_state.get(STOPPED))
    taken = sum(course.state.update for course in pool().get(wishes, train=not stopped))
    total = sum(wish.training.updates for wish in wishes)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="training"):
        st.button(
            "Go on" if stopped else "Stop",
            icon=":material/play_arrow:" if stopped else ":material/stop:",
            on_click=st.session_state.update,
            args=({STOPPED: not stopped},),
        )
        words = "Stopped after" if stopped else "Training:"
        st.progress(taken / total, f"{words} {taken:,} of at most {total:,} updates")
    if not stopped:
        drawn = time.monotonic()
        pause = max(LOOK, EASE * (drawn - st.session_state.get(SINCE, drawn)))
        st.fragment(look_again, run_every=pause)(drawn, pause)


def look_again(drawn: float, pause: float) -> None:
    """Run the page again, but not in the run that has just drawn it."""
    if time.monotonic() - drawn > pause / 2 and not st.session_state.get(board.DRAGGING):
        st.rerun()

"""Small trainings that belong to nobody: a page asks for the runs it shows, and all sessions share them.

What is trained is kept. A run nobody has asked for lately rests, and goes on when somebody does.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.ui import live, runner, state
from explorer.ui.runner import Job, Runner

KEPT = 96  # runs held in memory
FORGOTTEN = 8.0  # seconds after which a run that nobody asks for rests
LOOK = 2.0  # seconds between two looks of an open page, at least
EASE = 6.0  # and so many times as long as the page took to compose, for its browser has to draw it too
FIRST = 2.5  # seconds a page just opened waits, so that a short run is shown finished
STYLE = """@media (min-width: 1270px) {
.st-key-training { position: fixed; top: 4.2rem; right: 1.9rem; width: 14.5rem; z-index: 9; }
}"""  # beside the toolbar, in sight however far the page is scrolled, and moving nothing when it goes
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


@dataclass
class Asked:
    """A run and when a page asked for it last."""

    job: Job
    at: float = 0.0

    def lately(self) -> bool:
        """Whether a page still looks at it."""
        return time.monotonic() - self.at < FORGOTTEN


class Pool:
    """All runs of the server that pages have asked for; what is trained is kept."""

    def __init__(self, trained_by: Runner) -> None:
        """No runs."""
        self.runner = trained_by
        self.lock = threading.Lock()
        self.runs: OrderedDict[Wish, Asked] = OrderedDict()

    def get(self, wishes: Sequence[Wish], *, train: bool) -> list[Course]:
        """The runs, begun where they were not; trained from now on where `train` says so."""
        with self.lock:
            asked = [self.run_of(wish) for wish in wishes]
            while len(self.runs) > KEPT:
                _, old = self.runs.popitem(last=False)
                old.job.going = False
        for run in asked:
            if train:
                run.at = time.monotonic()
                run.job.resume()
            else:
                run.job.going = False  # after the update that is being taken
        return [run.job.course for run in asked]

    def run_of(self, wish: Wish) -> Asked:
        """The run of a wish, now the one that was asked for last."""
        if wish not in self.runs:
            run = Asked(Job(Course(wish.training, seeds=wish.seeds), self.runner))
            run.job.wanted, run.job.until_solved = run.lately, wish.until_solved
            self.runs[wish] = run
        self.runs.move_to_end(wish)
        return self.runs[wish]

    def busy(self, wishes: Sequence[Wish]) -> bool:
        """Whether any of the runs is not finished."""
        return not all(wish in self.runs and self.runs[wish].job.ended for wish in wishes)


@st.cache_resource(show_spinner=False)
def pool() -> Pool:
    """The server's one pool."""
    return Pool(runner.server())


def follow(wishes: Sequence[Wish]) -> list[Course]:
    """The runs a page shows, as far as they have come; the page is run again while they go on.

    Nothing new is begun while a slider is being dragged, or after the session has stopped training.
    """
    live.aloud()
    train = not (state.held() or st.session_state.get(STOPPED))
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
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="training"):
        st.button(
            "Go on" if stopped else "Stop",
            icon=":material/play_arrow:" if stopped else ":material/stop:",
            on_click=st.session_state.update,
            args=({STOPPED: not stopped},),
        )
        st.progress(taken / total, f"{taken:,} of {total:,}")
    if not stopped:
        drawn = time.monotonic()
        pause = max(LOOK, EASE * (drawn - st.session_state.get(SINCE, drawn)))
        st.fragment(look_again, run_every=pause)(drawn, pause)


def look_again(drawn: float, pause: float) -> None:
    """Run the page again, but not in the run that has just drawn it."""
    if time.monotonic() - drawn > pause / 2 and not state.held():
        st.rerun()

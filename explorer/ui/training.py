"""Training runs beside the pages: one background thread for each run that is going, all of them owned here.

A thread ends when its run is done, paused or stopped, and when its session has gone: then the run is paused
where it stands, so that whoever comes back to the session can go on. What a page needs of a run it reads
from the course, to which the thread only ever adds.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from explorer.reports.training_runs import RunView
from explorer.training.checkpoint import resumed, saved
from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.training.tasks import TEXT
from explorer.training.text import Corpus, built_in, decoded, read
from explorer.ui import board, bundle

RUNS, TEXT_KEY, SAID = "_training_runs", "_training_text", "_training_said"  # session keys
MOST_RUNS = 5
LOOK = 1.0  # seconds between two looks of an open page
PRESENT = 2.0  # seconds between two looks at whether the session is still there
NAMES = "ABCDE"


@dataclass
class Job:
    """One run and the thread that trains it while it goes."""

    name: str
    course: Course
    session: str = field(default_factory=bundle.session_id)
    going: bool = False
    began: tuple[float, int] = (0.0, 0)  # when the thread began, and at which update
    stopped: bool = False
    thread: threading.Thread | None = None
    fault: str = ""  # what ended the thread, where it was not meant to end

    def resume(self) -> None:
        """Let the thread train until the run is done, or `pause` is called."""
        if self.going or self.over:
            return
        if self.thread is not None:
            self.thread.join()
        self.going, self.fault = True, ""
        self.began = (time.monotonic(), self.course.state.update)
        self.thread = threading.Thread(target=self.work, daemon=True, name=f"training {self.name}")
        self.thread.start()

    def pause(self) -> None:
        """End the thread after the update it is at."""
        self.going = False
        if self.thread is not None:
            self.thread.join()

    def stop(self) -> None:
        """End the run for good; what it has recorded stays."""
        self.pause()
        self.stopped = True

    @property
    def over(self) -> bool:
        """Whether the run does not go on, whatever is pressed."""
        return self.stopped or self.course.done

    def step(self) -> None:
        """Take one update, with the thread at rest."""
        self.pause()
        self.course.advance()

    def work(self) -> None:
        """What the thread does."""
        looked = time.monotonic()
        try:
            while self.going and self.course.advance() is not None:
                now = time.monotonic()
                if now - looked > PRESENT:
                    looked = now
                    self.going = self.going and bundle.is_present(self.session)
        except (MemoryError, ArithmeticError, ValueError) as problem:
            self.fault = str(problem) or "out of memory"
        self.going = False

    @property
    def rate(self) -> float:
        """Updates per second since the thread began."""
        when, at = self.began
        return (self.course.state.update - at) / max(time.monotonic() - when, 1e-3)

    def view(self) -> RunView:
        """The run as the reports read it, as far as it has come."""
        return RunView.of(self.name, self.course)


def jobs() -> list[Job]:
    """The session's runs, oldest first."""
    found: list[Job] = st.session_state.setdefault(RUNS, [])
    return found


def say(text: str) -> None:
    """Keep a sentence for the page to show once; never read as markup."""
    st.session_state[SAID] = text


def corpus(training: Training) -> Corpus | None:
    """The text of a training; raises ValueError where it has none."""
    if training.task != TEXT:
        return None
    own: Corpus | None = st.session_state.get(TEXT_KEY)
    return own if training.corpus == "own" and own is not None else built_in(training.corpus)


def preview(training: Training) -> RunView:
    """The run that these settings would be, at its beginning."""
    return RunView.of("", begun(training))


def begun(training: Training) -> Course:
    """A course at its beginning; kept for the next look, for its first picture takes a moment."""
    text = corpus(training)
    key = (training, id(text))
    if st.session_state.get("_training_begun", (None,))[0] != key:
        st.session_state["_training_begun"] = (key, Course(training, corpus=text))
    course: Course = st.session_state["_training_begun"][1]
    return course


def add(course: Course) -> Job:
    """Put a run into the list; the oldest that rests gives way where there are too many."""
    runs = jobs()
    if len(runs) >= MOST_RUNS:
        oldest = next((job for job in runs if not job.going), runs[0])
        oldest.pause()
        runs.remove(oldest)
    job = Job(next(name for name in NAMES if name not in {job.name for job in runs}), course)
    runs.append(job)
    return job


def start(training: Training) -> None:
    """Begin a run of these settings; what cannot be begun is said."""
    try:
        job = add(Course(training, corpus=corpus(training)))
    except ValueError as problem:
        say(str(problem))
        return
    job.resume()


def remove(job: Job) -> None:
    """Stop a run and forget it."""
    job.pause()
    jobs().remove(job)


def take_text(text: str | bytes) -> None:
    """Have the text task read this text from now on; what is wrong with it is said."""
    try:
        found = read(decoded(text) if isinstance(text, bytes) else text)
    except ValueError as problem:
        say(str(problem))
        return
    st.session_state[TEXT_KEY] = found
    st.session_state["task"], st.session_state["corpus"] = TEXT, "own"
    say(found.notice or f"Read {len(found.indices):,} characters, {len(found.vocabulary)} different ones.")


def take_checkpoint(data: bytes) -> None:
    """Add the run of a checkpoint to the list, paused where it was; what is wrong with it is said."""
    try:
        job = add(resumed(data))
    except ValueError as problem:
        say(str(problem))
        return
    st.session_state.update({name: getattr(job.course.training, name) for name in vars(job.course.training)})
    say(f"Run {job.name} resumes after {job.course.state.update:,} updates.")


def checkpoint(job: Job) -> bytes:
    """The run as a file, between two updates."""
    was = job.going
    job.pause()
    data = saved(job.course)
    if was:
        job.resume()
    return data


def views(runs: Sequence[Job]) -> tuple[RunView, ...]:
    """All runs as the reports read them."""
    return tuple(job.view() for job in runs)


def look_again() -> None:
    """While a run goes on, run the page again soon; not while a slider is held."""
    if any(job.going for job in jobs()):
        drawn = time.monotonic()
        st.fragment(again, run_every=LOOK)(drawn)


def again(drawn: float) -> None:
    """Run the page again, but for the run that has just drawn it."""
    if time.monotonic() - drawn > LOOK / 2 and not st.session_state.get(board.DRAGGING):
        st.rerun()

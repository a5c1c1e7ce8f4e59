"""A lesson: one idea a page, told in beats, each a complete state, with questions asked before the answer.

A beat's state is the defaults, then the lesson's opening, then what the beat itself sets; so it never
depends on what was clicked before.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.experiment import DEFAULTS, Experiment, View
from explorer.parameters import Range

MOST_WORDS = 20  # in the sentence of a beat, so that a hall can read it while someone speaks
OUTERMOST = 16.0  # decades; a size beyond is compared as if it lay here, for 0 and ∞ lie nowhere

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """One complete state of a lesson: what is run, what of it is shown, and the page's own settings."""

    experiment: Experiment
    view: View
    own: Any = None  # the record named by Lesson.own


@dataclass(frozen=True)
class Beat:
    """One numbered step of a lesson; raises ValueError for a sentence over 20 words."""

    says: str  # one sentence
    settings: Settings = field(default_factory=dict)  # what differs from the lesson's opening
    panel: str = ""  # the panel it is about: an id of the board's, or of a container "panel_<id>"

    def __post_init__(self) -> None:
        """Refuses a sentence that a hall could not read in passing."""
        words = len(self.says.split())
        if not 1 <= words <= MOST_WORDS:
            raise ValueError(f"a beat says one sentence of 1 to {MOST_WORDS} words; got {words}: {self.says}")


@dataclass(frozen=True)
class Curve:
    """A measured curve: places x (n,) and log₁₀ sizes (n,), −inf for exact zeros."""

    x: Array
    decades: Array


@dataclass(frozen=True)
class Sketch:
    """A curve to choose from, as the corners (x, log₁₀ size) of a line."""

    name: str
    corners: tuple[tuple[float, float], ...]

    def at(self, x: Array) -> Array:
        """log₁₀ of the sketched size at places x (n,)."""
        places, decades = np.array(self.corners, dtype=np.float64).T
        drawn: Array = np.interp(x, places, decades)
        return drawn

    def error(self, truth: Curve) -> float:
        """Decades between sketch and truth, averaged over the truth's places."""
        gaps = within(self.at(truth.x)) - within(truth.decades)
        return float(np.mean(np.abs(gaps)))


@dataclass(frozen=True)
class CurveQuestion:
    """Which of three or four sketched curves will the run show?"""

    id: str
    asks: str
    because: str  # said after the reveal
    x: str  # title of the horizontal axis
    y: str  # title of the vertical axis, in powers of ten
    sketches: tuple[Sketch, ...]
    truth: Callable[[State], Curve]
    settings: Settings = field(default_factory=dict)  # the state asked about: what differs from the opening

    def nearest(self, truth: Curve) -> Sketch:
        """The sketch that is right: the one nearest to the truth."""
        return min(self.sketches, key=lambda sketch: sketch.error(truth))


@dataclass(frozen=True)
class PointQuestion:
    """Where on a scale will the answer lie?"""

    id: str
    asks: str
    because: str
    control: Range  # the scale; its label and positions as a slider shows them
    unit: str  # "steps", "times", "decades"
    truth: Callable[[State], float]
    settings: Settings = field(default_factory=dict)

    def error(self, guess: float, truth: float) -> float:
        """Decades between guess and truth, both above 0; a tenfold miss is 1."""
        guessed, true = (math.log10(x) if x > 0 else -OUTERMOST for x in (guess, truth))
        return abs(max(-OUTERMOST, min(OUTERMOST, guessed)) - max(-OUTERMOST, min(OUTERMOST, true)))


@dataclass(frozen=True)
class ClaimQuestion:
    """Is a claim true?"""

    id: str
    asks: str
    because: str
    truth: Callable[[State], bool]
    settings: Settings = field(default_factory=dict)


Question = CurveQuestion | PointQuestion | ClaimQuestion


@dataclass(frozen=True)
class Lesson:
    """One page of the lecture."""

    page: str  # the file in pages/, without .py
    title: str  # as the navigation names it
    take_away: str  # its one idea, the first line on the page
    beats: tuple[Beat, ...]
    opening: Settings = field(default_factory=dict)  # what every beat sets, unless it says otherwise
    questions: tuple[Question, ...] = ()
    own: type[Any] | None = None  # the page's own settings, a frozen dataclass of param fields
    symbols: tuple[str, ...] = ()  # keys of the glossary, for what the page shows

    def complete(self, settings: Settings | None = None) -> dict[str, Any]:
        """{field: value} of every field under the given changes to the opening.

        Raises KeyError for a name that is no field.
        """
        own = {f.name: f.default for f in fields(self.own)} if self.own else {}
        known = {**DEFAULTS, **own}
        changes = {**self.opening, **(settings or {})}
        unknown = sorted(changes.keys() - known.keys())
        if unknown:
            raise KeyError(f"the lesson {self.page} sets {', '.join(unknown)}, which is no field")
        return {**known, **changes}

    def state(self, settings: Settings | None = None) -> State:
        """The complete state under the given changes to the opening; raises ValueError as its records do."""
        values = self.complete(settings)
        own = made(self.own, values) if self.own else None
        return State(made(Experiment, values), made(View, values), own)

    def number(self, n: int) -> int:
        """The number of the beat nearest to n, from 1 on."""
        return min(max(n, 1), len(self.beats))

    def beat(self, n: int) -> Beat:
        """The n-th beat, from 1 on; the nearest there is."""
        return self.beats[self.number(n) - 1]

    def beat_of(self, question: Question) -> int | None:
        """The number of the beat that shows the state a question asks about; None where none does."""
        settings = [beat.settings for beat in self.beats]
        return settings.index(question.settings) + 1 if question.settings in settings else None


def made(kind: type[Any], values: Settings) -> Any:
    """A record of its own fields among the values."""
    return kind(**{f.name: values[f.name] for f in fields(kind)})


def within(decades: Array) -> Array:
    """Decades brought into ±OUTERMOST, so that 0 and ∞ can be compared."""
    return np.clip(decades, -OUTERMOST, OUTERMOST)

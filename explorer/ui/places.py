"""Pages by name: their titles, and Markdown links to them."""

from dataclasses import fields
from urllib.parse import quote, urlencode

from explorer.experiment import DEFAULTS
from explorer.lesson import Lesson
from explorer.lessons.table import LESSONS
from explorer.ui import url

MAIN = "gradient_flow"  # the page that the bare address opens
TITLES = {
    MAIN: "Gradient flow",
    "weights": "What reaches the weights",
    "saturation": "Activations and saturation",
    "lstm": "Inside the LSTM",
    "clipping": "Clipping",
    "compare": "RNN against LSTM",
    "checks": "Are these numbers right?",
    "train": "Train and watch",
    "rainbow": "The itemised rainbow",
    "cliff": "Clipping at the cliff",
    "theatre": "Clipping theatre",
    "remember": "Who remembers?",
    **{page: lesson.title for page, lesson in LESSONS.items()},
    "beats": "The lecture on paper",
    "glossary": "Glossary",
}


def quoted(text: str) -> str:
    """Text as part of an address."""
    return quote(text, safe="")


def link(page: str) -> str:
    """A Markdown link to a page by its title."""
    return f"[{TITLES[page]}]({'.' if page == MAIN else page})"


def links(pages: tuple[str, ...]) -> str:
    """Markdown links to pages by their titles, which may hold commas."""
    return " · ".join(link(page) for page in pages)


def beat(lesson: Lesson, number: int, hide: tuple[str, ...] = (), *, in_lecture: bool = False) -> str:
    """The address of one beat with its whole state: each field that is not at its default, and the seed."""
    complete = lesson.complete(lesson.beat(number).settings)
    own = {f.name: f.default for f in fields(lesson.own)} if lesson.own else {}
    defaults = {**DEFAULTS, **own}
    kept = [name for name in complete if complete[name] != defaults[name] or name == url.COMPLETE]
    asked = {"beat": str(number), **{name: url.text_of(complete[name]) for name in kept}}
    asked |= {"hide": ",".join(hide)} if hide else {}
    asked |= {"view": "lecture"} if in_lecture else {}
    return f"{lesson.page}?{urlencode(asked, safe=',')}"

"""The lecture on paper: every beat stands there once, and its link restores exactly its state."""

import re
from dataclasses import fields
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from explorer.experiment import FIELDS
from explorer.lessons.table import LESSONS
from explorer.parameters import legal_value
from explorer.ui import paper, places
from opening import app

BEATS = [(page, n) for page, lesson in LESSONS.items() for n in range(1, len(lesson.beats) + 1)]


def read(lesson, address):
    """What an address says: its page, its beat, and the complete state, as the app takes it in."""
    parts = urlsplit(address)
    said = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    known = {**FIELDS, **({f.name: f for f in fields(lesson.own)} if lesson.own else {})}
    number = int(said.pop("beat"))
    assert said.keys() <= known.keys()
    given = {name: legal_value(known[name], raw) for name, raw in said.items()}
    assert all(notice is None for _, notice in given.values())
    left_out = {name: f.default for name, f in known.items() if name not in given}
    return parts.path, number, left_out | {name: value for name, (value, _) in given.items()}


@pytest.mark.parametrize(("page", "number"), BEATS)
def test_the_link_of_a_beat_is_read_back_as_its_state(page, number):
    lesson = LESSONS[page]
    expected = (page, number, lesson.complete(lesson.beat(number).settings))
    assert read(lesson, places.beat(lesson, number)) == expected


def test_every_beat_stands_on_paper_once_with_its_link_and_its_number():
    for place, (page, lesson) in enumerate(LESSONS.items(), start=1):
        text = paper.on_paper(place, lesson, (), in_lecture=False)
        links = re.findall(r"^(\d+)\. \[.*\]\((\S+)\)$", text, re.MULTILINE)
        assert [int(n) for n, _ in links] == list(range(1, len(lesson.beats) + 1))
        assert [address for _, address in links] == [places.beat(lesson, int(n)) for n, _ in links]
        assert text.startswith(f"### {place}. {lesson.title}")
        assert page in text


def written(at):
    return "\n".join(markdown.value for markdown in at.markdown)


def test_the_page_names_every_lesson_and_counts_the_beats():
    text = written(app("beats"))
    assert f"{len(LESSONS)} pages, {len(BEATS)} beats" in text
    assert all(lesson.title in text for lesson in LESSONS.values())


def test_a_link_from_the_paper_opens_the_beat():
    lesson = LESSONS["myths"]
    address = places.beat(lesson, 7, ("seed",), in_lecture=True)
    said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    at = app("myths", **said)
    state = {name: at.session_state[name] for name in lesson.complete()}
    assert state == lesson.complete(lesson.beat(7).settings)
    assert at.session_state["beat"] == 7
    assert (at.query_params["hide"], at.query_params["view"]) == ("seed", "lecture")


def test_ticked_boxes_are_in_every_link():
    at = app("beats")
    at.checkbox(key="paper_hide_gain").check()
    at.checkbox(key="paper_hide_toolbar").check()
    at.checkbox(key="paper_lecture").check().run()
    assert not at.exception
    links = re.findall(r"^\d+\. \[.*\]\((\S+)\)$", written(at), re.MULTILINE)
    assert len(links) == len(BEATS)
    assert all(link.endswith("&hide=toolbar,gain&view=lecture") for link in links)


def test_every_page_has_a_title_and_the_navigation_shows_it():
    root = Path(__file__).parents[1]
    assert places.TITLES.keys() == {path.stem for path in root.glob("pages/*.py")}
    source = (root / "app.py").read_text(encoding="utf-8")
    for page in places.TITLES:
        assert re.search(rf'"pages/{page}\.py",\s+title=TITLES\["{page}"\]', source), page

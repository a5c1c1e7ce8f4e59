"""A run as a file: everything to resume it bit for bit on one machine, in NumPy's own format, no pickle.

A file that is damaged, or was not written here, is one ValueError; nothing of it is run, and nothing is
allocated before its sizes are known to be sane.
"""

import io
import json
import zipfile
import zlib
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.training.course import COLUMNS, Course
from explorer.training.settings import Training
from explorer.training.text import Corpus, encoded
from explorer.training.trainer import State

FORMAT = 1
MOST_BYTES = 256 * 2**20  # unpacked
FOREIGN = "this is not a checkpoint of the explorer, or it is damaged"


def saved(course: Course) -> bytes:
    """The run as the bytes of an .npz file."""
    state, trainer, history = course.state, course.trainer, course.history()
    about = {
        "format": FORMAT,
        "training": asdict(course.training),
        "seeds": list(trainer.seeds),
        "vocabulary": list(trainer.corpus.vocabulary) if trainer.corpus else None,
    }
    arrays: dict[str, Any] = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "update": np.array(state.update),
        "rows": state.rows,
        "diverged": state.diverged,
        **{f"slot_{i}": slot for i, slot in enumerate(state.slots)},
        **{f"history_{name}": history[name] for name in COLUMNS},
        "taken": np.array([s.update for s in course.snapshots], np.int64),
        "pictures": np.array([s.row for s in course.snapshots]).reshape(len(course.snapshots), -1),
    }
    if trainer.corpus:
        arrays["text"] = trainer.corpus.indices.astype(np.uint16)
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    return packed.getvalue()


def resumed(data: bytes, text: str | None = None) -> Course:
    """The run of a file, ready to go on; with another text if one is given.

    Raises ValueError for a file that is damaged or foreign, and for a text with a character that the model
    does not know.
    """
    arrays = unpacked(data)
    about = described(arrays)
    try:
        training = Training(**about["training"])
        seeds = [int(seed) for seed in about["seeds"]]
        corpus = corpus_of(about["vocabulary"], arrays, text)
        course = Course(training, seeds=seeds, corpus=corpus)
    except (KeyError, TypeError, AttributeError, IndexError) as fault:
        raise ValueError(f"{FOREIGN}: {type(fault).__name__} in its description") from None
    state, columns = state_of(course, arrays), columns_of(course, arrays)
    taken, pictures = arrays["taken"], arrays["pictures"]
    fits("taken", taken, (len(taken),), "i")
    fits("pictures", pictures, (len(taken), course.trainer.layout.size), "f")
    course.restored(state, columns, [(int(n), row) for n, row in zip(taken, pictures, strict=True)])
    return course


def unpacked(data: bytes) -> dict[str, Any]:
    """The arrays of an .npz file by name, all of them read; raises ValueError where it is none of ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise ValueError(f"{FOREIGN}: it unpacks to more than {MOST_BYTES // 2**20} MB")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, zipfile.BadZipFile, KeyError, EOFError, SyntaxError, ValueError, zlib.error):
        raise ValueError(f"{FOREIGN}: it cannot be unpacked") from None
    expected = {"about", "update", "rows", "diverged", "taken", "pictures"}
    expected |= {f"history_{name}" for name in COLUMNS}
    missing = sorted(expected - arrays.keys())
    if missing:
        raise ValueError(f"{FOREIGN}: it has no {missing[0]}")
    return arrays


def described(arrays: dict[str, Any]) -> dict[str, Any]:
    """What a file says of itself."""
    try:
        about = json.loads(bytes(arrays["about"].astype(np.uint8)))
    except (ValueError, TypeError):
        raise ValueError(f"{FOREIGN}: its description cannot be read") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError(f"{FOREIGN}: it is of another format")
    known = {f.name for f in fields(Training)}
    given = about.get("training")
    if not isinstance(given, dict) or set(given) != known or not isinstance(about.get("seeds"), list):
        raise ValueError(f"{FOREIGN}: its settings are not those of a training run")
    return about


def corpus_of(vocabulary: list[str] | None, arrays: dict[str, Any], text: str | None) -> Corpus | None:
    """The text the run goes on with."""
    if vocabulary is None:
        return None
    known = tuple(str(character) for character in vocabulary)
    if text is not None:
        return encoded(text, known)
    indices = arrays["text"].astype(np.int64)
    if indices.ndim != 1 or not len(indices) or indices.max() >= len(known):
        raise ValueError(f"{FOREIGN}: its text does not fit its vocabulary")
    return Corpus(indices, known)


def fits(name: str, a: Array, shape: tuple[int, ...], kind: str) -> None:
    """Raises ValueError unless an array has the shape and kind of number it must have, all of them finite."""
    if a.shape != shape or a.dtype.kind != kind:
        raise ValueError(f"{FOREIGN}: {name} has shape {a.shape} and type {a.dtype}, not {shape}")


def state_of(course: Course, arrays: dict[str, Any]) -> State:
    """The state a file holds, its shapes checked against the settings."""
    start = course.state
    slots = tuple(arrays.get(f"slot_{i}", np.empty(0)) for i in range(len(start.slots)))
    for name, a in (("rows", arrays["rows"]), *((f"slot_{i}", slot) for i, slot in enumerate(slots))):
        fits(name, a, start.rows.shape, "f")
        if a.dtype != start.rows.dtype or not np.isfinite(a).all():
            raise ValueError(f"{FOREIGN}: {name} does not hold finite numbers of the precision it names")
    fits("update", arrays["update"], (), "i")
    fits("diverged", arrays["diverged"], start.diverged.shape, "i")
    update = int(arrays["update"])
    if not 0 <= update <= course.training.updates:
        raise ValueError(f"{FOREIGN}: update {update} of {course.training.updates}")
    return State(update, arrays["rows"], slots, arrays["diverged"])


def columns_of(course: Course, arrays: dict[str, Any]) -> dict[str, Array]:
    """What a file recorded of each update, with room for more."""
    shape = (int(arrays["update"]), len(course.trainer.seeds))
    columns = {}
    for name in COLUMNS:
        a = arrays[f"history_{name}"]
        fits(name, a, shape, "f")
        columns[name] = np.concatenate([a, np.empty((64, shape[1]))])
    return columns

"""What the networks learn, in one table: tasks that need memory, a grammar, sentences and texts.

Each task draws its own mini-batches from a random generator and names the loss of guessing, so that a curve
can be read. To add a task, write its `draw` and append one entry to TASKS.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from explorer.arrays import Array, Integers
from explorer.training import reber
from explorer.training.batches import Batch, final
from explorer.training.sentences import ANSWER, LENGTH, WORDS, remembering_baseline, sentence_batch
from explorer.training.text import Corpus

Draw = Callable[[np.random.Generator, int, int], Batch]  # (rng, T, B)


@dataclass(frozen=True)
class Task:
    """One thing to learn. T is the setting; `length` says how many steps are run for it."""

    label: str
    asks: str  # what the network has to do, in one sentence
    symbols: tuple[str, ...]  # names of the X inputs
    K: int  # outputs
    draw: Draw
    baseline: Callable[[int], float]  # the loss of the best guess without memory
    chance: float  # the accuracy of that guess
    guess: str  # what that guess is, in words
    lag: Callable[[int], int | None]  # steps between the information and the answer that needs it
    least: int = 2  # smallest T
    goal: float = 0.9  # accuracy (for a real-valued answer: loss) at which the task counts as solved
    length: Callable[[int], int] = lambda T: T
    fixed: bool = False  # whether the task has a length of its own, whatever T says
    real: bool = False  # whether the answer is a real number, judged by its squared error

    @property
    def X(self) -> int:
        """The number of inputs."""
        return len(self.symbols)


def recall(rng: np.random.Generator, T: int, B: int) -> Batch:
    """The first of T symbols is one of four, the rest are distractors of four other kinds."""
    x = rng.integers(4, 8, (T, B))
    x[0] = rng.integers(0, 4, B)
    return final(x, x[0])


def adding(rng: np.random.Generator, T: int, B: int) -> Batch:
    """Two of T numbers in [0, 1), one in each half, are marked; the answer is their sum."""
    x = np.zeros((T, B, 2))
    x[:, :, 0] = rng.random((T, B))
    sequences = np.arange(B)
    first, second = rng.integers(0, T // 2, B), rng.integers(T // 2, T, B)
    x[first, sequences, 1] = x[second, sequences, 1] = 1.0
    return final(x, x[first, sequences, 0] + x[second, sequences, 0])


COPIED, BLANK, GO = 10, 8, 9  # symbols to copy; the two that are not among the eight


def copy(rng: np.random.Generator, T: int, B: int) -> Batch:
    """Ten symbols, a wait, a signal to go, ten blanks, in which the ten symbols are to be repeated."""
    x = np.full((T + 2 * COPIED, B), BLANK)
    x[:COPIED] = rng.integers(0, 8, (COPIED, B))
    x[T + COPIED - 1] = GO
    targets = np.full_like(x, BLANK)
    targets[-COPIED:] = x[:COPIED]
    scored = np.zeros(x.shape, np.bool_)
    scored[-COPIED:] = True
    return Batch(x, targets, np.full(x.shape, 1.0 / x.size), scored)


def order(rng: np.random.Generator, T: int, B: int) -> Batch:
    """A or B at a step in [T/10, T/5), again in [T/2, 3T/5), distractors elsewhere: which order was it?

    The data of Pascanu, Mikolov & Bengio (2013); the answer is one of AA, AB, BA, BB.
    """
    x, sequences = rng.integers(2, 6, (T, B)), np.arange(B)
    early, late = rng.integers(0, 2, B), rng.integers(0, 2, B)
    x[rng.integers(T // 10, max(T // 5, T // 10 + 1), B), sequences] = early
    x[rng.integers(T // 2, max(3 * T // 5, T // 2 + 1), B), sequences] = late
    return final(x, 2 * early + late)


def grammar(rng: np.random.Generator, T: int, B: int) -> Batch:
    """Strings of the embedded Reber grammar, each symbol to be predicted from those before it."""
    tokens, lengths = reber.strings(rng, T, B)
    step = np.arange(1, T + 1)[:, None]  # row i predicts symbol number i + 1
    inside = step < lengths
    mean_length = reber.mean_arcs(T) + reber.AROUND - 1
    return Batch(tokens[:-1], tokens[1:], inside / (B * mean_length), step == lengths - 2)


def grammar_baseline(T: int) -> float:
    """The loss of whoever knows the grammar and has forgotten its second symbol.

    Per symbol: ln 2 for each arc, for the second symbol, which none can foresee, and for the last but one.
    """
    arcs = reber.mean_arcs(T)
    return float((arcs + 2) * np.log(2.0) / (arcs + reber.AROUND - 1))


TASKS = {
    "recall": Task(
        "Recall the first symbol",
        "Name the first symbol, one of four, after T − 1 others",
        tuple("ABCDwxyz"), 4, recall, lambda T: float(np.log(4.0)), 0.25, "one of the four at random",
        lambda T: T - 1,
    ),
    "adding": Task(
        "Adding problem",
        "Add the two marked ones of T numbers",
        ("number", "mark"), 1, adding, lambda T: 1.0 / 6.0, 0.0784, "always 1",
        lambda T: T - 1, goal=0.01, real=True,
    ),
    "copy": Task(
        "Copy memory",
        "Repeat ten symbols after a wait of T steps",
        (*"ABCDEFGH", "·", "go"), 9, copy, lambda T: COPIED * float(np.log(8.0)) / (T + 2 * COPIED), 0.125,
        "blanks, then one of the eight at random", lambda T: T + COPIED, length=lambda T: T + 2 * COPIED,
    ),
    "order": Task(
        "Temporal order",
        "Say in which order two symbols came among distractors",
        tuple("ABcdef"), 4, order, lambda T: float(np.log(4.0)), 0.25, "one of the four orders at random",
        lambda T: T - 1 - T // 10, least=10,
    ),
    "reber": Task(
        "Embedded Reber grammar",
        "Predict every symbol of a string; the last but one repeats the second",
        reber.SYMBOLS, 7, grammar, grammar_baseline, 0.5, "the grammar without its second symbol",
        lambda T: round(reber.mean_arcs(T)) + 3, least=reber.SHORTEST + reber.AROUND - 1,
    ),
    "words": Task(
        "Next word",
        "Predict each word of the lecture’s sentences; the last one needs a word from far before",
        WORDS, len(WORDS), sentence_batch, lambda T: remembering_baseline(), 0.25,
        "the sentences without their deciding word", lambda T: ANSWER, length=lambda T: LENGTH, fixed=True,
    ),
    "text": Task(
        "Text, character by character",
        "Predict the next character of a text",
        (), 0, recall, lambda T: 0.0, 0.0, "the text’s letter frequencies", lambda T: None, goal=1.1,
    ),
}  # fmt: skip
TEXT = "text"  # the task that a corpus decides


def windows(corpus: Corpus) -> Draw:
    """Batches of T + 1 characters from random places of a corpus, each predicting the next."""

    def draw(rng: np.random.Generator, T: int, B: int) -> Batch:
        starts = rng.integers(0, len(corpus.indices) - T, B)
        window = corpus.indices[starts + np.arange(T + 1)[:, None]]
        shape = (T, B)
        return Batch(window[:-1], window[1:], np.full(shape, 1.0 / (T * B)), np.ones(shape, np.bool_))

    return draw


def frequencies(corpus: Corpus) -> Array:
    """The share of each character of the vocabulary, (X,)."""
    counts: Integers = np.bincount(corpus.indices, minlength=len(corpus.vocabulary))
    return np.asarray(counts / counts.sum())


def reading(corpus: Corpus) -> Task:
    """The text task on one corpus; its baseline is the entropy of the characters' frequencies."""
    share = frequencies(corpus)
    alive = share[share > 0]
    entropy = float(-np.sum(alive * np.log(alive)))
    X = len(corpus.vocabulary)
    return replace(
        TASKS[TEXT], symbols=corpus.vocabulary, K=X, draw=windows(corpus), baseline=lambda T: entropy,
        chance=float(share.max()),
    )  # fmt: skip

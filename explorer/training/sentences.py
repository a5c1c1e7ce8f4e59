"""The lecture's two sentences, each with alternatives to the word that decides its last one."""

import numpy as np

from explorer.arrays import Integers
from explorer.sequences import BUS, FRANCE
from explorer.training.batches import Batch

FRAMES = (  # a sentence, its deciding word and answer, and the pairs that may stand there instead
    (BUS, ("bus", "yellow"), (("bus", "yellow"), ("sky", "blue"), ("sea", "green"), ("rose", "red"))),
    (
        FRANCE,
        ("France", "French"),
        (("France", "French"), ("Spain", "Spanish"), ("Poland", "Polish"), ("Sweden", "Swedish")),
    ),
)


def versions() -> list[tuple[str, ...]]:
    """The eight sentences as words."""
    return [
        tuple({clue: word, answer: result}.get(token, token) for token in sentence.split())
        for sentence, (clue, answer), pairs in FRAMES
        for word, result in pairs
    ]


SENTENCES = versions()
WORDS = tuple(dict.fromkeys(word for sentence in SENTENCES for word in sentence))
LENGTH = max(len(sentence) for sentence in SENTENCES) - 1  # steps of the longer sentence
ANSWER = len(FRANCE.split()) - 1 - FRANCE.split().index("France") - 1  # from reading France to saying French


def sentence_batch(rng: np.random.Generator, T: int, B: int) -> Batch:
    """Sentences drawn at random, each word to be predicted from those before it; short ones come first.

    A short sentence is followed by its last word, which is neither asked for nor scored.
    """
    chosen = rng.integers(0, len(SENTENCES), B)
    tokens = TOKENS[:, chosen]
    step, length = np.arange(1, LENGTH + 1)[:, None], LENGTHS[chosen]
    return Batch(tokens[:-1], tokens[1:], (step < length) / (B * MEAN_LENGTH), step == length - 1)


def padded() -> Integers:
    """All sentences as indices, (LENGTH + 1, 8)."""
    rows = [sentence + sentence[-1:] * (LENGTH + 1 - len(sentence)) for sentence in SENTENCES]
    return np.array([[WORDS.index(word) for word in row] for row in rows]).T


TOKENS = padded()
LENGTHS = np.array([len(sentence) for sentence in SENTENCES])
MEAN_LENGTH = float(np.mean(LENGTHS - 1))


def remembering_baseline() -> float:
    """The loss of whoever knows both sentences and forgets the deciding word: ln 4 twice a sentence."""
    return float(2 * np.log(4.0) / MEAN_LENGTH)

"""What the network reads: the inputs x_1..x_T, the targets, and the words or symbols they stand for.

To add a kind of input, append one entry to INPUTS.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers
from explorer.weights import stream

SYMBOLS = 8  # size of the alphabet where no text decides it
MOST_TOKENS = 1001  # a typed text gives at most 1,000 steps
MOST_VOCABULARY = 256

BUS = "the color of the bus is yellow"
FRANCE = (
    "I grew up in France where my family had a small house near the sea so I speak fluent French"
)


@dataclass(frozen=True)
class Sequence:
    """One input sequence: at step t the network reads token t and is asked for token t + 1."""

    x: Array  # (T, X)
    targets: Integers  # (T,)
    tokens: tuple[str, ...]  # T + 1 names: those read at steps 1..T, then the last one asked for
    vocabulary: tuple[str, ...]  # X names

    @property
    def X(self) -> int:
        """The number of input features, and of symbols the readout chooses from."""
        return int(self.x.shape[1])


def symbols(count: int) -> tuple[str, ...]:
    """Names a, b, c ... of the alphabet without a text."""
    return tuple("abcdefghijklmnopqrstuvwxyz"[:count])


def drawn(T: int, seed: int) -> tuple[Integers, tuple[str, ...]]:
    """T + 1 symbols at random; a longer sequence begins with the shorter one."""
    indices, names = stream(seed, "x").integers(0, SYMBOLS, T + 1), symbols(SYMBOLS)
    return indices, tuple(names[i] for i in indices)


def one_hot(T: int, seed: int) -> Sequence:
    """Random symbols, one-hot."""
    indices, tokens = drawn(T, seed)
    return Sequence(np.eye(SYMBOLS)[indices[:-1]], indices[1:], tokens, symbols(SYMBOLS))


def constant(T: int, seed: int) -> Sequence:
    """The first symbol at every step, with random targets."""
    indices, tokens = drawn(T, seed)
    x = np.broadcast_to(np.eye(SYMBOLS)[0], (T, SYMBOLS)).copy()
    return Sequence(x, indices[1:], ("a",) * T + tokens[-1:], symbols(SYMBOLS))


def zero(T: int, seed: int) -> Sequence:
    """No input at all, x_t = 0: the network runs on its own; random targets."""
    indices, tokens = drawn(T, seed)
    return Sequence(np.zeros((T, SYMBOLS)), indices[1:], ("–",) * T + tokens[-1:], symbols(SYMBOLS))


@dataclass(frozen=True)
class Input:
    """A kind of input sequence that needs no text."""

    label: str
    build: Callable[[int, int], Sequence]  # (T, seed)


INPUTS = {
    "one_hot": Input("random one-hot", one_hot),
    "constant": Input("constant", constant),
    "zero": Input("zero", zero),
}
SENTENCE = "sentence"  # the input that a text decides
LEVELS = ("words", "characters")


def tokens_of(text: str, level: str) -> tuple[str, ...]:
    """The text cut into words or characters.

    Raises ValueError for fewer than two tokens, for more than MOST_TOKENS or MOST_VOCABULARY different ones,
    for a character that cannot be printed, and for an unknown level.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}; got {level!r}")
    for position, character in enumerate(text):
        if not (character.isprintable() or character.isspace()):
            raise ValueError(
                "text may hold printable characters and spaces; "
                f"got {character!r} (code {ord(character)}) at position {position + 1}"
            )
    cut = tuple(text.split()) if level == "words" else tuple(" ".join(text.split()))
    if not 2 <= len(cut) <= MOST_TOKENS:
        raise ValueError(
            f"text must have 2 to {MOST_TOKENS:,} {level}, one to read and one to ask for; got {len(cut)}"
        )
    different = len(set(cut))
    if different > MOST_VOCABULARY:
        raise ValueError(f"text may have at most {MOST_VOCABULARY} different {level}; got {different}")
    return cut


def read_text(text: str, level: str = "words") -> Sequence:
    """The text as one-hot tokens, each to be predicted from those before it.

    The vocabulary is the text's own tokens in order of first appearance. Raises ValueError as `tokens_of`
    does.
    """
    tokens = tokens_of(text, level)
    vocabulary = tuple(dict.fromkeys(tokens))
    indices = encode(tokens, vocabulary)
    return Sequence(np.eye(len(vocabulary))[indices[:-1]], indices[1:], tokens, vocabulary)


def encode(tokens: tuple[str, ...], vocabulary: tuple[str, ...]) -> Integers:
    """Each token's index in the vocabulary.

    Raises ValueError for a token outside it.
    """
    place = {token: index for index, token in enumerate(vocabulary)}
    for position, token in enumerate(tokens):
        if token not in place:
            raise ValueError(
                f"token {token!r} at position {position + 1} is outside the vocabulary of "
                f"{len(vocabulary)}: {' '.join(vocabulary[:12])}{' …' if len(vocabulary) > 12 else ''}"
            )
    return np.array([place[token] for token in tokens], dtype=np.int64)

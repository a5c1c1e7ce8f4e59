"""What the network reads: symbols drawn at random, and the reader's own text."""

import numpy as np
import pytest

from explorer.sequences import (
    BUS,
    FRANCE,
    INPUTS,
    LEVELS,
    MOST_TOKENS,
    MOST_VOCABULARY,
    SYMBOLS,
    encode,
    read_text,
    tokens_of,
)

EVERY = pytest.mark.parametrize("kind", INPUTS)


def unbroken(sequence):
    """Whether tokens, inputs, targets and vocabulary tell the same story."""
    T, last = len(sequence.targets), sequence.vocabulary[sequence.targets[-1]]
    shapes = sequence.x.shape == (T, sequence.X) and len(sequence.tokens) == T + 1
    return shapes and sequence.tokens[-1] == last


# Drawn


@EVERY
@pytest.mark.parametrize("T", [1, 2, 57])
def test_a_drawn_sequence_has_the_shapes_it_says(kind, T):
    sequence = INPUTS[kind].build(T, 0)
    assert unbroken(sequence)
    assert sequence.X == len(sequence.vocabulary) == SYMBOLS
    assert sequence.targets.min() >= 0
    assert sequence.targets.max() < SYMBOLS


@EVERY
def test_the_same_seed_draws_the_same_sequence(kind):
    one, again, other = (INPUTS[kind].build(40, seed) for seed in (3, 3, 4))
    assert (one.x == again.x).all()
    assert (one.targets == again.targets).all()
    assert (one.targets != other.targets).any()


@EVERY
@pytest.mark.parametrize("shorter", [1, 7, 99])
def test_a_longer_sequence_begins_with_the_shorter_one(kind, shorter):
    long, short = INPUTS[kind].build(100, 5), INPUTS[kind].build(shorter, 5)
    assert (long.x[:shorter] == short.x).all()
    assert (long.targets[:shorter] == short.targets).all()
    assert long.tokens[:shorter] == short.tokens[:shorter]


def test_one_hot_inputs_are_the_tokens_and_targets_the_next_ones():
    sequence = INPUTS["one_hot"].build(200, 0)
    assert (sequence.x.sum(axis=1) == 1).all()
    read = np.argmax(sequence.x, axis=1)
    assert tuple(sequence.vocabulary[i] for i in read) == sequence.tokens[:-1]
    assert tuple(sequence.vocabulary[i] for i in sequence.targets) == sequence.tokens[1:]
    assert set(read) == set(range(SYMBOLS))


def test_a_constant_input_never_changes():
    x = INPUTS["constant"].build(9, 0).x
    assert (x == x[0]).all()
    assert x[0].tolist() == [1.0] + [0.0] * (SYMBOLS - 1)


def test_no_input_is_zero():
    assert not INPUTS["zero"].build(9, 0).x.any()


# Text


def test_the_sentence_of_the_lecture_is_read_word_by_word():
    sequence = read_text(BUS)
    assert sequence.vocabulary == ("the", "color", "of", "bus", "is", "yellow")
    assert sequence.targets.tolist() == [1, 2, 0, 3, 4, 5]
    assert np.argmax(sequence.x, axis=1).tolist() == [0, 1, 2, 0, 3, 4]
    assert unbroken(sequence)


def test_france_lies_fourteen_words_before_french_is_asked_for():
    sequence = read_text(FRANCE)
    assert sequence.tokens[-1] == "French"
    assert len(sequence.tokens) == 20
    assert sequence.tokens.index("France") == 4


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("text", [BUS, FRANCE, "ab ba", "äöü ß 中文 ∂h ∂h", "a\u0301b a\u0301b"])
def test_a_text_is_spelled_out_by_its_tokens(text, level):
    sequence = read_text(text, level)
    assert unbroken(sequence)
    assert (" " if level == "words" else "").join(sequence.tokens) == " ".join(text.split())
    assert len(set(sequence.vocabulary)) == len(sequence.vocabulary)


@pytest.mark.parametrize("text", ["  one\ttwo\n three ", "one two three", "one\u00a0two\u2003three"])
def test_every_kind_of_space_separates_words(text):
    assert tokens_of(text, "words") == ("one", "two", "three")


def test_a_text_of_one_word_over_and_over_has_a_vocabulary_of_one():
    sequence = read_text("go go go")
    assert sequence.x.tolist() == [[1.0], [1.0]]
    assert sequence.targets.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "level", "count"),
    [
        ("", "words", 0),
        ("   \n\t ", "words", 0),
        ("one", "words", 1),
        ("x", "characters", 1),
        (" ", "characters", 0),
    ],
)
def test_a_text_too_short_to_ask_for_anything_is_refused(text, level, count):
    with pytest.raises(ValueError, match=rf"text must have 2 to 1,001 {level}.*; got {count}$"):
        read_text(text, level)


def test_a_text_may_have_a_thousand_steps_and_no_more():
    assert len(read_text("a " * MOST_TOKENS).targets) == MOST_TOKENS - 1
    with pytest.raises(ValueError, match=r"text must have 2 to 1,001 words.*; got 1002"):
        read_text("a " * (MOST_TOKENS + 1))


def test_a_text_of_too_many_different_words_is_refused():
    words = [f"w{i}" for i in range(MOST_VOCABULARY + 1)]
    assert read_text(" ".join(words[:-1])).X == MOST_VOCABULARY
    with pytest.raises(ValueError, match=r"text .* at most 256 different words; got 257"):
        read_text(" ".join(words))


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\u200b", "\ud800", "\ue000"])
def test_a_character_that_cannot_be_printed_is_named_with_its_place(character):
    with pytest.raises(ValueError, match=rf"text .* got .*\(code {ord(character)}\) at position 4"):
        read_text(f"a b{character}")


@pytest.mark.parametrize("level", ["word", "", "Words", None, 3])
def test_an_unknown_level_is_refused(level):
    with pytest.raises(ValueError, match=r"level must be one of words, characters; got"):
        read_text(BUS, level)


def test_a_token_outside_the_vocabulary_is_named_with_its_place():
    with pytest.raises(ValueError, match=r"token 'z' at position 3 is outside the vocabulary of 2: a b"):
        encode(("a", "b", "z"), ("a", "b"))


def test_a_long_vocabulary_is_not_listed_whole():
    with pytest.raises(ValueError, match="…") as refusal:
        encode(("?",), tuple(f"w{i}" for i in range(300)))
    assert len(str(refusal.value)) < 150

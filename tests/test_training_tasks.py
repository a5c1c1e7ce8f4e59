"""Every task's generator against closed forms, and its baseline against a guesser who plays it."""

from collections import Counter

import numpy as np
import pytest

from explorer.training import reber, sentences
from explorer.training.tasks import BLANK, COPIED, GO, TASKS, frequencies, reading
from explorer.training.text import built_in, read

MANY = 4_000


def drawn(name, T, B=MANY, seed=1):
    return TASKS[name].draw(np.random.default_rng(seed), T, B)


def within(measured, expected, spread, count):
    """Asserts that a mean of so many independent values lies within 5 standard errors of its target."""
    assert abs(measured - expected) < 5 * spread / np.sqrt(count)


@pytest.mark.parametrize("name", [name for name in TASKS if name != "text"])
def test_a_batch_has_the_shape_its_task_says(name):
    task, T = TASKS[name], 20
    batch = drawn(name, T, 7)
    assert batch.x.shape[:2] == (task.length(T), 7)
    if task.real:
        assert batch.x.shape[2] == task.X
    else:
        assert 0 <= batch.x.min() <= batch.x.max() < task.X
        assert 0 <= batch.targets.min() <= batch.targets.max() < task.K
    assert batch.targets.shape == batch.weights.shape == batch.scored.shape
    assert batch.weights.min() >= 0


@pytest.mark.parametrize("name", [name for name in TASKS if name != "text"])
def test_weights_add_up_to_one_on_average(name):
    assert drawn(name, 20).weights.sum() == pytest.approx(1.0, abs=0.02)


def test_the_first_symbol_is_one_of_four_and_never_comes_again():
    batch = drawn("recall", 12)
    assert set(np.unique(batch.x[0])) == {0, 1, 2, 3}
    assert set(np.unique(batch.x[1:])) == {4, 5, 6, 7}
    np.testing.assert_array_equal(batch.targets[0], batch.x[0])
    counts = np.bincount(batch.x[0])
    within(np.max(counts) / MANY, 0.25, 0.5, MANY)
    assert TASKS["recall"].baseline(12) == pytest.approx(np.log(4))


def test_adding_marks_one_number_in_each_half_and_always_saying_1_loses_a_sixth():
    T = 9
    batch = drawn("adding", T, 20_000)
    mark, numbers = batch.x[..., 1], batch.x[..., 0]
    np.testing.assert_array_equal(mark[: T // 2].sum(axis=0), 1)
    np.testing.assert_array_equal(mark[T // 2 :].sum(axis=0), 1)
    np.testing.assert_allclose(batch.targets[0], (mark * numbers).sum(axis=0))
    squares = (batch.targets[0] - 1) ** 2
    within(squares.mean(), TASKS["adding"].baseline(T), squares.std(), 20_000)
    assert TASKS["adding"].baseline(T) == pytest.approx(1 / 6)
    within(np.mean(np.abs(batch.targets[0] - 1) < 0.04), TASKS["adding"].chance, 0.3, 20_000)


@pytest.mark.parametrize(("T", "expected"), [(100, 0.173287), (200, 0.094520), (500, 0.039989)])
def test_copy_baseline_is_the_published_one(T, expected):
    assert TASKS["copy"].baseline(T) == pytest.approx(expected, abs=5e-7)


def test_copy_repeats_what_was_read_after_the_signal():
    T = 6
    batch = drawn("copy", T, 50)
    assert len(batch.x) == T + 20
    np.testing.assert_array_equal(batch.targets[-COPIED:], batch.x[:COPIED])
    assert np.all(batch.targets[:-COPIED] == BLANK)
    assert np.all(batch.x[T + COPIED - 1] == GO)
    assert np.sum(batch.x == GO) == 50
    assert np.all(batch.x[COPIED : T + COPIED - 1] == BLANK)
    lag = TASKS["copy"].lag(T)
    np.testing.assert_array_equal(batch.targets[lag:], batch.x[:-lag])


@pytest.mark.parametrize("T", [10, 20, 57])
def test_temporal_order_has_its_two_symbols_where_pascanu_has_them(T):
    batch = drawn("order", T)
    early, late = batch.x[T // 10 : max(T // 5, T // 10 + 1)], batch.x[T // 2 : max(3 * T // 5, T // 2 + 1)]
    assert np.all((early < 2).sum(axis=0) == 1)
    assert np.all((late < 2).sum(axis=0) == 1)
    assert np.all((batch.x < 2).sum(axis=0) == 2)
    first = np.where(early < 2, early, 0).sum(axis=0)
    second = np.where(late < 2, late, 0).sum(axis=0)
    np.testing.assert_array_equal(batch.targets[0], 2 * first + second)
    within(np.mean(batch.targets[0] == 3), 0.25, 0.5, MANY)


def accepted(string):
    """Whether the grammar, written down once more as its edges, can produce a string."""
    edges = {
        "0T": "1", "0P": "2", "1S": "1", "1X": "3", "2T": "2", "2V": "4", "3X": "2", "3S": "5", "4P": "3",
        "4V": "5",
    }  # fmt: skip
    state = "0"
    for symbol in string:
        state = edges.get(state + symbol, "")
        if not state:
            return False
    return state == "5"


def test_every_string_is_of_the_embedded_grammar():
    tokens, lengths = reber.strings(np.random.default_rng(2), 30, 500)
    for column, length in zip(tokens.T, lengths, strict=True):
        word = "".join(reber.SYMBOLS[i] for i in column[:length])
        assert word[0] == word[2] == "B"
        assert word[-1] == word[-3] == "E"
        assert word[1] == word[-2]
        assert accepted(word[3:-3])
        assert set(column[length:]) <= {6}


def test_lengths_of_the_grammar_are_those_of_its_markov_chain():
    T = 25
    most = T + 1 - reber.AROUND
    inner = [len(w) for w in reber.walks(np.random.default_rng(3), most, MANY)]
    probability = reber.arcs(most)
    counts = np.bincount(inner, minlength=most + 1)
    assert counts[:3].sum() == 0
    for n in range(3, most + 1):
        within(counts[n] / MANY, probability[n], np.sqrt(probability[n]) + 1e-9, MANY)
    within(np.mean(inner), reber.mean_arcs(T), np.std(inner), MANY)
    # without a limit the mean solves m = 1 + mean of what follows: a linear system
    flow = np.zeros((5, 5))
    for state, ways in enumerate(reber.ARCS):
        for _, following in ways:
            if following != reber.END:
                flow[state, following] += 0.5
    assert reber.mean_arcs(400) == pytest.approx(np.linalg.solve(np.eye(5) - flow, np.ones(5))[0], rel=1e-9)


def test_the_grammars_baseline_is_what_its_own_probabilities_lose():
    T = 25
    batch = drawn("reber", T)
    uncertain = 0
    for x, y, weights in zip(batch.x.T, batch.targets.T, batch.weights.T, strict=True):
        word = [reber.SYMBOLS[i] for i in [*x, y[-1]]][: int((weights > 0).sum()) + 1]
        uncertain += (len(word) - reber.AROUND + 2) * weights[0]
    assert uncertain * np.log(2) == pytest.approx(TASKS["reber"].baseline(T), rel=0.02)


def test_sentences_are_the_lectures_and_their_variants():
    assert " ".join(sentences.SENTENCES[0]) == "the color of the bus is yellow"
    assert " ".join(sentences.SENTENCES[4]).startswith("I grew up in France")
    batch = drawn("words", 0, 800)
    assert batch.x.shape[0] == sentences.LENGTH == 19
    chosen = Counter(sentences.WORDS[i] for i in batch.targets[batch.scored])
    assert set(chosen) == {"yellow", "blue", "green", "red", "French", "Spanish", "Polish", "Swedish"}


def test_the_answer_comes_as_far_after_its_word_as_the_task_says():
    batch = drawn("words", 0, 400)
    clue = [sentences.WORDS.index(word) for word in ("France", "Spain", "Poland", "Sweden")]
    step, sequence = np.nonzero(np.isin(batch.x, clue))
    answer = {int(b): int(t) for t, b in zip(*np.nonzero(batch.scored), strict=True)}
    assert {answer[int(b)] - int(t) for t, b in zip(step, sequence, strict=True)} == {TASKS["words"].lag(0)}


def test_forgetting_the_deciding_word_costs_ln_4_twice_a_sentence():
    batch = drawn("words", 0)
    counts = {}  # context without the deciding word -> what follows, counted
    deciding = {word for s, (clue, _), pairs in sentences.FRAMES for word, _ in pairs}
    terms = []
    for x, y, weight in zip(batch.x.T, batch.targets.T, batch.weights.T, strict=True):
        context = ()
        for symbol, following, w in zip(x, y, weight, strict=True):
            word = sentences.WORDS[symbol]
            context += ("?" if word in deciding and len(context) in (4,) else word,)
            if w > 0:
                terms.append((context, following, w))
                counts.setdefault(context, Counter())[following] += 1
    loss = sum(-w * np.log(counts[c][f] / counts[c].total()) for c, f, w in terms)
    assert loss == pytest.approx(TASKS["words"].baseline(0), rel=0.02)


def test_the_texts_baseline_is_the_entropy_of_its_letters():
    assert reading(read("ab" * 200)).baseline(5) == pytest.approx(np.log(2))
    corpus = built_in("topics")
    share = frequencies(corpus)
    assert share.sum() == pytest.approx(1.0)
    assert 2.5 < reading(corpus).baseline(5) < np.log(len(corpus.vocabulary))


def test_windows_are_pieces_of_the_text():
    corpus = read("".join(chr(97 + i % 26) for i in range(500)))
    batch = reading(corpus).draw(np.random.default_rng(0), 30, 5)
    np.testing.assert_array_equal(batch.x[1:], batch.targets[:-1])
    for column in batch.x.T:
        assert "".join(corpus.vocabulary[i] for i in column) in corpus.text

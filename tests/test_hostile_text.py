"""A text of one's own that cannot be read is refused beside its control, and the page stays up."""

import pytest

from explorer.experiment import Experiment
from explorer.lessons.table import LESSONS
from explorer.sequences import MOST_VOCABULARY, tokens_of
from opening import app

MANY = " ".join(f"w{i}" for i in range(MOST_VOCABULARY + 1))


def test_a_text_of_too_many_different_words_is_no_experiment():
    with pytest.raises(ValueError, match="at most 256 different words; got 257"):
        Experiment(input="sentence", text=MANY)
    assert len(tokens_of(MANY.removesuffix(f" w{MOST_VOCABULARY}"), "words")) == MOST_VOCABULARY


@pytest.mark.parametrize("page", ["memory", "gates", "gradient_flow"])
def test_a_page_says_so_and_stays_up(page):
    cell = LESSONS[page].complete()["cell"] if page in LESSONS else "rnn"
    at = app(page, input="sentence", cell=cell, text=MANY, seed="0")
    assert not at.exception
    assert any("256 different words" in text.value for text in [*at.text, *at.warning, *at.markdown])

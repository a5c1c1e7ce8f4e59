"""The one description of a run: what it refuses and how it says so."""

import math
import tracemalloc
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from explorer.experiment import DEFAULTS, FIELDS, WORK_LIMIT, Experiment, View, control_of
from explorer.parameters import Choice, Range
from explorer.sequences import FRANCE

RECORD = {f.name: record for record in (Experiment, View) for f in fields(record)}
NUMBERS = [name for name in FIELDS if isinstance(control_of(name), Range)]
WHOLE = [name for name in NUMBERS if isinstance(DEFAULTS[name], int)]
CHOICES = [name for name in FIELDS if isinstance(control_of(name), Choice)]


OUTSIDE = [math.nan, math.inf, -math.inf, np.float64("nan"), 2**63, -(2**63), 10**30]
NO_NUMBERS = [True, False, None, "50", b"50", [50], (50,), {}, 1j, np.True_, np.array([1.0, 2.0])]


def limits(name):
    """The limits of a numeric field as they have to be said."""
    control = control_of(name)
    return f"[{control.low:g}, {control.high:g}]"


# Refusals


def refused(name, value):
    """The words with which a value is refused."""
    with pytest.raises(ValueError, match=rf"^{name} must") as refusal:
        RECORD[name](**{name: value})
    return str(refusal.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_outside_the_limits_is_refused_with_field_limits_and_value(name):
    for value in OUTSIDE:
        message = refused(name, value)
        assert limits(name) in message
        assert repr(value) in message


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_refused_with_field_limits_and_value(name):
    for value in NO_NUMBERS:
        message = refused(name, value)
        assert limits(name) in message
        assert repr(value) in message


@pytest.mark.parametrize("name", NUMBERS)
def test_an_integer_too_long_to_write_out_is_refused_by_name(name):
    for value in (10**400, 10**5000, -(10**5000)):
        message = refused(name, value)
        assert limits(name) in message
        assert len(message) < 500


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [5.0, 5.5, np.float64(7)])
def test_a_whole_number_is_not_a_float(name, value):
    message = refused(name, value)
    assert "whole number" in message
    assert limits(name) in message
    assert repr(value) in message


@pytest.mark.parametrize("name", NUMBERS)
def test_the_limits_themselves_are_legal_and_the_next_number_is_not(name):
    control = control_of(name)
    step = 1 if name in WHOLE else 1e-9
    for limit, beyond in ((control.low, control.low - step), (control.high, control.high + step)):
        assert getattr(RECORD[name](**{name: limit}), name) == limit
        with pytest.raises(ValueError, match=rf"^{name} must lie in"):
            RECORD[name](**{name: beyond})


@pytest.mark.parametrize("name", CHOICES)
def test_an_unknown_option_is_refused_with_field_options_and_value(name):
    for value in ["nope", "", "Tanh", None, 0, True, 1.5, [], {}, ("rnn",), np.array(["rnn", "lstm"])]:
        message = refused(name, value)
        assert "one of" in message
        assert all(option in message for option in control_of(name).options)
        assert repr(value) in message


@pytest.mark.parametrize(
    ("field", "value"), [("steps", 0), ("steps", -3), ("hidden_size", 0), ("gain", math.nan)]
)
def test_a_network_without_steps_units_or_a_gain_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"^{field} must lie in \[\d+, \d+\]; got {value}$"):
        Experiment(**{field: value})


def test_a_text_too_long_is_refused_with_its_limit_and_its_length():
    with pytest.raises(ValueError, match=r"^text .*6,000 characters.*6,?001"):
        Experiment(text="a" * 6_001)


@pytest.mark.parametrize("value", [None, 5, b"the bus", ["the", "bus"]])
def test_a_text_that_is_no_text_is_refused_with_its_value(value):
    assert repr(value) in refused("text", value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"text must have 2 to 1,001 words.* got 0"),
        ("word", r"text must have 2 to 1,001 words.* got 1"),
        ("a\x00 b", r"text may hold printable characters .* position 2"),
        ("a " * 1_500, r"text must have 2 to 1,001 words.* got 1500"),
    ],
)
def test_a_sentence_that_cannot_be_read_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        Experiment(input="sentence", text=text)


def test_a_sentence_nobody_reads_may_be_anything():
    assert Experiment(text="").text == ""


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": 2**62},
        {"hidden_size": 2**62},
        {"steps": 10_000, "hidden_size": 256},
        {"steps": True},
        {"input": "sentence", "text": "x" * 6_000, "hidden_size": 10**9},
    ],
)
def test_a_refusal_allocates_nothing(bad):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"must|limit"):
            Experiment(**bad)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


# Size


def test_more_work_than_the_limit_is_refused_with_a_size_that_fits():
    with pytest.raises(ValueError, match=r"T = 10,000 with H = 256 .* limit of 150; .* H = (\d+)") as refusal:
        Experiment(steps=10_000, hidden_size=256)
    fits = int(str(refusal.value).rsplit(" ", 1)[1])
    assert Experiment(steps=10_000, hidden_size=fits).work() <= WORK_LIMIT
    with pytest.raises(ValueError, match="limit"):
        Experiment(steps=10_000, hidden_size=fits + 1)


def test_largest_gains_beyond_their_own_limit_are_refused_with_a_size_that_fits():
    e = Experiment(steps=300, hidden_size=256)
    e.check_norm("rms")
    with pytest.raises(ValueError, match=r"norm must .* T = 300 with H = 256.* H = (\d+)") as refusal:
        e.check_norm("spectral")
    fits = int(str(refusal.value).rsplit(" ", 1)[1])
    Experiment(steps=300, hidden_size=fits).check_norm("spectral")
    with pytest.raises(ValueError, match="limit"):
        Experiment(steps=300, hidden_size=fits + 1).check_norm("spectral")


@pytest.mark.parametrize("size", [{"steps": 10_000, "hidden_size": 16}, {"steps": 1_000, "hidden_size": 128}])
def test_the_sizes_that_were_promised_are_legal(size):
    assert Experiment(**size).work() <= WORK_LIMIT


@pytest.mark.parametrize(("steps", "every"), [(1, 1), (1_000, 1), (1_001, 2), (2_000, 2), (10_000, 10)])
def test_the_map_has_at_most_a_thousand_rows(steps, every):
    assert Experiment(steps=steps, hidden_size=2).every == every


def test_the_work_grows_with_every_size():
    sizes = [Experiment(steps=T, hidden_size=H).work() for T, H in ((10, 4), (20, 4), (20, 8), (200, 8))]
    assert sizes == sorted(sizes)
    assert Experiment(cell="lstm").work() > Experiment(cell="gru").work()


def test_a_sentence_decides_the_length():
    e = Experiment(input="sentence", text=FRANCE, steps=7)
    assert e.T == 19
    assert replace(e, level="characters").T == len(FRANCE) - 1
    assert replace(e, input="zero").T == 7


# Values


def test_the_defaults_are_legal_and_say_what_they_are():
    assert asdict(Experiment()) | asdict(View()) == DEFAULTS


def test_equal_settings_are_one_experiment():
    assert Experiment(gain=2) == Experiment(gain=2.0)
    assert len({Experiment(steps=30), Experiment(steps=np.int64(30)), Experiment()}) == 2


@pytest.mark.parametrize("name", FIELDS)
def test_an_experiment_cannot_be_changed(name):
    with pytest.raises(AttributeError):
        setattr(RECORD[name](), name, DEFAULTS[name])


@pytest.mark.parametrize("name", NUMBERS)
def test_every_slider_position_is_legal_and_the_default_is_one_of_them(name):
    control = control_of(name)
    assert list(control.grid) == sorted(set(control.grid))
    for position in control.grid:
        assert control.low <= position <= control.high
    assert not control.grid or DEFAULTS[name] in control.grid


@pytest.mark.parametrize("name", CHOICES)
def test_every_option_is_legal_and_has_words(name):
    control = control_of(name)
    assert len(control.options) == len(control.labels)
    assert all(control.labels)
    for option in control.options:
        assert getattr(RECORD[name](**{name: option}), name) == option


@pytest.mark.parametrize(("T", "expected"), [(50, (50, 7)), (20, (20, 7)), (5, (5, 5)), (1, (1, 1))])
def test_a_chosen_pair_stays_within_the_run(T, expected):
    assert View(target=50, source=7).pair(T) == expected
    assert View().pair(T) == (T, 0)

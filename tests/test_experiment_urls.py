"""What an experiment reads from a URL: a legal value whatever stands there, and a notice where it changed."""

import math

import pytest

from explorer.experiment import DEFAULTS, FIELDS, control_of, legal
from explorer.parameters import Choice, Range, Text
from test_experiment import NUMBERS, RECORD, limits

HOSTILE = [
    "", " ", "\t\n", "nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e400", "-1e400", "1e-400", "-0.0",
    "0", "-1", "00007", "+5", "5.", ".5", "5.5", "5,5", "1_000", "1__0", "0x10", "0b1", "1e3", "1E3", "1e",
    "e1", "--1", "٣٤", "३४", "１２", "½", "Ⅷ", "一", "−5", "1\u00a02", "\x00", "\ud800", "🙂", "None",
    "True", "[]", "{}", "1j", "rnn ", "RNN", "rnn;drop table", "<script>alert(1)</script>", "%00", "%s%n",
    "../../etc/passwd", "${7*7}", "9" * 5_000, "-" + "9" * 5_000, "0." + "0" * 5_000 + "1", "a" * 20_000,
    "2" * 19, "9223372036854775808",
]  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_no_raw_text_raises_and_whatever_comes_back_is_legal(name):
    for raw in HOSTILE:
        value, notice = legal(name, raw)
        assert type(value) is type(DEFAULTS[name])
        assert getattr(RECORD[name](**{name: value}), name) == value
        assert notice is None or (notice.startswith(name) and len(notice) < 300)


def number(raw):
    """The number a text stands for, nan where it stands for none."""
    try:
        return float(raw)
    except ValueError:
        return math.nan


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_had_to_change_is_said_with_its_limits(name):
    for raw in HOSTILE:
        value, notice = legal(name, raw)
        same = number(raw) == value
        assert (notice is None) == same
        assert same or limits(name) in notice


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_legal_stays_as_it_is(name):
    control, default = control_of(name), DEFAULTS[name]
    values = {Choice: "options", Range: "grid"}.get(type(control))
    for value in [default, *(getattr(control, values) if values else [])]:
        assert legal(name, str(value)) == (value, None)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("steps", "99999", 10_000),
        ("steps", "0", 1),
        ("steps", "-7", 1),
        ("steps", "1e400", 10_000),
        ("steps", "34.4", 34),
        ("steps", "34.6", 35),
        ("steps", "nan", 50),
        ("gain", "1e400", 20.0),
        ("gain", "-1e-9", 0.0),
        ("gain", "abc", 1.0),
        ("cell", "nope", "rnn"),
        ("activation", "", "tanh"),
    ],
)
def test_a_bad_value_becomes_the_nearest_legal_one_with_a_notice(name, raw, value):
    found, notice = legal(name, raw)
    assert found == value
    assert name in notice
    assert (value if isinstance(value, str) else f"{value:g}") in notice


def test_digits_of_any_script_are_a_number():
    assert legal("steps", "٣٤") == (34, None)


def test_minus_zero_becomes_zero():
    value, _ = legal("gain", "-0.0")
    assert math.copysign(1.0, value) == 1.0


def test_a_text_too_long_is_cut_with_a_notice():
    value, notice = legal("text", "x" * 7_000)
    control = control_of("text")
    assert isinstance(control, Text)
    assert value == "x" * control.most
    assert "6,000" in notice


def test_an_unknown_field_is_a_mistake_of_the_programmer():
    with pytest.raises(KeyError):
        legal("colour", "red")

"""Links: every setting survives the way into an address and back, and no address can do harm."""

import random
import string
from dataclasses import fields

import pytest

from explorer.experiment import DEFAULTS, FIELDS, Experiment, View, control_of, legal
from explorer.parameters import Choice, Range, Text
from explorer.ui.url import text_of

PUBLISHED = {  # links that were given to a class; they must load for ever
    "cell=lstm&steps=100&forget_bias=3": {"cell": "lstm", "steps": 100, "forget_bias": 3.0},
    "activation=relu&gain=2": {"activation": "relu", "gain": 2.0},
    "input=sentence&level=characters&placement=last": {"input": "sentence", "level": "characters"},
    "norm=spectral&target=40&source=4&seed=17": {"norm": "spectral", "target": 40, "source": 4, "seed": 17},
    "clip=inside&threshold=0.05": {"clip": "inside", "threshold": 0.05},
}


def drawn(name, rng):
    """A random legal value of one field."""
    control, kind = control_of(name), type(DEFAULTS[name])
    if isinstance(control, Choice):
        return rng.choice(control.options)
    if isinstance(control, Text):
        return "".join(rng.choices(string.ascii_letters + " äß?&=%#+/€\n", k=rng.randint(0, 40)))
    value = rng.uniform(control.low, control.high)
    return round(value) if kind is int else round(value, 4)


@pytest.mark.parametrize("seed", range(500))
def test_any_state_survives_the_way_into_an_address_and_back(seed):
    rng = random.Random(seed)
    for name in FIELDS:
        value = drawn(name, rng)
        assert legal(name, text_of(value)) == (value, None), name


@pytest.mark.parametrize("query", PUBLISHED)
def test_a_published_link_still_means_what_it_meant(query):
    asked = dict(pair.split("=") for pair in query.split("&"))
    found = {name: legal(name, raw) for name, raw in asked.items()}
    assert all(notice is None for _, notice in found.values())
    assert PUBLISHED[query].items() <= {name: value for name, (value, _) in found.items()}.items()


def is_legal(name, value):
    """Whether a small network takes this value of one field."""
    if name in {f.name for f in fields(View)}:
        return View(**{name: value}) is not None
    return Experiment(**({"steps": 1, "hidden_size": 1} | {name: value})) is not None


HOSTILE = (
    *("", "nan", "inf", "-inf", "1e400", "-0.0", "1e-320", "0x10", "٣٤", "9" * 5000),
    *("<script>", "\x00", "True", "[]", "None", "%00", "1,5", "1_000"),
)


@pytest.mark.parametrize("name", FIELDS)
def test_no_text_is_too_strange_for_a_field(name):
    rng = random.Random(name)
    noise = ["".join(chr(rng.randint(1, 0x2FFF)) for _ in range(rng.randint(0, 20))) for _ in range(40)]
    for raw in (*HOSTILE, *noise):
        value, notice = legal(name, raw)
        assert is_legal(name, value), raw
        if not isinstance(control_of(name), Text) and text_of(value) != raw.strip():
            assert notice is None or name in notice


def test_an_illegal_number_is_replaced_by_the_nearest_legal_one():
    for name in FIELDS:
        control = control_of(name)
        if isinstance(control, Range):
            kind = type(DEFAULTS[name])
            assert legal(name, "1e30")[0] == kind(control.high)
            assert legal(name, "-1e30")[0] == kind(control.low)
            assert legal(name, "1e30")[1]

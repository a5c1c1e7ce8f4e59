"""The clipping theatre's page: its settings in the address, its presets, its threshold."""

from dataclasses import asdict

from explorer.reports.theatre import READY
from explorer.theatre import Theatre
from opening import app, control


def test_the_address_sets_the_page_and_what_is_illegal_is_said():
    at = app("theatre")
    for name, value in {"player_updates": "20", "player_steps": "1", "clip_line": "0.5"}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert control(at, "clip_line").value == 0.5
    assert control(at, "player_steps").value == 2
    assert any("asked for player_steps = 1" in text.value for text in at.text)


def test_every_preset_sets_every_field():
    at = app("theatre")
    at.session_state["_trainings_stopped"] = True
    for name, (preset, _) in READY.items():
        next(b for b in at.button if b.label == name).click().run()
        assert not at.exception
        assert {field: control(at, field).value for field in asdict(Theatre())} == asdict(preset)

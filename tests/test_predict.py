"""Predict, then reveal, as a student plays it in a browser; the answers come home as a file."""

import csv

from explorer.lessons.table import LESSONS

READY = 60_000


def test_three_questions_are_played_and_the_answers_downloaded(tab, server, tmp_path):
    curve, _, point = LESSONS["one_number"].questions
    tab.goto(f"{server}/one_number?question={curve.id}")
    dialog = tab.get_by_role("dialog")
    dialog.get_by_text(curve.asks).wait_for(timeout=READY)
    for pick, verdict in (("C", "C is right"), ("A", "It is B, you chose A")):
        dialog.get_by_text("Which one?").wait_for(timeout=READY)
        dialog.get_by_role("radio", name=pick, exact=True).click()
        dialog.get_by_role("button", name="Reveal").click()
        dialog.get_by_text(verdict).wait_for(timeout=READY)
        dialog.get_by_role("button", name="Next question").click()
        dialog.get_by_text(verdict).wait_for(state="detached", timeout=READY)
    dialog.get_by_text(point.asks).wait_for(timeout=READY)
    dialog.get_by_role("button", name="Reveal").click()
    dialog.get_by_text("the run says").wait_for(timeout=READY)
    with tab.expect_download() as found:
        dialog.get_by_role("button", name="My answers as CSV").click()
    found.value.save_as(tmp_path / "answers.csv")
    rows = list(csv.DictReader((tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["question"], row["answer"], row["truth"]) for row in rows[:2]] == [
        ("nine_tenths", "C", "C"), ("eigenvalues_lie", "A", "B")]  # fmt: skip
    assert (rows[2]["question"], float(rows[2]["truth"])) == ("float32_zero", 150.0)
    assert all(float(row["error_decades"]) >= 0 for row in rows)

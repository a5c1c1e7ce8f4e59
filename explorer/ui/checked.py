"""The certificate on screen: in full on its own page, in one line at the foot of every other."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from explorer import checks
from explorer.checking import KINDS
from explorer.checks import Certificate
from explorer.experiment import Experiment
from explorer.reports import checks as reports
from explorer.reports.checks import ChecksReport, Row
from explorer.ui import compute, controls, state, url
from explorer.wording import number, power

RANDOM = 20  # configurations drawn at one press of the button
FOUND = "_random_checks"  # session key: {seed: certificates of the configurations drawn under it}


def report(e: Experiment) -> ChecksReport:
    """The page's report; a smaller part of the configuration is checked while a slider is dragged."""
    work = checks.QUICK_WORK if state.held() else checks.FULL_WORK
    return compute.cached(reports.checks_report, e, work)


def foot() -> None:
    """The certificate of what this page shows, in one line; nothing where a page runs no network."""
    shown: tuple[Experiment, ...] = st.session_state.get(controls.SHOWN, ())
    st.session_state[controls.SHOWN] = ()
    if not shown:
        return
    if state.held():
        said = "Gradients are verified again when the slider rests"
    else:
        said = reports.line(compute.cached(reports.certificate_of, *shown))
    st.page_link("pages/checks.py", label=said, icon=":material/verified:")


def in_full(found: ChecksReport) -> None:
    """Every check with its formula: what was compared, how far apart it was, and what is allowed."""
    for kind, words in KINDS.items():
        rows = [line_of(row) for row in found.rows() if row.kind == kind]
        head = "| | | formula | largest error | allowed | numbers | at |\n|---|---|---|--:|--:|--:|---|\n"
        st.markdown(f"**{words.capitalize()}**\n\n{head}" + "\n".join(rows))


def line_of(row: Row) -> str:
    """One line of the table; the bars of a norm would end its cell."""
    first, parts = row.checks[0], ", ".join(check.part for check in row.checks)
    formula = first.formula.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    mark = ":material/check:" if row.passed else ":material/close: **fails**"
    what = f"{first.what} *{parts}*" if parts else first.what
    error, allowed = number(row.error, 2), power(math.log(first.tolerance))
    size = first.at.replace(" ", "\N{NO-BREAK SPACE}").replace(",\N{NO-BREAK SPACE}", ", ")
    return f"| {mark} | {what} | ${formula}$ | {error} | {allowed} | {row.count:,} | {size} |"


def random_configurations(e: Experiment) -> None:
    """A button that certifies 20 configurations drawn under the page's seed, and their table."""
    drawn: dict[int, list[Certificate]] = st.session_state.setdefault(FOUND, {})
    if st.button(f"Check {RANDOM} random configurations", icon=":material/casino:", key="random_checks"):
        drawn[e.seed] = []
        bar = st.progress(0.0)
        for n in range(RANDOM):
            other = checks.random_experiment(n, e.seed)
            bar.progress((n + 0.5) / RANDOM, f"{n + 1} of {RANDOM}: {reports.described(other)}")
            drawn[e.seed].append(checks.certify(other))
        bar.empty()
    if found := drawn.get(e.seed):
        st.markdown(f"**{reports.battery(found)}** Drawn under seed {e.seed}.")
        table(found)


def table(found: Sequence[Certificate]) -> None:
    """One row per configuration, each a link that opens it."""
    import pandas as pd

    columns: dict[str, Callable[[Certificate], Any]] = {
        "configuration": lambda c: reports.described(c.experiment),
        "T": lambda c: c.experiment.T,
        "H": lambda c: c.experiment.hidden_size,
        "checks passed": lambda c: f"{len(c.checks) - len(c.failed)} of {len(c.checks)}",
        "complex step, largest error": lambda c: number(c.largest_error(), 2),
        "identities, largest error": lambda c: number(c.largest_error("identity"), 2),
        "open": lambda c: url.to(asdict(c.experiment)),
    }
    frame = pd.DataFrame({name: [cell(c) for c in found] for name, cell in columns.items()})
    opened = st.column_config.LinkColumn("open", display_text="open", width="small")
    st.dataframe(frame, hide_index=True, column_config={"open": opened}, alt="Random configurations")

"""A pytest plugin under which no test may be skipped: a missing browser or PyTorch is then a failure.

The continuous integration loads it with `-p tests.required`. Everywhere else a test whose tool is
missing is skipped and says which tool that is.
"""

from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of one test, a skip turned into a failure."""
    return without_skips((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The report of collecting one file, a skip (`pytest.importorskip`) turned into a failure."""
    return without_skips((yield))


def without_skips(report: Report) -> Report:
    """The same report, failed if it was skipped; an expected failure (xfail) is no skip."""
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"no test may be skipped here, and this one was: {reason(report)}"
    return report


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why the test was skipped, in the words of the skip: pytest keeps (file, line, words)."""
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)

"""What a page asks of several networks at once."""

from typing import Any

from explorer.experiment import Experiment, View
from explorer.reports import forgetting, remedies, treatments
from explorer.reports.remedies import RemediesReport
from explorer.ui import compute


def words(e: Experiment, own: Any) -> tuple[Any, Any]:
    """What reaches every word, and what is pictured, for as many fillers as the settings ask for."""
    found = compute.cached(forgetting.reaches, e)
    n = min(own.fillers, found[0].N, found[1].N)
    return found, (compute.cached(forgetting.runs, e, n), compute.cached(forgetting.pair_maps, e, n))


def cures(e: Experiment, view: View) -> RemediesReport:
    """The three remedies of one experiment, beside the comparison over gains."""
    swept = compute.cached(treatments.sweep, treatments.ungained(e))
    return remedies.remedies_report(e, view, swept)

"""Maps and paths of whole runs against products formed one by one."""

import numpy as np
import pytest

from explorer import maps
from explorer.arrays import Scaled
from explorer.experiment import Experiment, View
from explorer.reports.gradient_flow import flow_report, pair_map, selection, shortened
from explorer.reports.pair_curves import ribbon, seeds_chain
from explorer.run import run

CELLS = {
    "rnn": Experiment(steps=20, hidden_size=6),
    "lstm": Experiment(cell="lstm", steps=20, hidden_size=6),
    "gru": Experiment(cell="gru", steps=20, hidden_size=6),
}


def block_of_product(recorded, block, t, k):
    rows, columns = maps.block_slices(recorded, block)
    product = recorded.chain.product(t, k)
    return Scaled(product.mantissa[rows, columns], product.exponent)


@pytest.mark.parametrize("name", CELLS)
def test_frobenius_maps_are_the_norms_of_the_products(name):
    recorded = run(CELLS[name])
    for block, found in maps.frobenius_maps(recorded).items():
        for t, k in [(20, 0), (13, 5), (7, 6), (4, 4)]:
            expected = float(block_of_product(recorded, block, t, k).log_norm())
            assert found.log_norm[t, k] == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("name", CELLS)
def test_spectral_map_is_the_largest_singular_value_of_the_products(name):
    recorded = run(CELLS[name])
    found = maps.spectral_map(recorded, "h←h")
    for t, k in [(20, 0), (13, 5), (7, 6)]:
        expected = float(block_of_product(recorded, "h←h", t, k).log_spectral_norm())
        assert found.log_norm[t, k] == pytest.approx(expected, abs=1e-8)


def test_the_curve_back_is_a_row_of_the_map():
    recorded = run(CELLS["lstm"])
    rows, columns = maps.block_slices(recorded, "h←c")
    curve = maps.curve_back(recorded.chain, 20, rows=rows, columns=columns, spectral=False)
    row = maps.frobenius_maps(recorded)["h←c"].log_norm[20]
    np.testing.assert_allclose(curve[:-1], row[:-1], atol=1e-11)
    assert curve[-1] == row[-1] == -np.inf


def test_ledger_accounts_equal_their_definitions():
    recorded = run(CELLS["lstm"])
    found, H = maps.ledger(recorded, 15), 6
    f = recorded.trace.z["f"]
    fixed = np.linalg.multi_dot([J[:H, :H] for J in recorded.chain.take(slice(4, 15))[::-1]])
    expected = {
        "h_h": float(block_of_product(recorded, "h←h", 15, 4).log_norm()),
        "c_c": float(block_of_product(recorded, "c←c", 15, 4).log_norm()),
        "additive": np.log(np.linalg.norm(np.prod(f[4:15], axis=0))),
        "shortcut": np.log(np.linalg.norm(fixed)),
    }
    for account, value in expected.items():
        assert getattr(found, account)[4] == pytest.approx(value - 0.5 * np.log(H), abs=1e-11)


def test_a_shorter_run_is_a_corner_of_the_longer_ones_map():
    long, short = Experiment(steps=30, hidden_size=5), Experiment(steps=11, hidden_size=5)
    corner = shortened(pair_map(run(long), "rms", "h←h"), 11)
    np.testing.assert_array_equal(corner.steps, np.arange(12))
    np.testing.assert_allclose(
        corner.log_norm, pair_map(run(short), "rms", "h←h").log_norm, rtol=0, atol=1e-12
    )


def test_in_average_gain_the_identity_is_one():
    found = pair_map(run(CELLS["rnn"]), "rms", "h←h")
    np.testing.assert_allclose(np.diag(found.log_norm), 0.0, atol=1e-14)


@pytest.mark.parametrize("norm", ["rms", "frobenius", "spectral"])
def test_report_row_is_the_maps_row(norm):
    recorded, view = run(CELLS["gru"]), View(norm=norm, target=17, source=3)
    found = pair_map(recorded, norm, "h←h")
    report = flow_report(recorded, found, None, view)
    np.testing.assert_allclose(report.row, found.log_norm[17, 17::-1], atol=1e-8)
    np.testing.assert_allclose(report.column, found.log_norm[3:, 3], atol=1e-12)


@pytest.mark.parametrize("norm", ["rms", "spectral"])
def test_ribbon_holds_each_seeds_own_curve(norm):
    e = Experiment(steps=12, hidden_size=4, cell="lstm")
    band = ribbon(e, seeds_chain(e), 12, View(norm=norm))
    curves = []
    for seed in range(band.seeds):
        recorded = run(Experiment(steps=12, hidden_size=4, cell="lstm", seed=seed))
        curves.append(pair_map(recorded, norm, "h←h").log_norm[12, ::-1])
    ordered = np.sort(np.stack(curves), axis=0)
    np.testing.assert_allclose(band.low, ordered[2], atol=1e-8)
    np.testing.assert_allclose(band.high, ordered[17], atol=1e-8)


def test_selected_matrix_is_the_product_in_its_decades():
    recorded = run(CELLS["rnn"])
    chosen = selection(recorded, View(target=9, source=2))
    expected = np.linalg.multi_dot(list(recorded.chain.take(slice(2, 9))[::-1]))
    np.testing.assert_allclose(chosen.matrix * 10**chosen.decades, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        np.exp(chosen.log_sigma), np.linalg.svd(expected, compute_uv=False), rtol=1e-9
    )


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_rough_selection_has_the_leading_singular_values_of_the_exact_one(cell):
    recorded, view = run(CELLS[cell]), View(target=14, source=1)
    exact, rough = selection(recorded, view), selection(recorded, view, rough=True)
    np.testing.assert_array_equal(rough.matrix, exact.matrix)
    shared = len(rough.log_sigma)
    assert 1 <= shared <= len(exact.log_sigma)
    np.testing.assert_allclose(rough.log_sigma, exact.log_sigma[:shared], rtol=0, atol=1e-2)


def test_a_rough_selection_of_a_cut_path_is_exactly_zero():
    recorded = run(Experiment(steps=12, hidden_size=4, gain=0.0))
    assert np.isneginf(selection(recorded, View(), rough=True).log_sigma).all()

"""Properties of clipping that hold for every gradient: Hypothesis looks for one that breaks them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.clipping import by_norm, by_value, flat
from explorer.weights import Weights
from oracles import PARTS
from test_properties import networks, sometimes

gradients = st.builds(lambda p: p.back(p.trace()).gradient, networks)
thresholds = st.floats(1e-4, 1e4)


@sometimes
@given(gradients, thresholds, st.integers(-300, 300))
def test_clipping_by_norm_bounds_keeps_and_repeats(gradient, threshold, power):
    g = Weights(*({k: np.ldexp(a, power) for k, a in getattr(gradient, part).items()} for part in PARTS))
    clipped = by_norm(g, threshold)
    assert clipped.log_after <= np.log(threshold) + 1e-12 or not flat(g).any()
    assert clipped.log_factor <= 0
    assert clipped.cosine > 1 - 1e-12
    again = by_norm(clipped.after, threshold)
    np.testing.assert_allclose(flat(again.after), flat(clipped.after), rtol=1e-12)
    if clipped.log_before < np.log(threshold):
        assert (flat(clipped.after) == flat(g)).all()


@sometimes
@given(gradients, thresholds, st.integers(-300, 300))
def test_clipping_by_value_bounds_each_entry_and_repeats(gradient, threshold, power):
    g = Weights(*({k: np.ldexp(a, power) for k, a in getattr(gradient, part).items()} for part in PARTS))
    clipped = by_value(g, threshold)
    before, after = flat(g), flat(clipped.after)
    assert (np.abs(after) <= threshold).all()
    assert (after[np.abs(before) <= threshold] == before[np.abs(before) <= threshold]).all()
    assert (flat(by_value(clipped.after, threshold).after) == after).all()
    assert clipped.share_cut == np.mean(np.abs(before) > threshold)

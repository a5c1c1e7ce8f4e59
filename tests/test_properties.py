"""Properties that hold for every network: Hypothesis looks for one that breaks them."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import flow
from explorer.cells import CELLS
from explorer.clipping import flat
from explorer.errors import error_maps, lag_terms
from explorer.experiment import Experiment
from explorer.readout import PLACEMENTS
from explorer.run import run
from explorer.weights import INITIALISERS, Weights, ensemble
from oracles import CELL, PARTS, gradient_values, joint, problem

networks = st.builds(
    problem,
    st.sampled_from(list(CELL)),
    st.integers(1, 9),
    initialiser=st.sampled_from(list(INITIALISERS)),
    placement=st.sampled_from(list(PLACEMENTS)),
    seed=st.integers(0, 2**31),
)
seeds = st.integers(0, 9_999)
powers = st.integers(-40, 40)
sometimes = settings(max_examples=40, deadline=None, derandomize=True, database=None)
H, X = 4, 3


def one_vector(back, part):
    """Every entry of dE/dW (or dE/dU, dE/db)."""
    return np.concatenate([a.ravel() for a in gradient_values(back, part).values()])


def signals(back):
    """dE/ds_t (T + 1, ..., S) with the exponents in them."""
    return np.ldexp(joint(back.signals), back.exponent[..., None])


def close(ours, theirs, *, tolerance=1e-11):
    """Asserts equality to the tolerance times the largest entry."""
    size = np.max(np.abs(theirs), initial=0.0)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * size + 1e-300)


def own(p, T, seed, *leading):
    """Some share of every step's state, block by block."""
    rng = np.random.default_rng(seed)
    return {k: rng.standard_normal((T + 1, *leading, H)) for k in p.cell.state}


# Shapes


@sometimes
@given(networks)
def test_everything_has_its_shape(p):
    trace = p.trace()
    T, S = trace.T, H * len(p.cell.state)
    assert {a.shape for a in trace.s.values()} == {(T + 1, H)}
    assert {a.shape for a in trace.z.values()} == {(T, H)}
    assert flow.chain(p.cell, p.w, trace).take(slice(None)).shape == (T, S, S)
    for part in PARTS:
        gradient = getattr(p.back(trace).gradient, part)
        for block, a in getattr(p.w, part).items():
            assert gradient[block].shape == a.shape


@sometimes
@given(networks)
def test_nothing_is_nan(p):
    trace = p.trace()
    back, direct = p.back(trace), p.loss(trace).direct()
    maps, terms = error_maps(p.cell, p.w, trace, back, direct), lag_terms(p.cell, p.w, trace, direct)
    found = [*trace.z.values(), *maps.signal.values(), *maps.local.values(), maps.share, flat(back.gradient)]
    found += [terms.log_norm, terms.log_partial, terms.cosine, terms.relative_error]
    assert not any(np.isnan(a).any() for a in found)


# Linearity


@sometimes
@given(networks, seeds, st.floats(-3, 3), st.floats(-3, 3))
def test_backpropagation_is_linear_in_the_error(p, seed, alpha, beta):
    trace = p.trace()
    one, two = own(p, trace.T, seed), own(p, trace.T, seed + 1)
    both = {k: alpha * one[k] + beta * two[k] for k in one}
    back = [flow.backward(p.cell, p.w, trace, direct) for direct in (one, two, both)]
    size = np.max(np.abs(signals(back[0]))) + np.max(np.abs(signals(back[1])))
    expected = alpha * signals(back[0]) + beta * signals(back[1])
    np.testing.assert_allclose(signals(back[2]), expected, rtol=0, atol=1e-11 * size)


@sometimes
@given(networks, powers)
def test_an_error_twice_as_large_doubles_every_gradient_bit_for_bit(p, power):
    trace = p.trace()
    direct = p.loss(trace).direct()
    one, scaled = (flow.backward(p.cell, p.w, trace, {"h": np.ldexp(direct, n)}) for n in (0, power))
    assert (signals(scaled) == np.ldexp(signals(one), power)).all()
    for part in PARTS:
        for block, gradient in gradient_values(one, part).items():
            assert (gradient_values(scaled, part)[block] == np.ldexp(gradient, power)).all()


@sometimes
@given(networks, powers)
def test_scaling_the_error_shifts_its_maps_and_leaves_the_shares(p, power):
    trace = p.trace()
    direct = p.loss(trace).direct()
    one, other = (
        error_maps(p.cell, p.w, trace, flow.backward(p.cell, p.w, trace, {"h": d}), d)
        for d in (direct, np.ldexp(direct, power))
    )
    shift = power * np.log(2.0)
    np.testing.assert_allclose(other.signal["h"], one.signal["h"] + shift, rtol=0, atol=1e-11)
    np.testing.assert_allclose(other.share, one.share, rtol=1e-9, atol=1e-12)


@sometimes
@given(st.integers(1, 9), seeds, st.floats(-2, 2), st.floats(-2, 2))
def test_a_linear_network_is_linear_in_its_inputs(T, seed, alpha, beta):
    p, rng = problem("rnn identity", T, seed=seed), np.random.default_rng(seed)
    w = replace(p.w, b={"a": np.zeros(H)})
    x, y = rng.standard_normal((2, T, X))
    at_rest = {"h": np.zeros(H)}
    one, two, both = (flow.forward(p.cell, w, v, at_rest).s["h"] for v in (x, y, alpha * x + beta * y))
    size = np.max(np.abs(one)) + np.max(np.abs(two))
    np.testing.assert_allclose(both, alpha * one + beta * two, rtol=0, atol=1e-12 * size)


# Products


@sometimes
@given(networks, st.data())
def test_a_product_is_the_product_of_its_parts(p, data):
    chain = flow.chain(p.cell, p.w, p.trace())
    k, m, t = sorted(data.draw(st.tuples(*[st.integers(0, chain.T)] * 3)))
    whole, late, early = (chain.product(*pair) for pair in ((t, k), (t, m), (m, k)))
    split = np.ldexp(late.mantissa @ early.mantissa, late.exponent + early.exponent - whole.exponent)
    close(split, whole.mantissa, tolerance=1e-10)
    assert whole.log_norm() <= late.log_norm() + early.log_norm() + 1e-10


@sometimes
@given(networks, seeds)
def test_backpropagation_of_the_last_step_is_a_product_transposed(p, seed):
    trace = p.trace()
    share = own(p, trace.T, seed)
    for a in share.values():
        a[:-1] = 0.0
    back = flow.backward(p.cell, p.w, trace, share)
    P = flow.chain(p.cell, p.w, trace).product(trace.T, 0)
    last = joint({k: a[-1] for k, a in share.items()})
    expected = np.ldexp(P.mantissa.T @ last, P.exponent)
    np.testing.assert_allclose(signals(back)[0], expected, rtol=0, atol=1e-11 * np.exp(P.log_norm()) + 1e-300)


# Leading axes


@sometimes
@given(networks, st.integers(1, 4), seeds)
def test_a_batch_is_its_sequences_one_by_one(p, batch, seed):
    rng, T = np.random.default_rng(seed), len(p.x)
    x, s0 = rng.standard_normal((T, batch, X)), {k: rng.standard_normal((batch, H)) for k in p.cell.state}
    share = own(p, T, seed, batch)
    trace = flow.forward(p.cell, p.w, x, s0)
    back, J = flow.backward(p.cell, p.w, trace, share), flow.chain(p.cell, p.w, trace).take(slice(None))
    total = {part: 0.0 for part in PARTS}
    for i in range(batch):
        alone = flow.forward(p.cell, p.w, x[:, i], {k: a[i] for k, a in s0.items()})
        single = flow.backward(p.cell, p.w, alone, {k: a[:, i] for k, a in share.items()})
        close(joint(trace.s)[:, i], joint(alone.s))
        close(signals(back)[:, i], signals(single))
        close(J[:, i], flow.chain(p.cell, p.w, alone).take(slice(None)))
        for part in PARTS:
            total[part] = total[part] + one_vector(single, part)
    for part in PARTS:
        close(one_vector(back, part), total[part], tolerance=1e-10)


@sometimes
@given(networks, st.integers(1, 4), st.booleans(), seeds)
def test_an_ensemble_is_its_networks_one_by_one(p, members, own_inputs, seed):
    rng, T = np.random.default_rng(seed), len(p.x)
    nets = [problem(next(k for k in CELL if CELL[k] == p.cell), 1, seed=seed + i).w for i in range(members)]
    x = rng.standard_normal((T, members if own_inputs else 1, X))
    s0, share = {k: rng.standard_normal((members, H)) for k in p.cell.state}, own(p, T, seed, members)
    w = ensemble(nets)
    trace = flow.forward(p.cell, w, x, s0)
    back, J = flow.backward(p.cell, w, trace, share), flow.chain(p.cell, w, trace).take(slice(None))
    for i, net in enumerate(nets):
        alone = flow.forward(p.cell, net, x[:, i % x.shape[1]], {k: a[i] for k, a in s0.items()})
        single = flow.backward(p.cell, net, alone, {k: a[:, i] for k, a in share.items()})
        close(joint(trace.s)[:, i], joint(alone.s))
        close(signals(back)[:, i], signals(single))
        close(J[:, i], flow.chain(p.cell, net, alone).take(slice(None)))
        for part in PARTS:
            for block, gradient in gradient_values(single, part).items():
                close(gradient_values(back, part)[block][i], gradient)


@sometimes
@given(networks)
def test_a_batch_of_one_is_the_sequence_itself(p):
    one = p.trace()
    many = flow.forward(p.cell, p.w, p.x[:, None], {k: a[None] for k, a in p.s0.items()})
    for block in p.cell.state:
        close(many.s[block][:, 0], one.s[block], tolerance=1e-13)


# Symmetries


@sometimes
@given(networks, seeds)
def test_the_names_of_hidden_units_do_not_matter(p, seed):
    order = np.random.default_rng(seed).permutation(H)
    w = Weights(
        W={k: a[order][:, order] for k, a in p.w.W.items()},
        U={k: a[order] for k, a in p.w.U.items()},
        b={k: a[order] for k, a in p.w.b.items()},
    )
    readout = replace(p.readout, V=p.readout.V[:, order])
    q = replace(p, w=w, s0={k: a[order] for k, a in p.s0.items()}, readout=readout)
    trace, renamed = p.trace(), q.trace()
    for block in p.cell.state:
        close(renamed.s[block], trace.s[block][:, order])
    ours, theirs = q.back(renamed), p.back(trace)
    for block, gradient in gradient_values(theirs, "W").items():
        close(gradient_values(ours, "W")[block], gradient[order][:, order])
    P, Q = (flow.chain(p.cell, v.w, t).product(t.T, 0) for v, t in ((p, trace), (q, renamed)))
    assert np.isclose(P.log_norm(), Q.log_norm(), rtol=0, atol=1e-10)


@sometimes
@given(networks, st.data())
def test_the_beginning_of_a_trace_is_the_trace_of_the_beginning(p, data):
    T = data.draw(st.integers(1, len(p.x)))
    cut, alone = p.trace().upto(T), replace(p, x=p.x[:T]).trace()
    assert cut.T == alone.T == T
    close(joint(cut.s), joint(alone.s), tolerance=1e-13)
    for symbol in cut.z:
        close(cut.z[symbol], alone.z[symbol], tolerance=1e-13)
    for t in range(T + 1):
        whole, short = (flow.chain(p.cell, p.w, x).product(T, t) for x in (p.trace(), alone))
        assert np.isclose(whole.log_norm(), short.log_norm(), rtol=0, atol=1e-10)


@sometimes
@given(seeds, st.sampled_from(list(CELLS)), st.integers(1, 20), st.sampled_from(list(INITIALISERS)))
def test_the_same_seed_gives_the_same_run_bit_for_bit(seed, cell, steps, initialiser):
    e = Experiment(cell=cell, steps=steps, hidden_size=5, seed=seed, initialiser=initialiser)
    one, again = run(e), run(replace(e))
    assert all(np.array_equal(one.trace.z[k], again.trace.z[k]) for k in one.trace.z)
    assert np.array_equal(flat(one.back.gradient), flat(again.back.gradient))
    assert np.array_equal(one.error_maps.share, again.error_maps.share)


@sometimes
@given(networks)
def test_shares_add_up_to_1(p):
    trace = p.trace()
    share = error_maps(p.cell, p.w, trace, p.back(trace), p.loss(trace).direct()).share
    whole = flat(replace(p.back(trace).gradient, U={}, b={}))
    cancelled = max(1.0, np.abs(share).sum())
    assert not whole.any() or abs(share.sum() - 1.0) <= 1e-12 * cancelled

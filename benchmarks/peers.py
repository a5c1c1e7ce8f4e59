"""The same quantities as other people compute them: plain NumPy, PyTorch and JAX.

Each peer gives what the engine gives, so that results are compared before times are.
"""

import importlib.util
from collections.abc import Callable, Iterator

import numpy as np

from explorer.arrays import Array

HAS_TORCH = importlib.util.find_spec("torch") is not None
if HAS_TORCH:
    importlib.import_module("torch").set_num_threads(1)
HAS_JAX = importlib.util.find_spec("jax") is not None


@np.errstate(divide="ignore")
def double_loop(J: Array) -> Array:
    """ln‖P(t, k)‖_F by a running product for every t: what a tutorial writes."""
    T, S = J.shape[:2]
    out = np.full((T + 1, T + 1), -np.inf)
    for t in range(T + 1):
        P = np.eye(S)
        out[t, t] = 0.5 * np.log(S)
        for k in range(t - 1, -1, -1):
            P = P @ J[k]
            out[t, k] = np.log(np.linalg.norm(P))
    return out


@np.errstate(divide="ignore")
def double_loop_spectral(J: Array) -> Array:
    """ln σ_max of every product, by one batched SVD per t."""
    T, S = J.shape[:2]
    out = np.full((T + 1, T + 1), -np.inf)
    for t in range(T + 1):
        products = [np.eye(S)]
        for k in range(t - 1, -1, -1):
            products.append(products[-1] @ J[k])
        sigma = np.linalg.svd(np.stack(products[::-1]), compute_uv=False)[:, 0]
        out[t, : t + 1] = np.log(sigma)
    return out


@np.errstate(divide="ignore")
def double_loop_blocks(J: Array, H: int) -> dict[str, Array]:
    """The four block norms of every joint product, by a running product for every t."""
    T = len(J)
    out = {block: np.full((T + 1, T + 1), -np.inf) for block in ("h←h", "h←c", "c←h", "c←c")}
    halves = {"h": slice(0, H), "c": slice(H, 2 * H)}
    for t in range(T + 1):
        P = np.eye(2 * H)
        for k in range(t, -1, -1):
            if k < t:
                P = P @ J[k]
            for block in out:
                of, by = block.split("←")
                out[block][t, k] = np.log(np.linalg.norm(P[halves[of], halves[by]]))
    return out


def torch_products(J: Array) -> "Iterator[tuple[int, object]]":
    """Expert PyTorch: (t, P(t, 0..t)), all products of one t advanced in one batched matmul."""
    import torch

    J_t = torch.tensor(J)
    T, S = J.shape[:2]
    P = torch.empty((T + 1, S, S), dtype=torch.float64)
    for t in range(T + 1):
        if t > 0:
            P[:t] = torch.matmul(J_t[t - 1], P[:t])
        P[t] = torch.eye(S, dtype=torch.float64)
        yield t, P[: t + 1]


def torch_map(J: Array, order: "int | str" = "fro") -> Array:
    """ln of a norm of every product by expert PyTorch; order 2 is the largest singular value."""
    import torch

    out = np.full((len(J) + 1, len(J) + 1), -np.inf)
    for t, P in torch_products(J):
        out[t, : t + 1] = torch.linalg.matrix_norm(P, ord=order).log().numpy()
    return out


def torch_blocks(J: Array, H: int) -> dict[str, Array]:
    """The four block norms of every joint product by expert PyTorch."""
    import torch

    n, halves = len(J) + 1, {"h": slice(0, H), "c": slice(H, 2 * H)}
    out = {f"{of}←{by}": np.full((n, n), -np.inf) for of in "hc" for by in "hc"}
    for t, P in torch_products(J):
        for block, values in out.items():
            part = P[:, halves[block[0]], halves[block[-1]]]
            values[t, : t + 1] = torch.linalg.matrix_norm(part).log().numpy()
    return out


def torch_states(W: "object", x: "object", T: int) -> "list[object]":
    """The states h_0..h_T of a tanh network, h_0 requiring a gradient."""
    import torch

    h = [torch.zeros(W.shape[0], dtype=torch.float64, requires_grad=True)]
    for t in range(T):
        h.append(torch.tanh(W @ h[-1] + x[t]))
    return h


def torch_backward_loop(W: Array, u: Array) -> Array:
    """The usual way: one backward pass for each step and unit of a tanh network."""
    import torch

    T, H = u.shape
    h = torch_states(torch.tensor(W), torch.tensor(u), T)
    squares = np.zeros((T + 1, T + 1))
    for t in range(1, T + 1):
        for unit in range(H):
            rows = torch.autograd.grad(h[t][unit], h[: t + 1], retain_graph=True)
            squares[t, : t + 1] += [float((row * row).sum()) for row in rows]
    squares[0, 0] = H
    with np.errstate(divide="ignore"):
        return np.asarray(0.5 * np.log(squares))


def torch_func(W: Array, u: Array) -> Array:
    """torch.func: every one-step Jacobian by vmap of jacrev, then the expert's batched products."""
    import torch

    W_t, u_t = torch.tensor(W), torch.tensor(u)
    h = torch.stack([state.detach() for state in torch_states(W_t, u_t, len(u))[:-1]])

    def step(state, x):
        return torch.tanh(W_t @ state + x)

    J = torch.func.vmap(torch.func.jacrev(step))(h, u_t)
    return torch_map(J.numpy())


def torch_error_sweep(W: Array, u: Array, V: Array, targets: Array) -> Array:
    """ln‖∂E_t/∂h_k‖ by one backward pass per loss step of a tanh network."""
    import torch

    T = len(u)
    h = torch_states(torch.tensor(W), torch.tensor(u), T)
    V_t, y = torch.tensor(V), torch.tensor(targets)
    out = np.full((T + 1, T + 1), -np.inf)
    for t in range(1, T + 1):
        E = torch.nn.functional.cross_entropy((V_t @ h[t])[None], y[t - 1 : t])
        rows = torch.autograd.grad(E, h[: t + 1], retain_graph=True)
        out[t, : t + 1] = torch.stack([row.norm() for row in rows]).log().numpy()
    return out


def torch_error_batched(W: Array, u: Array, V: Array, targets: Array) -> Array:
    """The same by one batched backward pass (is_grads_batched) for all loss steps together."""
    import torch

    T = len(u)
    h = torch_states(torch.tensor(W), torch.tensor(u), T)
    logits = torch.stack(h[1:]) @ torch.tensor(V).T
    E = torch.nn.functional.cross_entropy(logits, torch.tensor(targets), reduction="none")
    every = torch.eye(T, dtype=torch.float64)
    rows = torch.autograd.grad(E, h, every, is_grads_batched=True, materialize_grads=True)
    out = np.full((T + 1, T + 1), -np.inf)
    out[1:] = torch.stack([row.norm(dim=-1) for row in rows], dim=1).log().numpy()
    return out


@np.errstate(divide="ignore")
def double_loop_errors(J: Array, direct: Array) -> Array:
    """ln‖∂E_t/∂h_k‖ by a walk back from every loss step: what a tutorial writes."""
    T = len(J)
    out = np.full((T + 1, T + 1), -np.inf)
    for t in range(1, T + 1):
        d = direct[t]
        for k in range(t, -1, -1):
            out[t, k] = np.log(np.linalg.norm(d))
            d = J[k - 1].T @ d
    return out


def jax_map(J: Array) -> Callable[[], Array]:
    """Expert JAX: a compiled scan whose carry holds the products of one t; the compilation is not timed."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    T, S = J.shape[:2]

    @jax.jit
    def scan(J_t):
        def step(P, item):
            t, J_now = item
            P = jnp.einsum("ij,kjl->kil", J_now, P).at[t].set(jnp.eye(S))
            return P, 0.5 * jnp.log(jnp.einsum("kij,kij->k", P, P))

        start = jnp.zeros((T + 1, S, S)).at[0].set(jnp.eye(S))
        return jax.lax.scan(step, start, (jnp.arange(1, T + 1), J_t))[1]

    scan(J).block_until_ready()

    def timed() -> Array:
        out = np.full((T + 1, T + 1), -np.inf)
        out[0, 0] = 0.5 * np.log(S)
        out[1:] = np.asarray(scan(J))
        return out

    return timed

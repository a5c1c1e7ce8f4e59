"""The weights of a small network in tables that can be edited; the edits are in the address."""

from typing import Any

import streamlit as st

from explorer.edits import Edit, read, tables_of, written
from explorer.run import Run

MOST_EDITED = 4  # hidden units; more are no longer a network one edits by hand
FIELD = "edits"


def weights(run: Run) -> None:
    """W, U, b, V and c as tables; a cell that is changed sets that weight before any training."""
    with st.expander("Edit the weights", icon=":material/edit:", on_change="rerun") as opened:
        if not opened.open:
            return
        if run.weights.H > MOST_EDITED:
            st.caption(f"Tables are for at most {MOST_EDITED} units; this network has {run.weights.H}.")
            return
        if st.session_state.get("updates"):
            st.caption("What is shown is trained; a cell that is changed sets the weight before training.")
        st.button("Undo all edits", key="undo_edits", disabled=not st.session_state[FIELD], on_click=undo)
        for name, table in tables_of(run).items():
            one(run, name, table)


def one(run: Run, name: str, table: Any) -> None:
    """The table of one matrix, its columns named by units or words."""
    import pandas as pd

    words = list(run.sequence.vocabulary)
    units = [f"h{i + 1}" for i in range(run.weights.H)]
    columns = {"W": units, "U": words, "V": units}.get(name, [name])
    frame = pd.DataFrame(table, index=words if name in "Vc" else units, columns=columns).round(3)
    st.caption(f"{name}: {table.shape[0]} × {table.shape[1]}")
    key = f"table_{name}_{hash(st.session_state[FIELD])}_{st.session_state.get('updates')}"
    st.data_editor(frame, key=key, on_change=take, args=(name, key, columns), alt=name)


def take(name: str, key: str, columns: list[str]) -> None:
    """Add the cells that were changed to the edits; values beyond ±999 go to that end."""
    before = read(st.session_state[FIELD])
    changed = [
        Edit(name, int(row) + 1, columns.index(column) + 1, min(max(float(value), -999.0), 999.0))
        for row, cells in st.session_state[key]["edited_rows"].items()
        for column, value in cells.items()
        if value is not None
    ]
    st.session_state[FIELD] = written((*before, *changed))


def undo() -> None:
    """Back to the weights as drawn."""
    st.session_state[FIELD] = ""

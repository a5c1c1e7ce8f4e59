"""The main page as one would write it with Streamlit's own slider and charts: same numbers, same figures."""

import streamlit as st

from explorer.experiment import Experiment, View
from explorer.figures import gradient_flow as figures
from explorer.figures import pair
from explorer.ui import compute, page

st.set_page_config(layout="wide")
steps = int(st.query_params.get("steps", 50))
gain = st.slider("Gain g", 0.0, 3.0, 0.5, 0.02)
e, view, look = Experiment(steps=steps, gain=gain), View(), page.look()
report, chosen = compute.flow(e, view), compute.selection(e, view)
page.finding(report.finding())
left, right = st.columns([10, 13])
with left:
    st.plotly_chart(figures.horizon_map(look, report, "gain"), key="map", theme=None)
with right:
    st.plotly_chart(figures.lag_curves(look, report, "RNN", look.ink), key="lag", theme=None)
    st.plotly_chart(pair.matrix(look, chosen), key="matrix", theme=None)
    st.plotly_chart(pair.spectrum(look, chosen), key="sigma", theme=None)

"""The least that Streamlit does for a change: a slider and one text."""

import streamlit as st

gain = st.slider("Gain g", 0.0, 3.0, 0.5, 0.02)
st.markdown(f"#### The gain is {gain}")

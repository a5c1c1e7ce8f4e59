"""Entry point: the list of pages and what they share. Run with `streamlit run app.py`."""

import streamlit as st

from explorer.ui import checked, process, waiting

st.set_page_config(
    page_title="Gradient Flow Explorer",
    page_icon="assets/icon.png",
    layout="wide",
    initial_sidebar_state="collapsed",
)
page = st.navigation(
    {
        "Explore": [
            st.Page(
                "pages/gradient_flow.py", title="Gradient flow", icon=":material/ssid_chart:", default=True
            ),
            st.Page("pages/weights.py", title="What reaches the weights", icon=":material/bar_chart:"),
            st.Page(
                "pages/saturation.py", title="Activations and saturation", icon=":material/planner_review:"
            ),
            st.Page("pages/lstm.py", title="Inside the LSTM", icon=":material/conversion_path:"),
            st.Page("pages/clipping.py", title="Clipping", icon=":material/content_cut:"),
            st.Page("pages/compare.py", title="RNN against LSTM", icon=":material/compare:"),
            st.Page("pages/checks.py", title="Are these numbers right?", icon=":material/verified:"),
        ],
        "Training": [
            st.Page("pages/train.py", title="Train and watch", icon=":material/model_training:"),
            st.Page("pages/rainbow.py", title="The itemised rainbow", icon=":material/looks:"),
            st.Page("pages/cliff.py", title="Clipping at the cliff", icon=":material/landslide:"),
            st.Page("pages/theatre.py", title="Clipping theatre", icon=":material/theater_comedy:"),
            st.Page("pages/remember.py", title="Who remembers?", icon=":material/psychology:"),
        ],
        "Lecture": [
            st.Page("pages/one_number.py", title="One number, repeated", icon=":material/exposure_zero:"),
            st.Page("pages/memory.py", title="A network with memory", icon=":material/memory:"),
            st.Page("pages/backwards.py", title="Backwards", icon=":material/undo:"),
            st.Page("pages/shapes.py", title="Shapes of sequence problems", icon=":material/schema:"),
            st.Page("pages/forgetting.py", title="Why it forgets", icon=":material/hourglass_bottom:"),
            st.Page("pages/remedies.py", title="Three remedies", icon=":material/healing:"),
            st.Page("pages/gates.py", title="The LSTM, gate by gate", icon=":material/valve:"),
            st.Page("pages/myths.py", title="Myths and surprises", icon=":material/quiz:"),
            st.Page("pages/beats.py", title="The lecture on paper", icon=":material/print:"),
            st.Page("pages/glossary.py", title="Glossary", icon=":material/menu_book:"),
        ],
    },
    position="top",
)
process.settle()
with waiting.watched():
    page.run()
    checked.foot()

"""Entry point: the list of pages and what they share. Run with `streamlit run app.py`."""

import streamlit as st

from explorer.ui import checked, live, process, sending, waiting
from explorer.ui.places import TITLES

app = st.App(__file__, routes=live.ROUTES, lifespan=sending.at_once)

if __name__ == "__main__":
    st.set_page_config("Gradient Flow Explorer", "assets/icon.png", "wide", "collapsed")
    page = st.navigation(
        {
            "Explore": [
                st.Page(
                    "pages/gradient_flow.py",
                    title=TITLES["gradient_flow"],
                    icon=":material/ssid_chart:",
                    default=True,
                ),
                st.Page("pages/weights.py", title=TITLES["weights"], icon=":material/bar_chart:"),
                st.Page("pages/saturation.py", title=TITLES["saturation"], icon=":material/planner_review:"),
                st.Page("pages/lstm.py", title=TITLES["lstm"], icon=":material/conversion_path:"),
                st.Page("pages/clipping.py", title=TITLES["clipping"], icon=":material/content_cut:"),
                st.Page("pages/compare.py", title=TITLES["compare"], icon=":material/compare:"),
                st.Page("pages/checks.py", title=TITLES["checks"], icon=":material/verified:"),
            ],
            "Lecture": [
                st.Page("pages/one_number.py", title=TITLES["one_number"], icon=":material/exposure_zero:"),
                st.Page("pages/memory.py", title=TITLES["memory"], icon=":material/memory:"),
                st.Page("pages/backwards.py", title=TITLES["backwards"], icon=":material/undo:"),
                st.Page("pages/shapes.py", title=TITLES["shapes"], icon=":material/schema:"),
                st.Page(
                    "pages/forgetting.py",
                    title=TITLES["forgetting"],
                    icon=":material/hourglass_bottom:",
                ),
                st.Page("pages/remedies.py", title=TITLES["remedies"], icon=":material/healing:"),
                st.Page("pages/gates.py", title=TITLES["gates"], icon=":material/valve:"),
                st.Page("pages/myths.py", title=TITLES["myths"], icon=":material/quiz:"),
                st.Page("pages/beats.py", title=TITLES["beats"], icon=":material/print:"),
                st.Page("pages/glossary.py", title=TITLES["glossary"], icon=":material/menu_book:"),
            ],
            "Training": [
                st.Page("pages/train.py", title=TITLES["train"], icon=":material/model_training:"),
                st.Page("pages/rainbow.py", title=TITLES["rainbow"], icon=":material/looks:"),
                st.Page("pages/cliff.py", title=TITLES["cliff"], icon=":material/landslide:"),
                st.Page("pages/theatre.py", title=TITLES["theatre"], icon=":material/theater_comedy:"),
                st.Page("pages/remember.py", title=TITLES["remember"], icon=":material/psychology:"),
            ],
        },
        position="top",
    )
    process.settle()
    with waiting.watched():
        page.run()
        checked.foot()

"""The Streamlit side: controls, the live board, caching and the frame every page shares."""

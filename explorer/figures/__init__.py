"""One function per figure: arrays in, a Plotly figure as plain data out."""

"""One report per page: everything the page shows, computed from the experiment, and what it says."""

"""The lecture's lessons, one module a page."""

"""A long campaign against real processes: what was lost, doubled or wrong, and what grew."""

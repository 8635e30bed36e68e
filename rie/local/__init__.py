"""A function on this machine: run it, invoke it."""

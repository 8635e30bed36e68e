"""Where the function lies."""

from pathlib import Path

FUNCTION = Path(__file__).parents[3] / "functions" / "termination_policy"

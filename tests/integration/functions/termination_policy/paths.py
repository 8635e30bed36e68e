"""Where the function lies."""

from pathlib import Path

FUNCTION = Path(__file__).parents[4] / "functions" / "termination_policy"

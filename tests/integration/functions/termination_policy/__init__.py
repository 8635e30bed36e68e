"""Tests of the function, and its measurement, which runs as a program and sees to its own path."""

import sys

from tests.integration.functions.termination_policy.paths import FUNCTION

if str(FUNCTION) not in sys.path:  # pytest's configuration has it there
    sys.path.append(str(FUNCTION))

"""AWS's SDK of durable functions needs Python 3.11; older ones have no tests of it."""

from __future__ import annotations

import sys

collect_ignore = (
    [] if sys.version_info >= (3, 11) else ["test_durable.py", "test_durable_conformance.py"]
)

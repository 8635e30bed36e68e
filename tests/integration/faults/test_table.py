"""Each row of the fault table is proved by a test."""

from __future__ import annotations

import tests.integration.faults.test_connection
import tests.integration.faults.test_http
import tests.integration.faults.test_statuses  # noqa: F401  (these three mark what they prove)
from tests.integration.faults.bench import proved
from tests.integration.faults.outcomes import FAULTS, Outcome


def test_every_fault_has_a_test() -> None:
    assert proved == set(FAULTS)


def test_an_end_says_why() -> None:
    assert all(row.line for row in FAULTS.values() if row.outcome.exit_code is not None)


def test_every_outcome_happens() -> None:
    assert {row.outcome for row in FAULTS.values()} == set(Outcome)

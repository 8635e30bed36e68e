"""The list of intended differences is complete and proved."""

from __future__ import annotations

import re
from pathlib import Path

from tests.integration.differential.differences import DIFFERENCES


def test_every_intended_difference_is_proved_and_every_proof_is_listed() -> None:
    sources = "".join(each.read_text() for each in Path(__file__).parent.glob("test_*.py"))
    proved = set(re.findall(r'^@proves\("(.+)"\)', sources, re.MULTILINE))
    assert proved == set(DIFFERENCES)

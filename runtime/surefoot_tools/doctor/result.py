"""What an inspection brought: judged findings, and what was looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .finding import SEVERITIES, Finding


@dataclass(frozen=True)
class Judged:
    """A finding with its severity; `reason` is why it is ignored, empty where it counts."""

    finding: Finding
    severity: str
    reason: str = ""


@dataclass(frozen=True)
class Result:
    """All of one inspection.

    :param target: what was inspected, in words
    :param folder: of this machine that is /var/task of the inspected tree, if one is
    :param findings: those that count, the worst first
    :param ignored: those that the user has judged
    :param checked: title by code of all that was looked for
    """

    target: str
    findings: Sequence[Judged]
    ignored: Sequence[Judged]
    checked: Mapping[str, str]
    folder: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many findings count, by severity; every severity has its number."""
        found = [judged.severity for judged in self.findings]
        return {severity: found.count(severity) for severity in SEVERITIES}

    @property
    def failed(self) -> bool:
        """Whether there is an error among them."""
        return bool(self.counts[SEVERITIES[0]])

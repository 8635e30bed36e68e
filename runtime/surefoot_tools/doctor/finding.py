"""Findings, and the result of an inspection: data for a terminal, a program or a code scanner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ERROR, WARNING, NOTE = SEVERITIES = ("error", "warning", "note")  # an error fails the build


@dataclass(frozen=True)
class Finding:
    """One problem at one place; ``rules`` has the severity of its code.

    :param code: such as SF105
    :param path: in the image, absolute; empty if no file is to blame
    :param line: of a text file, from 1; 0 if there is none
    """

    code: str
    message: str
    remedy: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True)
class RatedFinding:
    """A finding with its severity; `reason` is why it is ignored, empty if it counts."""

    finding: Finding
    severity: str
    reason: str = ""


@dataclass(frozen=True)
class Result:
    """The result of one inspection.

    :param target: what was inspected
    :param folder: the folder of this machine that became /var/task of the inspected tree, if any
    :param findings: those that count, the worst first
    :param ignored: those that the user ignores
    """

    target: str
    findings: Sequence[RatedFinding]
    ignored: Sequence[RatedFinding]
    folder: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of findings by severity; every severity has one."""
        found = [rated.severity for rated in self.findings]
        return {severity: found.count(severity) for severity in SEVERITIES}

    @property
    def failed(self) -> bool:
        """Whether there is an error among them."""
        return bool(self.counts[ERROR])

"""What a check found: data, the same for a terminal, a program and a code scanner."""

from __future__ import annotations

from dataclasses import dataclass

SEVERITIES = ("error", "warning", "note")  # the worst first; an error fails the build


@dataclass(frozen=True)
class Finding:
    """One defect at one place. A code never changes its meaning; policy.json has its severity.

    :param code: such as SF105
    :param path: in the image, absolute; empty where no file is to blame
    :param line: of a text file, from 1; 0 where there is none
    """

    code: str
    message: str
    remedy: str
    path: str = ""
    line: int = 0

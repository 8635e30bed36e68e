"""Everything that one check found, as one value and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from vpc_check.findings import MEANINGS, REACHABILITY_ANALYZER, Finding
from vpc_check.network.capacity import Capacity
from vpc_check.network.paths import Analysis
from vpc_check.observation import WORDS, Observation
from vpc_check.report.explain import Explanation
from vpc_check.report.hops import DrawnPath
from vpc_check.safe_text import clean_all

_DOUBTFUL = frozenset({"slow", "denied", "http_status", "sent", "not_tried"})
_FAILED = frozenset(WORDS) - _DOUBTFUL - {"ok"}
VERSION = 1  # of the JSON; members may come, none changes its meaning


@dataclass(frozen=True)
class Report:
    """One check: the case, what was found, seen and worked out."""

    analysis: Analysis
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    explanations: tuple[Explanation, ...]
    paths: tuple[DrawnPath, ...]
    capacity: Capacity | None

    @property
    def title(self) -> str:
        """What was checked."""
        return self.analysis.function.name or "a planned VpcConfig"

    @property
    def verdict(self) -> str:
        """The gravest of it: broken, doubtful or fine.

        Probes count before configuration where they say that every path of a target works.
        """
        contradicted = {each.target for each in self.explanations if each.verdict == "contradicted"}
        severities = {each.severity for each in self.findings if each.target not in contradicted}
        if "error" in severities or self._words & _FAILED:
            return "broken"
        doubtful = severities & {"warning", "unknown"} or contradicted or self._elsewhere
        return "doubtful" if doubtful or self._words & _DOUBTFUL else "fine"

    @property
    def _elsewhere(self) -> bool:
        """Whether a probe that says nothing about the function failed."""
        return any(each.verdict == "elsewhere" and each.word != "ok" for each in self.explanations)

    @property
    def _words(self) -> set[str]:
        return {each.word for each in self.explanations if each.verdict != "elsewhere"}


def to_json(report: Report) -> dict[str, Any]:
    """Return the versioned answer; every member is always there."""
    analysis = report.analysis
    answer: dict[str, Any] = {
        "version": VERSION,
        "verdict": report.verdict,
        "function": analysis.function.name,
        "region": analysis.facts.region,
        "vpc": str(analysis.facts.vpc.get("VpcId", "")),
        "subnets": list(analysis.function.subnets),
        "security_groups": list(analysis.function.groups),
        "findings": [_finding(each) for each in report.findings],
        "targets": [
            {
                "target": each.target.text,
                "about": each.target.about,
                "known_from": each.how,
                "places": [location.id for location in each.locations],
            }
            for each in analysis.destinations
        ],
        "observations": [
            {
                "target": each.target.text,
                "word": each.word,
                "detail": each.detail,
                "address": each.address,
                "addresses": list(each.addresses),
                "milliseconds": round(each.milliseconds, 1),
            }
            for each in report.observations
        ],
        "explanations": [
            {
                "target": each.target,
                "word": each.word,
                "verdict": each.verdict,
                "text": each.text,
                "remedy": each.remedy,
                "causes": [_finding(cause) for cause in each.causes],
            }
            for each in report.explanations
        ],
        "paths": [{**asdict(each), "state": each.state} for each in report.paths],
        "capacity": asdict(report.capacity) if report.capacity else None,
    }
    cleaned: dict[str, Any] = clean_all(answer)
    return cleaned


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **asdict(finding),
        "meaning": MEANINGS[finding.code],
        "reachability_analyzer": finding.code in REACHABILITY_ANALYZER,
    }


def capacity_lines(capacity: Capacity) -> list[str]:
    """Return what the plan comes to, which subnet is short first, and what was assumed."""
    verdict = "It fits." if capacity.fits else "It does not fit."
    need = (
        f"{capacity.connections:,} connections need {capacity.interfaces} interfaces, "
        f"{capacity.new_interfaces} of them new. "
        f"{capacity.used} of {capacity.quota} in the VPC are used. {verdict}"
    )
    lines = [need]
    if capacity.first_out:
        lines.append(f"{capacity.first_out} runs out of addresses first.")
    lines += capacity.notes
    if capacity.historic:
        old = capacity.historic
        lines.append(
            f"By the formulas before 2019: {old['per_1.5_gb']} interfaces at 1.5 GB each, "
            f"{old['per_3_gb']} at 3 GB. {old['note']}"
        )
    return lines

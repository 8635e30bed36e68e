"""Score whole reports against what is true of a network: `python -m …score [FOLDER]`.

A file is one network: a change to the base configuration, targets, perhaps what probes saw, and in
`kind` whether the function reaches its targets (healthy) or not (broken). `truth` says in words
what a report should say. `expect` may be exact: the verdict, codes that must be there, codes that
must not, and what a finding `says`: a part of "SEVERITY CODE: message → remedy".

healthy  right: no error and not "broken"
broken   right: "broken"; partly: something is reported for the function or a target; else silent

With `"certain": false` the configuration cannot say for sure: "doubtful" with a warning is right,
and so is a probe whose cause is suspected.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.functions.vpc_check.casefile import REGION, changed
from vpc_check.app import analyse
from vpc_check.facts import Facts, Unknown
from vpc_check.observation import Observation
from vpc_check.report.report import Report
from vpc_check.target import parse

NETWORKS = Path(__file__).parent / "networks"
# What is said of every function, whether something is wrong or not.
_SAYS_NOTHING = frozenset({"UNKNOWN_RESOURCE", "FUNCTION_NOT_IN_VPC"})


@dataclass(frozen=True)
class Score:
    """`word` is right, partly, silent, false (an error in a healthy network) or unexpected."""

    name: str
    kind: str
    word: str
    verdict: str
    codes: tuple[str, ...]
    truth: str
    remarks: tuple[str, ...] = ()


def read_report(data: dict[str, Any]) -> Report:
    """The report on a file's network."""
    sections = changed(data["change"])
    unknown = {section: Unknown(why) for section, why in data.get("unknown", {}).items()}
    for section in unknown:
        sections.pop(section, None)
    observations = [
        Observation(
            parse(each["target"]),
            each["word"],
            each.get("detail", ""),
            each.get("address", ""),
            tuple(each.get("addresses", ())),
        )
        for each in data.get("observations", [])
    ]
    targets = [parse(text) for text in data["targets"]]
    return analyse(Facts(REGION, sections, unknown), targets, observations)


def score(path: Path) -> Score:
    data = json.loads(path.read_text())
    report = read_report(data)
    codes = tuple(
        dict.fromkeys(
            f"{each.severity}:{each.code}"
            for each in report.findings
            if each.severity != "info" or each.code not in _SAYS_NOTHING
        )
    )
    errors = any(code.startswith("error:") for code in codes)
    if data["kind"] == "healthy":
        word = "false" if errors or report.verdict == "broken" else "right"
    elif report.verdict == "broken" or _says_doubtful(data, report):
        word = "right"
    else:
        word = "partly" if codes else "silent"
    remarks = tuple(_remarks(data.get("expect", {}), report))
    return Score(
        path.stem,
        data["kind"],
        "unexpected" if remarks else word,
        report.verdict,
        codes,
        data["truth"],
        remarks,
    )


def _says_doubtful(data: dict[str, Any], report: Report) -> bool:
    warned = any(each.severity == "warning" for each in report.findings)
    warned = warned or any(each.verdict == "suspected" for each in report.explanations)
    return not data.get("certain", True) and report.verdict == "doubtful" and warned


def _remarks(expect: dict[str, Any], report: Report) -> Iterator[str]:
    found = {each.code for each in report.findings}
    verdicts = {each.verdict for each in report.explanations}
    if "verdict" in expect and report.verdict != expect["verdict"]:
        yield f"verdict {report.verdict}, not {expect['verdict']}"
    for code in set(expect.get("codes", [])) - found:
        yield f"{code} is missing"
    said = [
        f"{each.severity} {each.code}: {each.message} → {each.remedy}" for each in report.findings
    ]
    for text in expect.get("says", []):
        if not any(text in each for each in said):
            yield f"nothing says {text!r}"
    for code in set(expect.get("not", [])) & found:
        yield f"{code} should not be there"
    if "explained" in expect and expect["explained"] not in verdicts:
        yield f"explained as {', '.join(sorted(verdicts))}, not {expect['explained']}"
    for subnet in expect.get("subnets", []):
        if not any(each.subnet == subnet and each.severity == "error" for each in report.findings):
            yield f"no error from {subnet}"


def main(folder: Path) -> None:
    scores = [score(path) for path in sorted(folder.glob("*.json"))]
    for each in scores:
        print(f"{each.word:10} {each.kind:8} {each.name}: {each.verdict}; {', '.join(each.codes)}")
        if each.word != "right":
            print(f"{'':10} truth: {each.truth}")
            for remark in each.remarks:
                print(f"{'':10} {remark}")
    for kind in ("healthy", "broken"):
        words = Counter(each.word for each in scores if each.kind == kind)
        print(f"{kind}: " + ", ".join(f"{count} {word}" for word, count in words.most_common()))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else NETWORKS)

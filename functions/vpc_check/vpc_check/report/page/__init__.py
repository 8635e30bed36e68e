"""A report as one HTML page that needs nothing else: no script, no file, no network."""

from __future__ import annotations

from pathlib import Path

from vpc_check.report.page.markup import Markup, tag
from vpc_check.report.page.sections import sections
from vpc_check.report.report import Report

_HERE = Path(__file__).parent
_HEADLINES = {
    "fine": "No problems found",
    "doubtful": "Nothing is certainly broken; something may be",
    "broken": "Something is broken",
}


def render(report: Report) -> str:
    """Return the page. Names from AWS and from events are text in it, never markup."""
    analysis = report.analysis
    title = f"VPC check of {report.title}"
    where = (analysis.facts.vpc.get("VpcId", "no VPC"), analysis.facts.region)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        # Nothing may be loaded, nothing may run.
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'",
        ),
        tag("title", title),
        tag("style", Markup((_HERE / "page.css").read_text(encoding="utf-8"))),
    )
    body = tag(
        "body",
        tag(
            "header",
            tag("p", "surefoot · vpc_check", class_="brand"),
            tag("h1", title),
            tag("p", _HEADLINES[report.verdict], class_=f"verdict {report.verdict}"),
            tag("p", " · ".join(map(str, where)), class_="quiet"),
        ),
        tag("main", *sections(report)),
    )
    return "<!doctype html>\n" + tag("html", head, body, lang="en") + "\n"

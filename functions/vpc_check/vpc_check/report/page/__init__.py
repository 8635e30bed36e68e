"""A report as one HTML page that needs nothing else: no script, no file, no network."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from vpc_check.report.page.view import view
from vpc_check.report.report import Report

_HERE = Path(__file__).parent


def render(report: Report, now: datetime | None = None) -> str:
    """Return the page. Names from AWS and from events are text in it, never markup.

    :param now: when the check ran; by default now
    """
    shown = view(report, now or datetime.now(timezone.utc))
    return _template().render(page=shown, css=_css())


@cache
def _template() -> Template:
    # Everything is escaped but the style sheet, which is a file of this package.
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    return environment.get_template("page.html.j2")


def breakable(text: str) -> Markup:
    """Let a host name or URL break behind a dot or a slash, and not within a word."""
    escaped = str(escape(text))
    return Markup(re.sub(r"(?<=[./])(?=[A-Za-z])", "<wbr>", escaped))  # noqa: S704


@cache
def _css() -> Markup:
    return Markup((_HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704

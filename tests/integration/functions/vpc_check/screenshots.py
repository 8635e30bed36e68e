"""Take the README's pictures of the page: `python -m …screenshots FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from tests.support.browser import browser
from tests.unit.functions.vpc_check.samples import eight
from vpc_check.report.page import render

PICTURES = (("wide", 1280, "light"), ("dark", 1280, "dark"), ("phone", 390, "light"))
MAX_HEIGHT = 1800
NOW = datetime(2026, 11, 26, 7, 0, tzinfo=timezone.utc)


def main(folder: Path) -> None:
    """Write page-wide.png, page-dark.png and page-phone.png."""
    with tempfile.TemporaryDirectory() as scratch, browser() as chromium:
        page = Path(scratch) / "page.html"
        page.write_text(render(eight(), NOW), encoding="utf-8")
        for name, width, scheme in PICTURES:
            chromium.open(page, width, 600, scheme)
            height = int(chromium.run("return document.documentElement.scrollHeight"))
            chromium.open(page, width, min(height, MAX_HEIGHT), scheme)
            chromium.screenshot(folder / f"page-{name}.png")
            print(f"page-{name}.png: {width} x {min(height, MAX_HEIGHT)} of {height} pixels")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

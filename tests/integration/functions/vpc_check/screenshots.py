"""Take the README's pictures of the page: `python -m …screenshots FOLDER`.

The page is one that the function made: see real_page.py, which needs root and iproute2.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.integration.functions.vpc_check.real_page import make_reports
from tests.support.browser import browser

PICTURES = (("wide", 1280, "light"), ("dark", 1280, "dark"), ("phone", 390, "light"))
MAX_HEIGHT = 1800


def main(folder: Path) -> None:
    """Write page-wide.png, page-dark.png and page-phone.png."""
    with tempfile.TemporaryDirectory() as scratch, browser() as chromium:
        make_reports(Path(scratch))
        page = Path(scratch) / "page.html"
        for name, width, scheme in PICTURES:
            chromium.open(page, width, 600, scheme)
            height = int(chromium.run("return document.documentElement.scrollHeight"))
            chromium.open(page, width, min(height, MAX_HEIGHT), scheme)
            chromium.screenshot(folder / f"page-{name}.png")
            print(f"page-{name}.png: {width} x {min(height, MAX_HEIGHT)} of {height} pixels")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The page in Chromium: everything is on it, readable in every form it is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.surefoot_tools.profile.test_page_in_a_browser import CONTRAST
from tests.support.browser import Browser, browser
from tests.unit.functions.vpc_check.samples import (
    DATABASE,
    FINE,
    HOSTILE,
    WEB,
    broken,
    crowded,
    hostile,
)
from vpc_check.findings import merged
from vpc_check.report.page import render
from vpc_check.report.report import Report

# The same of the letters in drawings, which are filled and stand on their article.
CONTRAST_OF_DRAWINGS = (
    CONTRAST.replace("h1, h2, p, dt, dd, li, td, th, span, code, .bar", "svg text")
    .replace("!node.innerText", "!node.textContent")
    .replace("getComputedStyle(node).color)", "getComputedStyle(node).fill)")
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def shown(chromium: Browser, tmp_path: Path) -> Iterator[Browser]:
    """The page of a broken network on a desktop; it must leave the console empty."""
    (tmp_path / "page.html").write_text(render(broken()), encoding="utf-8")
    chromium.open(tmp_path / "page.html", 1280, 900, "light")
    yield chromium
    assert chromium.errors() == []


def text(browser: Browser, selector: str) -> str:
    return str(browser.run(f"return document.querySelector({json.dumps(selector)}).innerText"))


def count(browser: Browser, selector: str) -> int:
    return int(browser.run(f"return document.querySelectorAll({json.dumps(selector)}).length"))


def test_every_part_of_the_report_is_shown(shown: Browser) -> None:
    assert text(shown, "h1") == "VPC check of orders"
    assert text(shown, ".verdict") == "Something is broken"
    headings = "return [...document.querySelectorAll('h2')].map(each => each.innerText)"
    assert shown.run(headings) == ["Paths", "Findings", "Probes", "Capacity"]
    assert count(shown, ".findings li") == len(merged(broken().findings))
    assert count(shown, "#probes tbody tr") == 3
    assert count(shown, "#capacity tbody tr") == 2
    assert "Obsolete since September 2019" in text(shown, "#capacity")


def test_each_target_has_a_drawing_from_each_subnet(shown: Browser) -> None:
    titles = shown.run("return [...document.querySelectorAll('h3')].map(each => each.innerText)")
    assert titles == [WEB, DATABASE, FINE]
    assert count(shown, "svg") == 6  # from two subnets
    assert count(shown, "#paths article:nth-of-type(1) .hop.broken") == 2


def test_the_path_breaks_at_its_hop_and_what_follows_is_not_reached(shown: Browser) -> None:
    script = (
        "return [...document.querySelectorAll('article')[1].querySelector('svg')"
        ".querySelectorAll('.hop')].map(hop => hop.getAttribute('class'))"
    )
    states = [words.split()[1] for words in shown.run(script)]
    assert states == ["ok", "ok", "ok", "ok", "ok", "broken", "beyond"]
    dashed = "return getComputedStyle(document.querySelector('.cut')).strokeDasharray"
    assert shown.run(dashed) != "none"


@pytest.mark.parametrize("report", [broken(), crowded()], ids=["broken", "crowded"])
def test_labels_lie_within_their_drawing_and_over_no_other(
    chromium: Browser, tmp_path: Path, report: Report
) -> None:
    (tmp_path / "page.html").write_text(render(report), encoding="utf-8")
    chromium.open(tmp_path / "page.html", 1280, 900, "light")
    outside = """
      const poor = [];
      for (const svg of document.querySelectorAll('svg')) {
        const frame = svg.getBoundingClientRect();
        let below = frame.top;
        for (const text of svg.querySelectorAll('text')) {
          const box = text.getBoundingClientRect();
          const out = box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
          if (out || box.top < below - 4) poor.push(text.textContent);
          below = box.bottom;
        }
      }
      return poor;
    """
    assert chromium.run(outside) == []
    assert chromium.errors() == []


def test_a_drawing_tells_in_words_what_it_shows(shown: Browser) -> None:
    label = "return document.querySelector('svg').getAttribute('aria-labelledby')"
    title, described = str(shown.run(label)).split()
    assert shown.run("return document.querySelector('svg').getAttribute('role')") == "img"
    by_id = "return document.getElementById('{}').textContent"
    assert shown.run(by_id.format(title)) == f"Path to {WEB} from subnet-a"
    words = shown.run(by_id.format(described))
    assert "route table · no route rtb-private: the path breaks here" in words
    assert "NO_ROUTE_TO_DESTINATION" in words


def test_the_document_is_structured_for_those_who_do_not_see_it(shown: Browser) -> None:
    assert shown.run("return document.documentElement.lang") == "en"
    assert count(shown, "main") == 1
    unnamed = "return [...document.querySelectorAll('section')].filter(each =>"
    unnamed += " !document.getElementById(each.getAttribute('aria-labelledby'))).length"
    assert shown.run(unnamed) == 0
    assert count(shown, "table:not(:has(caption))") == 0
    assert count(shown, "th:not([scope])") == 0
    ids = shown.run("return [...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_a_wide_table_is_scrolled_with_the_keyboard(shown: Browser) -> None:
    shown.press("Tab")
    assert shown.run("return document.activeElement.getAttribute('role')") == "region"
    style = "return getComputedStyle(document.activeElement).outlineStyle"
    assert shown.run(style) == "solid"


def test_it_needs_no_script_and_loads_nothing(shown: Browser) -> None:
    assert count(shown, "script") == 0
    assert shown.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
    page = render(broken())
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []


def test_names_are_text_and_never_markup(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(render(hostile()), encoding="utf-8")
    chromium.open(tmp_path / "page.html", 1280, 900, "light")
    assert chromium.run("return document.images.length") == 0
    assert chromium.run("return document.title") == f"VPC check of {HOSTILE}"
    assert HOSTILE in text(chromium, "h3")
    assert chromium.errors() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 740)])
def test_it_is_readable_in_every_scheme_and_on_a_phone(
    chromium: Browser, tmp_path: Path, scheme: str, width: int, height: int
) -> None:
    (tmp_path / "page.html").write_text(render(broken()), encoding="utf-8")
    chromium.open(tmp_path / "page.html", width, height, scheme)
    assert chromium.run("return document.documentElement.scrollWidth") == width
    assert chromium.run(CONTRAST) == []
    assert chromium.run(CONTRAST_OF_DRAWINGS) == []
    dark = chromium.run("return getComputedStyle(document.body).backgroundColor") < "rgb(2"
    assert dark == (scheme == "dark")
    assert chromium.errors() == []

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
    HOSTILE,
    WEB,
    broken,
    crowded,
    eight,
    hostile,
    many_causes,
)
from vpc_check.report.page import render
from vpc_check.report.page.names import Names
from vpc_check.report.page.view import find_causes
from vpc_check.report.report import Report


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


NAMES = Names(broken().analysis.facts)


def _open(browser: Browser, folder: Path, report: Report, width: int = 1280) -> None:
    (folder / "page.html").write_text(render(report), encoding="utf-8")
    browser.open(folder / "page.html", width, 900, "light")


def count(browser: Browser, selector: str) -> int:
    return int(browser.run(f"return document.querySelectorAll({json.dumps(selector)}).length"))


def test_every_part_of_the_report_is_shown(shown: Browser) -> None:
    assert text(shown, "h1") == "VPC check of orders"
    assert text(shown, ".verdict") == "Something is broken"
    headings = "return [...document.querySelectorAll('h2')].map(each => each.innerText)"
    assert shown.run(headings) == ["Summary", "Paths", "Capacity"]
    assert count(shown, "#summary tbody tr") == 3
    assert count(shown, "#findings tbody tr") == len(find_causes(broken().findings, NAMES))
    assert count(shown, "#probes tbody tr") == 3
    assert count(shown, "#capacity tbody tr") == 2
    capacity = "return document.querySelector('#capacity').closest('section').innerText"
    assert "Obsolete since September 2019" in shown.run(capacity)
    not_looked_at = "return document.querySelector('#unknown').textContent"
    assert "the quota of Lambda interfaces in a VPC" in shown.run(not_looked_at)
    place = text(shown, ".place")
    assert "123456789012, eu-west-1" in place
    assert "subnet-a (eu-west-1a, 10.0.1.0/24)" in place
    assert re.search(r"Checked\s+\d{4}-\d\d-\d\d \d\d:\d\d UTC", place)


def test_the_summary_comes_first_and_leads_to_the_cause(shown: Browser) -> None:
    first = "return document.querySelector('main section').getAttribute('aria-labelledby')"
    assert shown.run(first) == "summary-heading"
    row = "return [...document.querySelector('#summary tbody tr').children].map(c => c.innerText)"
    target, verdict, probe, cause = shown.run(row)
    assert (target, verdict, probe) == (WEB, "broken", "dropped")
    assert "rtb-private" in cause
    link = "return document.querySelector('#summary a.ref').getAttribute('href')"
    assert "rtb-private has no route" in text(shown, str(shown.run(link)))


def test_every_link_leads_to_one_place_on_the_page(shown: Browser) -> None:
    poor = """
      return [...document.querySelectorAll('a')].filter(
        each => !document.getElementById(each.getAttribute('href').slice(1))).length
    """
    assert shown.run(poor) == 0
    ids = shown.run("return [...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_a_cause_is_described_once_at_the_hop_where_the_path_breaks(shown: Browser) -> None:
    script = """
      return [...document.querySelectorAll('.callout[id]')].map(each => {
        const drawing = each.closest('.drawing');
        const number = each.id.slice('cause-'.length);
        const hops = [...drawing.querySelectorAll('.hop')];
        const at = hops.filter(
          hop => [...hop.querySelectorAll('.ref')].some(ref => ref.innerText == number));
        const box = each.getBoundingClientRect();
        const middle = at[0].getBoundingClientRect();
        return at.length == 1 && box.top >= middle.bottom && box.left <= middle.right;
      })
    """
    found = shown.run(script)
    assert found
    assert all(found)
    texts = "return [...document.querySelectorAll('.message')].map(each => each.innerText)"
    said = shown.run(texts)
    assert len(said) == len(set(said))


def test_paths_that_are_alike_are_one_drawing(chromium: Browser, tmp_path: Path) -> None:
    _open(chromium, tmp_path, eight())
    assert len(eight().paths) > 20
    assert count(chromium, ".drawing") < 9
    headings = "return [...document.querySelectorAll('.drawing h3')].map(each => each.innerText)"
    together = [each for each in chromium.run(headings) if "https://api.stripe.com" in each]
    assert any("https://example.com" in each for each in together)


def test_paths_without_a_problem_are_folded(chromium: Browser, tmp_path: Path) -> None:
    _open(chromium, tmp_path, eight())
    assert chromium.run("return document.getElementById('fine').open") is False
    height = "return document.querySelector('#fine').getBoundingClientRect().height"
    assert chromium.run(height) < 60
    assert count(chromium, "#fine .hop.broken, #fine .hop.doubtful") == 0


@pytest.mark.parametrize("report", [eight(), many_causes()], ids=["eight", "many causes"])
def test_eight_targets_from_three_subnets_take_two_screens_at_most(
    chromium: Browser, tmp_path: Path, report: Report
) -> None:
    assert len(report.analysis.function.subnets) == 3
    assert len(report.analysis.destinations) == 8
    _open(chromium, tmp_path, report)
    assert chromium.run("return document.documentElement.scrollHeight") <= 2 * 900


@pytest.mark.parametrize("report", [broken(), crowded(), eight()], ids=["broken", "crowded", "8"])
@pytest.mark.parametrize("width", [1920, 1280])
def test_hops_are_side_by_side_and_their_words_within_them(
    chromium: Browser, tmp_path: Path, report: Report, width: int
) -> None:
    _open(chromium, tmp_path, report, width)
    outside = """
      const poor = [];
      for (const list of document.querySelectorAll('#paths-heading ~ .drawing .hops')) {
        let left = -1;
        for (const hop of list.querySelectorAll('.hop')) {
          const frame = hop.getBoundingClientRect();
          if (!frame.width) continue;
          if (frame.left <= left) poor.push('not to the right: ' + hop.innerText);
          left = frame.right;
          for (const part of hop.querySelectorAll('span:not(.hidden)')) {
            const box = part.getBoundingClientRect();
            if (box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
              poor.push(part.innerText);
          }
        }
      }
      return poor;
    """
    assert chromium.run(outside) == []
    assert chromium.errors() == []


def test_on_a_phone_targets_and_hops_are_cards_one_below_the_other(
    chromium: Browser, tmp_path: Path
) -> None:
    _open(chromium, tmp_path, broken(), 390)
    tops = "return [...document.querySelectorAll('.drawing')[0].querySelectorAll('.hop')].map("
    found = chromium.run(f"{tops}each => each.getBoundingClientRect().top)")
    assert found == sorted(set(found))
    display = "return getComputedStyle(document.querySelector('#summary tbody tr')).display"
    assert chromium.run(display) == "block"


def test_a_drawing_says_in_words_what_it_shows(shown: Browser) -> None:
    words = shown.run("return document.querySelector('.hops').getAttribute('aria-label')")
    assert "route table rtb-private (breaks here)" in words
    assert words.startswith("function orders → security groups sg-fn →")


def test_the_document_is_structured_for_those_who_do_not_see_it(shown: Browser) -> None:
    assert shown.run("return document.documentElement.lang") == "en"
    assert count(shown, "main") == 1
    unnamed = "return [...document.querySelectorAll('section')].filter(each =>"
    unnamed += " !document.getElementById(each.getAttribute('aria-labelledby'))).length"
    assert shown.run(unnamed) == 0
    assert count(shown, "table:not(:has(caption))") == 0
    assert count(shown, "th:not([scope])") == 0


def test_everything_is_reached_with_the_keyboard(shown: Browser) -> None:
    shown.press("Tab")
    assert shown.run("return document.activeElement.getAttribute('role')") == "region"
    style = "return getComputedStyle(document.activeElement).outlineStyle"
    assert shown.run(style) == "solid"
    shown.run("document.querySelector('#findings summary').focus()")
    shown.press("Enter")
    assert shown.run("return document.querySelector('#findings').open") is True


def test_a_printed_page_shows_what_is_folded(chromium: Browser, tmp_path: Path) -> None:
    _open(chromium, tmp_path, broken())
    before = chromium.run("return document.querySelector('#findings').offsetHeight")
    chromium.devtools("Emulation.setEmulatedMedia", {"media": "print"})
    after = chromium.run("return document.querySelector('#findings').offsetHeight")
    background = chromium.run("return getComputedStyle(document.body).backgroundColor")
    chromium.devtools("Emulation.setEmulatedMedia", {"media": ""})
    assert after > before + 50
    assert background == "rgb(255, 255, 255)"


def test_it_needs_no_script_and_loads_nothing(shown: Browser) -> None:
    assert count(shown, "script") == 0
    assert shown.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
    page = render(broken())
    assert re.findall(r"(?:src|url)\s*[=(]|href=\"[^#]", page) == []


def test_names_are_text_and_never_markup(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(render(hostile()), encoding="utf-8")
    chromium.open(tmp_path / "page.html", 1280, 900, "light")
    assert chromium.run("return document.images.length") == 0
    assert chromium.run("return document.title") == f"VPC check of {HOSTILE}"
    assert HOSTILE in text(chromium, "#summary tbody th")
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
    dark = chromium.run("return getComputedStyle(document.body).backgroundColor") < "rgb(2"
    assert dark == (scheme == "dark")
    assert chromium.errors() == []

"""The page in Chromium: it draws itself without an error, in every form it is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from surefoot_tools.profile import model, page
from tests.support.browser import Browser, browser
from tests.unit.surefoot_tools.profile.profiles import PROFILE, row

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
PROFILE_SHOWN = replace(
    PROFILE,
    imports=[
        row("encodings", 2.0, stage="interpreter", begin_ms=3.0, area="interpreter"),
        row("app", 10.0, begin_ms=16.0, cumulative_ms=60.0, bytecode="missing", compile_ms=2.0),
        row(
            "lib", 20.0, begin_ms=20.0, parent=1, depth=1, area="packages", chain=["app (app.py:1)"]
        ),
        row(HOSTILE, 30.0, begin_ms=45.0, parent=1, depth=1, path=f"/task/{HOSTILE}.py"),
        row("html", 5.0, stage="call", begin_ms=92.0, area="interpreter"),
    ],
    files=[model.File("/task/app.py", 1234567, "read", "init")],
    advice=[model.Advice("SP101", "warning", HOSTILE, "type `RUN it`", 2.0, ["app"])],
    notes=["Take note."],
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def shown(chromium: Browser, tmp_path: Path) -> Iterator[Browser]:
    """The page of PROFILE_SHOWN on a desktop; it must leave the console empty."""
    (tmp_path / "page.html").write_text(page.render(PROFILE_SHOWN), encoding="utf-8")
    chromium.open(tmp_path / "page.html", 1280, 900, "light")
    yield chromium
    assert chromium.errors() == []


def text(browser: Browser, selector: str) -> str:
    return str(browser.run(f"return document.querySelector({json.dumps(selector)}).innerText"))


def focused(browser: Browser) -> str:
    return str(browser.run("return document.activeElement.getAttribute('aria-label')"))


def test_everything_of_the_profile_is_shown(shown: Browser) -> None:
    assert text(shown, "h1") == "Cold start of app.handler"
    assert "75.0 ms" in text(shown, "#cards")
    assert text(shown, "#advice .head").split() == ["warning", "SP101", "up", "to", "2.00", "ms"]
    assert text(shown, "#advice code") == "RUN it"
    assert "Take note." in text(shown, "#notes")
    assert shown.run("return document.querySelectorAll('.bar').length") == 4 + 5
    assert shown.run("return document.querySelectorAll('#imports tbody tr').length") == 5
    assert text(shown, "#count") == "5 of 5 imports"
    assert "1 files" in text(shown, "#files-summary")


def test_names_are_text_and_never_markup(shown: Browser) -> None:
    assert shown.run("return document.images.length") == 0
    assert shown.run("return document.title") == "Cold start of app.handler"
    assert HOSTILE in text(shown, "#imports tbody")
    assert text(shown, "#advice p") == HOSTILE


def test_nothing_is_loaded_from_elsewhere(shown: Browser) -> None:
    assert shown.run("return performance.getEntriesByType('resource').map(e => e.name)") == []


def test_bars_stand_where_their_times_are(shown: Browser) -> None:
    ratios = shown.run(
        "const whole = document.getElementById('bars').clientWidth;"
        "return [...document.querySelectorAll('.bar')].map(bar =>"
        " [bar.offsetLeft / whole * 100, bar.offsetWidth / whole * 100])"
    )
    expected = [(s.begin_ms, s.end_ms - s.begin_ms) for s in PROFILE_SHOWN.stages]
    expected += [(each.begin_ms, each.cumulative_ms) for each in PROFILE_SHOWN.imports]
    for ratio, times in zip(ratios, expected, strict=True):
        assert ratio == pytest.approx(times, abs=0.3)


def test_the_timeline_is_walked_and_zoomed_with_keys(shown: Browser) -> None:
    shown.run("document.getElementById('whole').previousElementSibling.focus()")
    shown.press("Tab")
    assert focused(shown) == "Handler init, 75.0 ms"  # what takes longest is chosen at first
    shown.press("ArrowDown", "ArrowDown", "ArrowRight")
    assert focused(shown) == f"{HOSTILE}, 30.0 ms"
    assert "itself 30.0 ms" in text(shown, "#detail")
    shown.press("ArrowLeft")
    assert focused(shown) == "lib, 20.0 ms"
    assert "← app (app.py:1)" in text(shown, "#detail")
    shown.press("Enter")
    assert text(shown, "#zoomable") == "20.0 ms to 40.0 ms of 100.0 ms"
    assert shown.run(
        "return document.activeElement.offsetWidth === document.getElementById('bars').clientWidth"
    )
    shown.press("ArrowUp", "Escape")
    assert focused(shown) == "app, 60.0 ms"
    assert text(shown, "#zoomable") == ""


def test_only_one_bar_is_in_the_tab_order_and_focus_is_visible(shown: Browser) -> None:
    assert shown.run("return document.querySelectorAll('.bar[tabindex=\"0\"]').length") == 1
    shown.press("Tab")
    assert shown.run("return document.activeElement.className") == "skip"
    style = "return getComputedStyle(document.activeElement)"
    assert shown.run(f"{style}.outlineStyle") == "solid"
    assert shown.run(f"{style}.position") == "static"


def test_the_table_is_sorted_and_filtered(shown: Browser) -> None:
    first = "#imports tbody tr td"
    assert text(shown, first) == HOSTILE
    shown.run("document.querySelectorAll('#imports th button')[2].click()")
    assert text(shown, first) == "app"
    assert shown.run("return document.querySelector('th[aria-sort]').innerText") == "Total ms ▾"
    shown.run("document.querySelectorAll('#imports th button')[2].click()")
    assert text(shown, first) == "encodings"
    shown.run("document.getElementById('filter').focus()")
    shown.press(*"APP.PY")
    assert text(shown, "#count") == "1 of 5 imports"
    assert text(shown, first) == "lib"


CONTRAST = """
const light = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (colour !== "rgba(0, 0, 0, 0)") return colour;
  }
  return "rgb(255, 255, 255)";
};
const poor = [];
for (const node of document.querySelectorAll("h1, h2, p, dt, dd, li, td, th, span, code, .bar")) {
  if (!node.innerText || node.closest(":disabled")) continue;
  const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) poor.push(`${node.className || node.tagName} ${ratio.toFixed(1)}`);
}
return poor;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 740)])
def test_it_is_readable_in_every_scheme_and_on_a_phone(
    chromium: Browser, tmp_path: Path, scheme: str, width: int, height: int
) -> None:
    (tmp_path / "page.html").write_text(page.render(PROFILE_SHOWN), encoding="utf-8")
    chromium.open(tmp_path / "page.html", width, height, scheme)
    assert chromium.run("return document.documentElement.scrollWidth") == width
    assert chromium.run(CONTRAST) == []
    dark = chromium.run("return getComputedStyle(document.body).backgroundColor") < "rgb(2"
    assert dark == (scheme == "dark")
    chromium.screenshot(tmp_path / f"{scheme}-{width}.png")
    assert chromium.errors() == []

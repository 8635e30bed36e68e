"""The console in a real browser, with real functions behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
import requests

from rie.emulator.async_queue import AsyncSettings
from rie.emulator.background import BackgroundEmulator
from rie.emulator.schedules import SCHEDULER, Schedule
from rie.emulator.settings import FunctionSettings
from rie.function import Function, find
from tests.integration.rie.emulator.pools import TASKS
from tests.support.browser import Browser, browser

DESKTOP = (1400, 1000)
PHONE = (390, 844)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    functions = [
        FunctionSettings(find("echo")),
        FunctionSettings(Function("failing", TASKS, "app.misbehave"), timeout_s=2),
        FunctionSettings(Function("prints", TASKS, "app.prints")),
    ]
    asynchronous = AsyncSettings(max_age_s=1000)
    with (
        Path(os.devnull).open("wb") as log,
        BackgroundEmulator(functions, logs=log, async_settings=asynchronous) as emulator,
    ):
        begin = datetime(2026, 1, 1, tzinfo=timezone.utc)
        nightly = Schedule("nightly", "echo", SCHEDULER, "cron(0 3 * * ? *)", begin, "Asia/Tokyo")
        emulator.emulator.schedules = [nightly]
        yield emulator.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def page(chromium: Browser, url: str) -> Browser:
    """The console, once it is connected and has its functions."""
    chromium.open(f"{url}/", *DESKTOP, "light")
    chromium.run("localStorage.clear()")
    chromium.open(f"{url}/", *DESKTOP, "light")
    chromium.wait_for("document.querySelector('#function').options.length === 3")
    return chromium


def choose(page: Browser, select: str, value: str) -> None:
    page.run(
        f"const found = document.getElementById('{select}'); found.value = {json.dumps(value)};"
        "found.dispatchEvent(new Event('change'));"
    )


def write(page: Browser, event: str) -> None:
    page.run(
        f"const found = document.getElementById('event'); found.value = {json.dumps(event)};"
        "found.dispatchEvent(new Event('input'));"
    )


def click(page: Browser, element_id: str) -> None:
    page.run(f"document.getElementById('{element_id}').click()")


def wait_for_detail(page: Browser, text: str) -> str:
    """The text of the chosen invocation, once it contains `text`."""
    found = f"document.getElementById('detail').innerText.includes({json.dumps(text)})"
    page.wait_for(found)
    return str(page.run("return document.getElementById('detail').innerText"))


def test_an_event_of_the_function_is_sent_and_its_answer_is_shown(page: Browser) -> None:
    choose(page, "function", "echo")
    choose(page, "source", "event:scheduler.json")
    assert '"source": "aws.scheduler"' in page.run("return document.getElementById('event').value")
    click(page, "invoke")
    text = wait_for_detail(page, "succeeded")
    assert "REPORT RequestId" in text
    assert "got an event from aws.scheduler" in text
    assert '"function": "echo"' in text
    assert page.errors() == []


def test_the_keyboard_alone_sends_an_event(page: Browser) -> None:
    choose(page, "function", "echo")
    page.run("document.getElementById('event').focus()")
    write(page, '{"typed": true}')
    page.press_together("Control", "Enter")
    assert '"typed": true' in wait_for_detail(page, "succeeded")


def test_what_is_not_json_is_not_sent(page: Browser) -> None:
    before = page.run("return document.querySelectorAll('#invocations button').length")
    write(page, "{not json")
    click(page, "invoke")
    assert "The event is not JSON" in page.run(
        "return document.getElementById('problem').textContent"
    )
    assert page.run("return document.activeElement.id") == "event"
    assert page.run("return document.querySelectorAll('#invocations button').length") == before


def test_an_error_is_shown_with_its_stack(page: Browser) -> None:
    choose(page, "function", "failing")
    write(page, '"raise"')
    click(page, "invoke")
    text = wait_for_detail(page, "Function.ValueError")
    assert "ValueError: bad event" in text
    assert "in misbehave" in text


def test_a_time_out_is_shown_while_it_runs_and_after_it(page: Browser) -> None:
    choose(page, "function", "failing")
    write(page, '"hang"')
    click(page, "invoke")
    page.wait_for("document.querySelector('#invocations .running')")
    text = wait_for_detail(page, "timed out")
    assert "Sandbox.Timedout" in text


def test_markup_of_a_function_is_text(page: Browser) -> None:
    choose(page, "function", "echo")
    write(page, '"<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"')
    click(page, "invoke")
    assert "<script>" in wait_for_detail(page, "succeeded")
    assert page.run("return window.hacked === undefined")
    assert page.run("return document.querySelectorAll('#detail img, #detail script').length") == 0


def test_invocations_of_other_callers_appear_as_they_come(page: Browser, url: str) -> None:
    path = f"{url}/2015-03-31/functions/prints/invocations"
    request_id = requests.post(path, data=b"{}", timeout=60).headers["X-Amzn-RequestId"]
    page.wait_for(f"document.querySelector('[data-id=\"{request_id}\"]')")
    page.run(f"document.querySelector('[data-id=\"{request_id}\"]').click()")
    text = wait_for_detail(page, "REPORT")
    assert "and without" in text


def test_a_reload_keeps_the_history(page: Browser, url: str) -> None:
    path = f"{url}/2015-03-31/functions/echo/invocations"
    request_id = requests.post(path, data=b'"kept"', timeout=60).headers["X-Amzn-RequestId"]
    page.wait_for(f"document.querySelector('[data-id=\"{request_id}\"] .succeeded')")
    page.open(f"{url}/", *DESKTOP, "light")
    page.wait_for(f"document.querySelector('[data-id=\"{request_id}\"]')")
    choose(page, "function", "echo")
    choose(page, "source", f"past:{request_id}")
    assert page.run("return document.getElementById('event').value") == '"kept"'


def test_arrows_move_through_the_list(page: Browser, url: str) -> None:
    path = f"{url}/2015-03-31/functions/echo/invocations"
    for _ in range(2):
        last = requests.post(path, data=b"{}", timeout=60).headers["X-Amzn-RequestId"]
    page.wait_for(f"document.querySelector('[data-id=\"{last}\"] .succeeded')")
    page.run("document.querySelector('#invocations button').focus()")
    page.press("ArrowDown")
    assert (
        page.run(
            "return [...document.querySelectorAll('#invocations button')]"
            ".indexOf(document.activeElement)"
        )
        == 1
    )
    page.press("ArrowUp", "Enter")
    wait_for_detail(page, last)


def test_environments_have_lanes_with_their_states(page: Browser, url: str) -> None:
    requests.post(f"{url}/2015-03-31/functions/echo/invocations", data=b"{}", timeout=60)
    page.wait_for("document.querySelector('#lanes rect.frozen')")
    assert page.run("return document.querySelector('#lanes title').textContent").count("echo") >= 1


def test_an_event_that_waits_for_a_retry_is_in_the_queue(page: Browser) -> None:
    choose(page, "function", "failing")
    write(page, '"raise"')
    click(page, "submit")
    page.wait_for("document.getElementById('events').innerText.includes('waits 60 s')")
    assert "attempt 1" in page.run("return document.getElementById('events').innerText")


def test_a_schedule_shows_its_next_times_and_fires_now(page: Browser) -> None:
    page.wait_for("document.querySelector('#times button')")
    text = page.run("return document.getElementById('times').innerText")
    assert "cron(0 3 * * ? *) Asia/Tokyo" in text
    assert text.count("18:00Z") == 5
    page.run("document.querySelector('#times button').click()")
    shown = wait_for_detail(page, "succeeded")
    assert '"source": "aws.scheduler"' in shown
    assert "schedule/default/nightly" in shown


def test_a_page_of_another_origin_fires_nothing(url: str) -> None:
    assert requests.post(f"{url}/console/schedules/0/fire", timeout=60).status_code == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_it_fits_its_window_and_can_be_read(
    page: Browser, url: str, size: tuple[int, int], scheme: str
) -> None:
    page.open(f"{url}/", *size, scheme)
    page.wait_for("document.querySelector('#function').options.length === 3")
    width = page.run("return document.documentElement.scrollWidth")
    assert width <= size[0]
    small = page.run(
        "return [...document.querySelectorAll('button, select')]"
        ".filter((each) => each.offsetHeight && each.offsetHeight < 24).length"
    )
    assert small == 0
    ratios = page.run(_CONTRASTS)
    assert min(ratios) >= 4.5, ratios
    assert page.errors() == []


def test_the_button_switches_the_colours_and_they_are_kept(page: Browser, url: str) -> None:
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = page.run(colour)
    click(page, "scheme")
    dark = page.run(colour)
    assert dark != light
    page.open(f"{url}/", *DESKTOP, "light")
    assert page.run(colour) == dark


def test_it_loads_nothing_from_elsewhere(page: Browser, url: str) -> None:
    loaded = page.run("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert loaded
    assert all(each.startswith((url, "data:")) for each in loaded)


# The contrast of text and its background (WCAG 2), for every element with text of its own.
_CONTRASTS = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const luminance = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map((each) => each / 255)
    .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = parse(getComputedStyle(each).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll('body *')]
  .filter((each) => each.offsetHeight
    && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((each) => {
    const [one, two] = [parse(getComputedStyle(each).color), background(each)].map(luminance);
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  });
"""

"""What the user guide says about trackers: its examples run, its table names what is tested."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest

from tests.integration.compat import test_sentry
from tests.integration.compat.conftest import HERE, Start
from tests.support.process import RUNTIME

GUIDE = RUNTIME / "README.md"
FILES = sorted(HERE.glob("requirements*.in"))

HANDLERS = {
    "function": "def handler(event, context): raise ValueError('boom')",
    "coroutine": """
        import asyncio
        async def handler(event, context):
            await asyncio.sleep(0)
            raise ValueError("boom")
        """,
    "stream": """
        def handler(event, context):
            yield "one"
            raise ValueError("boom")
        """,
    "async stream": """
        async def handler(event, context):
            yield "one"
            raise ValueError("boom")
        """,
}


def example(introduction: str) -> str:
    """The code after a line of the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n{introduction}\n\n")
    assert found, introduction
    code = re.match(r"(?:    .*\n|\n)+", rest)
    assert code is not None
    return textwrap.dedent(code[0])


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_the_example_for_sentry(start: Start, handler: str) -> None:
    source = example("Sentry without its integration (`SENTRY_DSN` is set):")
    function = start(
        source + textwrap.dedent(handler), environ={"SENTRY_DSN": "http://key@HOST:PORT/1"}
    )
    function.call()
    ((error, answered),) = test_sentry.events(function, "event")
    assert (test_sentry.exceptions(error), answered) == ([("ValueError", "boom")], 0)
    assert error["tags"]["request_id"] == function.request_ids[0]


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_the_example_for_opentelemetry(start: Start, handler: str) -> None:
    source = example("OpenTelemetry (`OTEL_EXPORTER_OTLP_ENDPOINT` is set):")
    function = start(
        source + textwrap.dedent(handler),
        "requirements-opentelemetry",
        environ={"OTEL_EXPORTER_OTLP_ENDPOINT": "SINK"},
    )
    function.call()
    (arrival,) = function.sink.wait_for(lambda each: each.path == "/v1/traces")
    assert (b"boom" in arrival.body, b"bench" in arrival.body, arrival.answered) == (True, True, 0)


def test_the_first_example_measures_an_invocation(start: Start) -> None:
    text = GUIDE.read_text(encoding="utf-8").partition("## Hooks around an invocation\n\n")[2]
    code = re.match(r"(?:    .*\n|\n)+", text)
    assert code is not None
    source = """
    import time
    def report(request_id, error): print("reported", request_id, repr(error), flush=True)
    def send_metric(seconds): print("took", seconds < 60, flush=True)
    def handler(event, context): raise ValueError("boom")
    """
    function = start(textwrap.dedent(source) + textwrap.dedent(code[0]), None)
    assert json.loads(function.call())["errorMessage"] == "boom"
    printed = function.log("took True")
    assert f"reported {function.request_ids[0]} ValueError('boom')" in printed


def pins() -> dict[str, str]:
    """The version of each package that is asked for, by its name."""
    found = {}
    for file in FILES:
        lock = file.with_suffix(".txt").read_text()
        for line in file.read_text().splitlines():
            name = re.match(r"[a-z][\w-]*", line)
            if name is None:
                continue
            pinned = re.search(rf"^{name[0]}(?:\[.*\])?==(\S+)", lock, re.MULTILINE)
            assert pinned is not None, name[0]
            found[name[0]] = pinned[1]
    return found


def test_the_table_has_each_package_with_its_version_and_its_test() -> None:
    row = re.compile(r"^\| \[([\w-]+)\]\(([\w./]+)\) \| (\S+) \| .+ \| .+ \|$", re.MULTILINE)
    text = GUIDE.read_text(encoding="utf-8").partition("| works with |")[2].partition("\n\n")[0]
    rows = row.findall(text)
    assert {name: version for name, _, version in rows} == pins()
    for name, link, _ in rows:
        test = Path(GUIDE.parent, link).resolve()
        # Each file says in its docstring which packages it is about.
        head = test.read_text().split('"""')[1].lower()
        assert name.partition("-")[0].removeprefix("aws") in head.replace("new relic", "newrelic")

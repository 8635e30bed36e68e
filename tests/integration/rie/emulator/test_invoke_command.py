"""`rie invoke` against the emulator: the exit codes are those of the official one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rie.emulator.background import BackgroundEmulator
from rie.emulator.settings import FunctionSettings
from rie.function import Function
from rie.local.client import InvocationOutcome, invoke
from tests.integration.rie.emulator.pools import TASKS
from tests.support.rie_command import rie


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An emulator with the one handler that the test names."""
    settings = FunctionSettings(Function("f", TASKS, request.param), timeout_s=5)
    with (
        Path(os.devnull).open("wb") as log,
        BackgroundEmulator([settings], logs=log) as emulator,
    ):
        yield emulator.url


@pytest.mark.parametrize(
    ("url", "event", "code", "said"),
    [
        ("app.echo", '{"errorType": "T", "errorMessage": "ours"}', 0, "succeeded in"),
        ("app.misbehave", '"raise"', 1, "ValueError: bad event"),
        ("app.misbehave", '"too large"', 1, "Function.ResponseSizeTooLarge"),
        ("app.misbehave", '"hang"', 3, "timed out in"),
        ("app.misbehave", '"exit 3"', 4, "Runtime.ExitError"),
        ("broken.handler", "{}", 4, "no import"),
    ],
    indirect=["url"],
)
def test_the_exit_code_says_how_the_invocation_ended(
    url: str, event: str, code: int, said: str
) -> None:
    done = rie("invoke", "--url", url, "--event", event)
    assert done.returncode == code, done.stderr
    assert said in done.stderr.decode()


@pytest.mark.parametrize("url", ["app.meets"], indirect=True)
def test_callers_do_not_wait_for_each_other(url: str, tmp_path: Path) -> None:
    event = b'{"folder": "%b", "count": 2}' % os.fsencode(tmp_path)
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(invoke, url, event) for _ in range(2)]
        results = [each.result() for each in running]
    assert {each.outcome for each in results} == {InvocationOutcome.SUCCEEDED}
    assert results[0].request_id != results[1].request_id

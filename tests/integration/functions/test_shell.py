"""The shell function that is shipped, under the runtime's defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot._runtime.handlers.shell import ShellFunction
from tests.unit.shells import call

SHIPPED = Path(__file__).resolve().parents[3] / "functions" / "shell" / "function.sh"


EVENTS = ['{"a": " /etc/host* "}', '{"scenario": "x", "step": "y  z"}', "[]"]


@pytest.mark.parametrize("event", EVENTS)
def test_it_answers_with_its_event_as_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    monkeypatch.setenv("APP_ENV", "test")
    # In place of the program, which is in the function's image.
    script = tmp_path / "function.sh"
    script.write_text(f"jq() {{ cat >/dev/null; }}; source {SHIPPED}\n")
    assert (
        call(ShellFunction(str(script), "handler"), event.encode())
        == f"Echoing request: '{event}'".encode()
    )

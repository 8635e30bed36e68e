from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.rie.command import rie


def test_the_demo_shows_both_functions_and_ends_with_what_to_type_next() -> None:
    done = rie("demo")
    shown = done.stdout.decode()
    assert done.returncode == 0, shown + done.stderr.decode()
    for text in [
        "-d @functions/echo/events/scheduler.json",
        '"source": "aws.scheduler"',
        "SCENARIO: nightly-scale-down",
        'Echoing request: \'{"scenario": "nightly-scale-down", "step": "stop-replicas"}\'',
        "make run FUNCTION=echo",
    ]:
        assert text in shown
    assert "\033[" not in shown  # not a terminal: no colours


@pytest.mark.parametrize("missing", ["curl", "jq"])
def test_a_missing_tool_is_named_with_its_remedy(tmp_path: Path, missing: str) -> None:
    other = tmp_path / ("jq" if missing == "curl" else "curl")
    other.symlink_to("/bin/true")
    done = rie("demo", environ={"PATH": f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}"})
    assert done.returncode == 1
    assert f"needs {missing}" in done.stderr.decode()
    assert f"apt-get install {missing}" in done.stderr.decode()

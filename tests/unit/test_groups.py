"""Which tests run one after another where tests run two at a time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rie.paths import ROOT
from tests.conftest import group_of


def group(path: str, *fixtures: str) -> str:
    item: Any = SimpleNamespace(path=ROOT / "tests" / path, fixturenames=fixtures)
    return group_of(item)


@pytest.mark.parametrize(
    ("path", "fixtures", "expected"),
    [
        ("image/test_build.py", (), "engine"),
        ("integration/rie/aws/push/test_push.py", (), "engine"),
        ("integration/functions/cdk_deploy/test_sandbox.py", ("image", "engine"), "engine"),
        ("integration/functions/vpc_check/probes/test_time.py", ("network",), "network"),
        ("integration/features/test_logs.py", ("start", "tmp_path"), "integration/features"),
        # Folders of these names elsewhere make nothing with the engine.
        ("unit/rie/aws/test_x.py", (), "unit/rie/aws"),
        ("unit/surefoot_tools/doctor/image/test_elf.py", (), "unit/surefoot_tools/doctor/image"),
    ],
)
def test_what_exists_once_on_a_machine_makes_a_group(
    path: str, fixtures: tuple[str, ...], expected: str
) -> None:
    assert group(path, *fixtures) == expected

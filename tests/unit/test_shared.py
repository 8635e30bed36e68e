"""Which tests run one after another where others run three at a time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rie.paths import ROOT
from tests.conftest import is_shared


@pytest.mark.parametrize(
    ("path", "fixtures", "expected"),
    [
        ("image/test_build.py", (), True),
        ("integration/rie/aws/push/test_push.py", (), True),
        ("integration/functions/cdk_deploy/test_sandbox.py", ("image", "engine"), True),
        ("integration/functions/vpc_check/probes/test_time.py", ("network",), True),
        ("integration/features/test_logs.py", ("start", "tmp_path"), False),
        # Folders of these names elsewhere make nothing with the engine.
        ("unit/rie/aws/test_x.py", (), False),
        ("unit/surefoot_tools/doctor/image/test_elf.py", (), False),
    ],
)
def test_what_exists_once_on_a_machine_is_shared(
    path: str, fixtures: tuple[str, ...], expected: bool
) -> None:
    assert is_shared(make_item(path, fixtures)) is expected


def test_a_test_that_runs_in_containers_is_shared() -> None:
    path, fixtures = "acceptance/test_sandbox.py", ("target", "call")
    assert is_shared(make_item(path, fixtures, "sandbox"))
    assert not is_shared(make_item("acceptance/test_api.py", fixtures))


def make_item(path: str, fixtures: tuple[str, ...], *markers: str) -> Any:
    def get_closest_marker(name: str) -> str | None:
        return name if name in markers else None

    return SimpleNamespace(
        path=ROOT / "tests" / path,
        fixturenames=fixtures,
        get_closest_marker=get_closest_marker,
    )

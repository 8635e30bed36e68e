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
    item: Any = SimpleNamespace(path=ROOT / "tests" / path, fixturenames=fixtures)
    assert is_shared(item) is expected

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import extensions
from tests.unit.surefoot_tools.doctor.trees import places, plant, sound_root, whole


@pytest.mark.parametrize("mode", [0o644, 0o744, 0o751])
def test_catches_an_extension_that_others_cannot_execute(tmp_path: Path, mode: int) -> None:
    root = plant(sound_root(tmp_path / "root"), {"opt/extensions/agent": "#!/bin/sh\n"}, mode)
    assert places(extensions, whole(root), "SF115") == ["/opt/extensions/agent"]


def test_does_not_catch_executables_folders_and_files_elsewhere(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"opt/extensions/agent": "#!/bin/sh\n"}, 0o755)
    plant(root, {"opt/extensions/program": "\x7fELF"}, 0o755)
    plant(root, {"opt/extensions/data/config.json": "", "opt/agent/x": ""}, 0o644)
    assert list(extensions.check(whole(root))) == []


@pytest.mark.parametrize("text", ["", "just text\n", " #!/bin/sh\n", "\ufeff#!/bin/sh\n"])
def test_catches_an_extension_that_the_kernel_cannot_run(tmp_path: Path, text: str) -> None:
    root = plant(sound_root(tmp_path / "root"), {"opt/extensions/agent": text}, 0o755)
    assert places(extensions, whole(root), "SF115") == ["/opt/extensions/agent"]

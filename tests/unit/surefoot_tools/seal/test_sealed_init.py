"""What a seal writes depends on the tree alone, so that a second one changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.sealed_init import SECOND, seal_init


def test_a_layer_that_drops_the_fractions_of_folders_times_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "task" / "app.py"
    source.parent.mkdir()
    source.write_text("x = 1\n")
    os.utime(source.parent, ns=(0, 7 * SECOND + 5))
    facts = InitFacts(modules={"app": str(source)})
    record = str(tmp_path / "record")
    written = Path(seal_init(facts, record).path)
    first = written.read_bytes(), written.stat().st_ino
    os.utime(source.parent, ns=(0, 7 * SECOND))
    seal_init(facts, record)
    assert (written.read_bytes(), written.stat().st_ino) == first

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.sealed_init import seal_init
from tests.unit.surefoot_tools.doctor.checking import codes, in_folder, in_root, write

LIBRARY = "var/lang/lib/python{}.{}".format(*sys.version_info[:2])


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """An image whose init was sealed: two modules and a model."""
    model = "var/lang/botocore/data/endpoints.json"
    write(
        tmp_path,
        {
            f"{LIBRARY}/os.py": "",
            "var/task/app.py": "x = 1\n",
            "var/task/more.py": "",
            model: "{}",
            "var/runtime/here": "",
        },
    )
    task = tmp_path / "var/task"
    facts = InitFacts(
        modules={name: str(task / f"{name}.py") for name in ("app", "more")},
        models=[str(tmp_path / model)],
    )
    path = Path(seal_init(facts, str(tmp_path / "var/runtime/.surefoot-seal")).path)
    # As it is in the image, where the root is /.
    path.write_bytes(path.read_bytes().replace(str(tmp_path).encode(), b""))
    return tmp_path


def test_what_is_as_it_was_sealed_is_no_finding(sealed: Path) -> None:
    assert in_root("stale_seal", sealed) == []


@pytest.mark.parametrize("name", ["var/task/app.py", "var/lang/botocore/data/endpoints.json"])
@pytest.mark.parametrize("change", ["size", "time", "gone"])
def test_a_changed_file_is_found(sealed: Path, name: str, change: str) -> None:
    path = sealed / name
    time = path.stat().st_mtime
    if change == "gone":
        path.unlink()
    elif change == "size":
        path.write_text("{ } # longer\n")
        os.utime(path, (time, time))
    else:
        os.utime(path, (time + 1, time + 1))
    (finding,) = in_root("stale_seal", sealed)
    assert (finding.code, finding.path) == ("SF220", f"/{name}")
    assert "1 of 3 files" in finding.message
    assert f"/{name}" in finding.message
    assert "surefoot seal" in finding.remedy


def test_another_interpreter_and_a_damaged_file_are_found(sealed: Path) -> None:
    path = sealed / "var/runtime/.surefoot-seal.init"
    content = path.read_bytes()
    tag = str(sys.implementation.cache_tag).encode()
    path.write_bytes(content.replace(b"\n" + tag + b"\n", b"\ncpython-39\n"))
    (finding,) = in_root("stale_seal", sealed)
    assert "sealed by cpython-39" in finding.message
    path.write_bytes(content[: len(content) // 2])
    (finding,) = in_root("stale_seal", sealed)
    assert "damaged" in finding.message


def test_nothing_sealed_is_no_finding(tmp_path: Path) -> None:
    write(tmp_path, {f"{LIBRARY}/os.py": ""})
    assert codes(in_root("stale_seal", tmp_path)) == []
    assert in_folder("stale_seal", write(tmp_path / "x", {"app.py": ""})) == []

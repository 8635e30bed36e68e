from __future__ import annotations

import os
import py_compile
import sys
from pathlib import Path

from tests.unit.surefoot_tools.doctor.checking import codes, in_folder, in_root, write

MODE = py_compile.PycInvalidationMode
LIBRARY = "var/lang/lib/python{}.{}".format(*sys.version_info[:2])


def _root(top: Path) -> Path:
    """An image of this interpreter's version, with one module that has no bytecode."""
    write(top, {f"{LIBRARY}/os.py": "", "var/task/app.py": "x = 1\n"})
    return top / "var" / "task" / "app.py"


def _compile(source: Path, mode: MODE) -> Path:
    return Path(py_compile.compile(os.fspath(source), doraise=True, invalidation_mode=mode) or "")


def test_modules_without_bytecode_are_found_at_once_with_count_and_examples(tmp_path: Path) -> None:
    _root(tmp_path)
    write(tmp_path, {f"var/task/pkg/m{number}.py": "x = 1\n" for number in range(70)})
    (finding,) = in_root("stale_bytecode", tmp_path)
    assert (finding.code, finding.path) == ("SF206", "/var/task")
    assert "71 modules" in finding.message
    assert "app.py" in finding.message
    assert "surefoot seal" in finding.remedy


def test_bytecode_by_hash_of_its_source_is_no_finding(tmp_path: Path) -> None:
    app = _root(tmp_path)
    for mode in (MODE.UNCHECKED_HASH, MODE.CHECKED_HASH):
        _compile(app, mode)
        assert in_root("stale_bytecode", tmp_path) == []


def test_bytecode_with_the_time_of_its_source_is_stale_once_that_changes(tmp_path: Path) -> None:
    app = _root(tmp_path)
    _compile(app, MODE.TIMESTAMP)
    assert in_root("stale_bytecode", tmp_path) == []
    os.utime(app, (1, 1))
    assert codes(in_root("stale_bytecode", tmp_path)) == ["SF207"]


def test_changed_sources_are_stale_where_checked_and_wrong_where_not(tmp_path: Path) -> None:
    app = _root(tmp_path)
    for mode, code in ((MODE.CHECKED_HASH, "SF207"), (MODE.UNCHECKED_HASH, "SF211")):
        app.write_text("x = 1\n")
        _compile(app, mode)
        app.write_text("x = 2\n")
        assert codes(in_root("stale_bytecode", tmp_path)) == [code]


def test_bytecode_of_another_python_or_cut_off_is_stale(tmp_path: Path) -> None:
    compiled = _compile(_root(tmp_path), MODE.UNCHECKED_HASH)
    content = compiled.read_bytes()
    for broken in (b"\0\0\r\n" + content[4:], content[:8], b""):
        compiled.write_bytes(broken)
        assert codes(in_root("stale_bytecode", tmp_path)) == ["SF207"]


def test_what_nothing_can_compile_and_what_nobody_imports_is_no_finding(tmp_path: Path) -> None:
    _compile(_root(tmp_path), MODE.UNCHECKED_HASH)
    write(tmp_path, {"var/task/template.py": "{{ x }} =\n", "var/task/my-tool.py": "x = 1\n"})
    assert in_root("stale_bytecode", tmp_path) == []


def test_a_folder_is_compiled_in_the_build_and_no_finding(tmp_path: Path) -> None:
    assert in_folder("stale_bytecode", write(tmp_path, {"app.py": "x = 1\n"})) == []

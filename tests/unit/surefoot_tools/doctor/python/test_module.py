"""What is parsed, and what is too large to be code."""

from __future__ import annotations

from pathlib import Path

from surefoot_tools.doctor.inspection import inspect_folder
from surefoot_tools.doctor.python.module import MAX_SOURCE_BYTES, parse
from surefoot_tools.doctor.shell.commands import MAX_SCRIPT_CHARS, commands
from tests.unit.surefoot_tools.doctor.trees import plant, task

LINE = "1,\n"


def module_of(size: int) -> str:
    return "x = [\n" + LINE * (size // len(LINE)) + "]\n"


def test_a_module_larger_than_code_is_is_not_parsed(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "app.py": "import data, other\ndef handler(event, context):\n    return data.x\n",
            "data.py": module_of(MAX_SOURCE_BYTES) + LINE,
            "other.py": "y = 1\n",
        },
    )
    tree = task(tmp_path).tree
    assert parse(tree, "/var/task/data.py").body is None
    assert parse(tree, "/var/task/data.py").compile_error is None
    assert parse(tree, "/var/task/other.py").body is not None
    assert inspect_folder(str(tmp_path), "app.handler").findings == []


def test_a_handler_in_a_module_larger_than_code_is_believed_to_be_there(tmp_path: Path) -> None:
    source = "def handler(event, context):\n    return 1\n" + module_of(MAX_SOURCE_BYTES)
    plant(tmp_path, {"app.py": source})
    assert inspect_folder(str(tmp_path), "app.handler").findings == []


def test_of_a_huge_script_the_beginning_is_read() -> None:
    whole = "printenv A\n" * (MAX_SCRIPT_CHARS // 11 + 1000)
    count = sum(1 for _ in commands(whole))
    assert MAX_SCRIPT_CHARS // 11 <= count <= MAX_SCRIPT_CHARS // 11 + 1
    assert list(commands("$(" * MAX_SCRIPT_CHARS)) == list(commands("$(" * (MAX_SCRIPT_CHARS // 2)))

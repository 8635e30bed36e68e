"""The script that counts the doctor's errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doctor_figures.__main__ import find_functions, main

HANDLER = "def handler(event, context):\n    return 1\n"


def test_functions_are_found_once_with_the_folder_that_is_their_task_root(tmp_path: Path) -> None:
    files = {
        "one/app.py": HANDLER,
        "copy/app.py": HANDLER,
        "package/__init__.py": "",
        "package/sub/__init__.py": "",
        "package/sub/worker.py": "from package import x\ndef work(event, context): ...\n",
        "folder/__init__.py": "",
        "folder/index.py": "import os\nasync def run(evt, context): ...\n",
        "tests/app.py": HANDLER + "# of a test\n",
        "plain.py": "def handler(self, event): ...\n",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    found = {(str(folder.relative_to(tmp_path)), name) for folder, name in find_functions(tmp_path)}
    assert found == {
        ("copy", "app.handler"),
        (".", "package/sub/worker.work"),
        ("folder", "index.run"),
    }


def test_errors_are_counted_and_syntax_is_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, body in {
        "well": "return 1",
        "broken": "return return",
        "leak": "print(os.environ)",
    }.items():
        (tmp_path / name).mkdir()
        source = f"import os\ndef {name}(event, context):\n    {body}\n"
        (tmp_path / name / "app.py").write_text(source)
    assert main(["functions", str(tmp_path)]) == 0
    *lines, total = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["proved", "SF209", f"{tmp_path}/broken/app.broken"],
        ["to", "read", "SF304"],
    ]
    assert total == "3 functions, 2 with errors (SF209 x 1, SF304 x 1); 1 errors to be read"
    assert main([]) == 2

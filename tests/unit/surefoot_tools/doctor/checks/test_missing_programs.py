from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import missing_programs
from surefoot_tools.doctor.context import CheckContext
from tests.unit.surefoot_tools.doctor.trees import places, plant, sound_root, task, whole

HANDLER = "function.handler"


def image(top: Path, name: str, content: str) -> CheckContext:
    root = plant(sound_root(top), {f"var/task/{name}": content})
    plant(root, {"usr/bin/jq": "", "usr/bin/env": ""}, 0o755)
    return whole(root, f"{Path(name).stem}.handler")


@pytest.mark.parametrize(
    "command",
    ["git clone x", "jq . | aws s3 cp - s3://b", "x=$(gs -v)", "if unzip a; then :; fi", "A=1 gs"],
)
def test_catches_a_program_that_a_script_runs(tmp_path: Path, command: str) -> None:
    context = image(tmp_path, "function.sh", f"handler () {{\n{command}\n}}\n")
    assert places(missing_programs, context, "SF212") == ["/var/task/function.sh:2"]


@pytest.mark.parametrize(
    "call",
    [
        "subprocess.run(['git', 'clone', url])",
        "subprocess.check_output(('aws', '--version'))",
        "os.system('gs -q x.pdf')",
        "subprocess.run(f'x', shell=False) or subprocess.Popen(['unzip', path])",
        "subprocess.run('jq . x | gs', shell=True)",
    ],
)
def test_catches_a_program_that_python_runs(tmp_path: Path, call: str) -> None:
    source = f"import os, subprocess\ndef handler(event, context):\n    {call}\n"
    assert places(missing_programs, image(tmp_path, "main.py", source), "SF212") == [
        "/var/task/main.py:3"
    ]


@pytest.mark.parametrize(
    "script",
    [
        "handler () { jq .; echo x; test -f y && [ a = b ]; helper; local z=1; }\nhelper () { :; }",
        "function help_me { :; }\nhandler () { help_me; }",
        "handler () { command -v git && git status; }",
        ". ./lib.sh\nhandler () { tool; }",
        "PATH=/opt/tool/bin:$PATH\nhandler () { tool; }",
        'handler () { "$TOOL" x; ./own-tool; /opt/x/tool; ${cmd}; }',
        "handler () {\ncase $1 in\n  start|begin) jq . ;;\n  *) echo ;;\nesac\n}",
        'options=(git status\n  aws)\nhandler () { jq "${options[@]}"; }',
        "handler () { [[ -n $a && git == aws ]]; for x in git aws; do echo $x; done; }",
        "handler () { cat <<EOF\ngit clone\nEOF\n} # aws",
    ],
)
def test_does_not_catch_builtins_functions_and_what_nobody_can_know(
    tmp_path: Path, script: str
) -> None:
    context = image(tmp_path, "function.sh", script)
    plant(tmp_path, {"bin/cat": ""}, 0o755)
    context = whole(tmp_path, HANDLER) if "cat" in script else context
    assert places(missing_programs, context, "SF212") == []


@pytest.mark.parametrize(
    "call",
    [
        "subprocess.run(['jq', '.'])",
        "subprocess.run([tool, 'x'])",
        "subprocess.run(['./tool'])",
        "subprocess.run(['tool'], env={'PATH': '/opt/x'})",
        "tool.run(['git'])",
    ],
)
def test_does_not_catch_programs_of_the_image_and_computed_ones(tmp_path: Path, call: str) -> None:
    source = f"import os, subprocess\ndef handler(event, context):\n    {call}\n"
    assert places(missing_programs, image(tmp_path, "main.py", source), "SF212") == []


def test_does_not_catch_anything_in_a_folder_or_in_tests(tmp_path: Path) -> None:
    source = "import os\ndef handler(event, context): os.system('git x')\n"
    assert list(missing_programs.check(task(plant(tmp_path / "f", {"main.py": source})))) == []
    context = image(tmp_path / "root", "tests/test_main.py", source)
    assert list(missing_programs.check(context)) == []

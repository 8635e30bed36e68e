from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import lost_tmp
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, task, whole

HEAD = (
    "import os, shutil, subprocess, tempfile\nfrom pathlib import Path\nOUT = '/tmp/out'\n"
    "import helper\n"
)
FOLDER = {"tmp/out/.keep": "", "tmp/out/deep/.keep": ""}
FILE = {"tmp/model/weights.bin": "x"}


def image(root: Path, source: str, hidden: dict[str, str]) -> Path:
    app = f"{HEAD}def handler(event, context):\n    {source}\n"
    return plant(
        sound_root(root), {**hidden, "var/task/app.py": app, "var/task/helper.py": "import os\n"}
    )


@pytest.mark.parametrize(
    "line",
    [
        "open('/tmp/out/x', 'w')",
        "open(f'{OUT}/x', 'wb').write(b'')",
        "open(os.path.join(OUT, event['name']), mode='a')",
        "Path('/tmp/out/x').write_text('x')",
        "(Path(OUT) / 'x').open('w')",
        "shutil.copy('/var/task/a', '/tmp/out/a')",
        "client.download_file('bucket', 'key', '/tmp/out/x')",
        "os.listdir('/tmp/out')",
        "os.chdir(OUT)",
        "tempfile.mkdtemp(dir=OUT)",
        "open('/tmp/out/x', 'w'); print(OUT); s3.upload_file('/tmp/out/x', 'b', 'k')",
    ],
)
def test_catches_a_folder_that_the_function_uses_and_does_not_make(
    tmp_path: Path, line: str
) -> None:
    [finding] = found(lost_tmp, whole(image(tmp_path, line, FOLDER)), "SF117")
    assert (finding.path, finding.line) == ("/var/task/app.py", 6)
    assert 'os.makedirs("/tmp/out", exist_ok=True)' in finding.remedy


@pytest.mark.parametrize(
    "line",
    [
        "open('/tmp/model/weights.bin', 'rb')",
        "open('/tmp/model/weights.bin')",
        "Path('/tmp/model/weights.bin').read_bytes()",
        "open(os.path.join('/tmp', 'model', 'weights.bin'), 'rb').read()",
    ],
)
def test_catches_a_file_that_the_function_reads(tmp_path: Path, line: str) -> None:
    [finding] = found(lost_tmp, whole(image(tmp_path, line, FILE)), "SF117")
    assert "COPY it below /var/task" in finding.remedy


@pytest.mark.parametrize(
    "line",
    [
        "os.makedirs('/tmp/out', exist_ok=True); open('/tmp/out/x', 'w')",
        "os.makedirs(OUT + '/deep'); open('/tmp/out/x', 'w')",
        "Path(OUT).mkdir(exist_ok=True); open('/tmp/out/x', 'w')",
        "Path('/tmp/out/x').parent.mkdir(); open('/tmp/out/x', 'w')",
        "if not os.path.isdir(OUT): pass\n    open('/tmp/out/x', 'w')",
        "helper.prepare(OUT); open('/tmp/out/x', 'w')",
        "shutil.copytree('/var/task/data', OUT); open('/tmp/out/x', 'w')",
        "subprocess.run(['mkdir', '-p', '/tmp/out']); open('/tmp/out/x', 'w')",
        "os.system('mkdir -p /tmp/out'); open('/tmp/out/x', 'w')",
        "archive.extractall('/tmp/out'); open('/tmp/out/x')",
        "try: open('/tmp/out/x', 'w')\n    except OSError: pass",
        "open('/tmp/x', 'w')",
        "open('/tmp/other/x', 'w')",
        "open(event['path'], 'w')",
        "open('/tmp/out/.keep', 'w') if 0 else os.makedirs('/tmp/out')",
    ],
)
def test_does_not_catch_a_folder_that_the_function_makes_or_may_do_without(
    tmp_path: Path, line: str
) -> None:
    assert found(lost_tmp, whole(image(tmp_path, line, FOLDER)), "SF117") == []


@pytest.mark.parametrize(
    "line",
    [
        "if os.path.exists('/tmp/model/weights.bin'): open('/tmp/model/weights.bin')",
        "client.download_file('b', 'k', '/tmp/model/weights.bin'); os.makedirs('/tmp/model')",
        "open('/var/task/weights.bin')",
        "open('/tmp/weights.bin')",
    ],
)
def test_does_not_catch_a_file_that_the_function_looks_for_or_gets(
    tmp_path: Path, line: str
) -> None:
    assert found(lost_tmp, whole(image(tmp_path, line, FILE)), "SF117") == []


def test_catches_a_shell_function_that_writes_to_the_folder(tmp_path: Path) -> None:
    script = 'handler() {\n  date > /tmp/out/now\n  date >"/tmp/out/deep/now"\n}\n'
    root = plant(sound_root(tmp_path), {**FOLDER, "var/task/function.sh": script})
    context = whole(root, "function.handler")
    assert places(lost_tmp, context, "SF117") == [
        "/var/task/function.sh:2",
        "/var/task/function.sh:3",
    ]
    [first, _] = found(lost_tmp, context, "SF117")
    assert "mkdir -p /tmp/out" in first.remedy
    plant(root, {"var/task/function.sh": f"mkdir -p /tmp/out/deep\n{script}"})
    assert found(lost_tmp, whole(root, "function.handler"), "SF117") == []


def test_does_not_catch_a_folder_without_an_image_or_code_that_lambda_never_runs(
    tmp_path: Path,
) -> None:
    source = "open('/tmp/out/x', 'w')"
    root = image(tmp_path / "root", source, FOLDER)
    assert list(lost_tmp.check(task(root / "var/task", "app.handler"))) == []
    plant(
        root,
        {
            "var/task/app.py": "def handler(event, context): ...\n"
            f"if __name__ == '__main__':\n    {source}\n",
            "var/task/tests/test_app.py": source,
        },
    )
    assert found(lost_tmp, whole(root), "SF117") == []


def test_many_folders_and_uses_are_looked_at_in_time(tmp_path: Path) -> None:
    lines = "; ".join(f"open('/tmp/d{number}/x', 'w')" for number in range(3000))
    looks = "; ".join(f"os.path.exists('/tmp/q{number}')" for number in range(3000))
    hidden = {f"tmp/d{number}/.keep": "" for number in range(3000)}
    found_ones = found(lost_tmp, whole(image(tmp_path, f"{lines}; {looks}", hidden)), "SF117")
    assert len(found_ones) == 100

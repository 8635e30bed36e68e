"""The command as a program: words in, text and exit code out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot_tools import cli
from surefoot_tools.doctor.rules import RULES
from tests.support.popen import Popen
from tests.support.process import RUNTIME
from tests.unit.surefoot_tools.doctor.archives import APP, SOUND, docker_save, layer
from tests.unit.surefoot_tools.doctor.trees import plant, sound_root


def doctor(
    *words: str, cwd: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(RUNTIME), **environ}
    return subprocess.run(
        [sys.executable, "-m", "surefoot_tools.cli", "doctor", *words],
        cwd=cwd,
        env=environment,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A folder with one error and one warning."""
    folder = plant(tmp_path / "function", {"app.py": "", ".env": "A=1\n"})
    plant(folder, {"tool": ""}, 0o4755)
    return folder


def test_a_sound_folder_ends_with_0(tmp_path: Path) -> None:
    ended = doctor(str(plant(tmp_path / "f", {"app.py": ""})))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "no problems found" in ended.stdout


def test_errors_end_with_1_and_each_has_code_place_message_and_remedy(faulty: Path) -> None:
    ended = doctor(str(faulty))
    assert (ended.returncode, ended.stderr) == (1, "")
    lines = ended.stdout.splitlines()
    assert lines[0] == "1 error"
    assert lines[2] == "  SF402  /var/task/.env"
    assert any(line.startswith("    remedy: add .env to .dockerignore") for line in lines)
    assert "1 warning" in lines
    assert lines[-1].startswith(f"{faulty}: 1 error, 1 warning.")


def test_warnings_alone_end_with_0(faulty: Path) -> None:
    (faulty / ".env").unlink()
    ended = doctor(str(faulty))
    assert ended.returncode == 0
    assert "SF109" in ended.stdout


def test_an_ignored_finding_is_shown_with_its_reason(faulty: Path) -> None:
    ended = doctor(str(faulty), "--ignore", "SF402=holds no secret")
    assert ended.returncode == 0
    assert "1 finding ignored" in ended.stdout
    assert "    ignored: holds no secret" in ended.stdout


def test_an_ignore_without_a_reason_is_wrong_usage(faulty: Path) -> None:
    ended = doctor(str(faulty), "--ignore", "SF402")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "SF402 is ignored without a reason" in ended.stderr
    assert "remedy: give one" in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["no/such/folder"],
        ["--tar", "no/such/file"],
        ["--tar", __file__],
        ["--root", __file__],
        ["--explain", "SF999"],
        ["--root", "/", "--tar", "x"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(words: list[str]) -> None:
    ended = doctor(*words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "error: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_word_outside_an_image_it_asks_for_one() -> None:
    if Path("/var/task").is_dir():
        pytest.fail("this test must run on a machine that is no Lambda image")
    ended = doctor()
    assert ended.returncode == 2
    assert "name a function's folder" in ended.stderr


def test_json_has_a_version_and_all_there_is(faulty: Path) -> None:
    ended = doctor(str(faulty), "--json", "--ignore", "SF109=ours")
    data = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert (data["version"], data["failed"], data["target"]) == (1, True, str(faulty))
    assert data["counts"] == {"error": 1, "warning": 0, "note": 0}
    [finding], [ignored] = data["findings"], data["ignored"]
    assert set(finding) == {"code", "severity", "title", "message", "remedy", "path", "line"}
    assert (finding["code"], finding["path"], finding["line"]) == ("SF402", "/var/task/.env", 0)
    assert (ignored["code"], ignored["reason"]) == ("SF109", "ours")
    assert data["checked"] == list(RULES)


def test_a_root_and_a_tar_are_inspected(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"opt/.env": ""})
    assert "SF402  /opt/.env" in doctor("--root", str(root)).stdout
    bad = layer([("opt/.env", b"", 0o644)])
    file = docker_save(tmp_path / "x.tar", [layer(SOUND), layer(APP), bad])
    assert "SF402  /opt/.env" in doctor("--tar", str(file)).stdout


def test_the_handler_can_be_named(tmp_path: Path) -> None:
    folder = plant(tmp_path / "f", {"app.py": "def handler(e, c): ...\n"})
    assert doctor(str(folder), "--handler", "app.handler").returncode == 0
    assert doctor(str(folder), "--handler", "app.handle").returncode == 1


def test_list_shows_every_code_with_its_severity() -> None:
    ended = doctor("--list")
    rows = [line.split(maxsplit=2) for line in ended.stdout.splitlines()]
    assert rows == [[code, rule.severity, rule.title] for code, rule in RULES.items()]


@pytest.mark.parametrize("code", RULES)
def test_explain_is_about_that_code(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    rule = RULES[code]
    assert cli.main(["doctor", "--explain", code.lower()]) == 0
    heading, explanation, remedy, link = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert heading == f"{code} {rule.severity}: {rule.title}"
    assert explanation.replace("\n", " ") == rule.explanation
    assert remedy.replace("\n", " ") == f"Remedy: {rule.remedy}"
    assert link.endswith(f"#{code.lower()}")


def test_sarif_is_written_beside_the_report(faulty: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.sarif"
    ended = doctor(str(faulty), "--sarif", str(file))
    assert ended.returncode == 1
    assert "SF402" in ended.stdout
    assert json.loads(file.read_text())["version"] == "2.1.0"
    unwritable = doctor(str(faulty), "--sarif", str(tmp_path / "no" / "out.sarif"))
    assert unwritable.returncode == 2
    assert "out.sarif" in unwritable.stderr


def test_names_cannot_control_the_terminal(tmp_path: Path) -> None:
    folder = plant(tmp_path / "f", {"\x1b[31m\nred/.env": "", os.fsdecode(b"caf\xe9/.env"): ""})
    ended = doctor(str(folder))
    assert ended.returncode == 1
    assert "\x1b" not in ended.stdout
    assert "\\x1b[31m\\nred/.env" in ended.stdout
    assert "caf\\udce9/.env" in ended.stdout
    assert json.loads(doctor(str(folder), "--json").stdout)["counts"]["error"] == 2


def colours_of(folder: Path, **environ: str) -> bool:
    """Whether it paints on a terminal."""
    import pty

    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    environment |= {"PYTHONPATH": str(RUNTIME), **environ}
    subprocess.run(
        [sys.executable, "-m", "surefoot_tools.cli", "doctor", str(folder)],
        stdout=theirs,
        env=environment,
        timeout=60,
        check=False,
    )
    os.close(theirs)
    output = os.read(ours, 1 << 16)
    os.close(ours)
    assert b"SF402" in output
    return b"\x1b[31m" in output


def test_colours_are_for_terminals_and_end_with_no_color(faulty: Path) -> None:
    assert colours_of(faulty)
    assert not colours_of(faulty, NO_COLOR="1")
    assert "\x1b" not in doctor(str(faulty)).stdout


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    with Popen(
        [sys.executable, "-m", "surefoot_tools.cli", "doctor", "--list"],
        env={**os.environ, "PYTHONPATH": str(RUNTIME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1

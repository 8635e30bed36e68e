"""What is said where no engine answers. These tests need no engine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from rie.images.engine import EngineError, connect, forget_stale, install
from tests.support.popen import Popen


def test_no_engine_names_the_command_that_gets_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/missing.sock")
    with pytest.raises(EngineError, match="no container engine answers") as caught:
        connect()
    assert caught.value.remedy == "run `make engine`"


def test_where_apt_is_missing_says_to_install_docker_another_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="not a Debian system"):
        install(["docker.io"])


def test_the_id_of_a_daemon_that_was_killed_is_forgotten(tmp_path: Path) -> None:
    with Popen(["sleep", "60"]) as other:
        for text in (str(other.pid), "4194305"):  # another program's, and above any process id
            (tmp_path / "docker.pid").write_text(text)
            forget_stale("dockerd", tmp_path / "docker.pid")
            assert not (tmp_path / "docker.pid").exists()
        other.kill()


def test_the_id_of_a_running_daemon_is_kept(tmp_path: Path) -> None:
    daemon = tmp_path / "dockerd"
    shutil.copy("/bin/cat", daemon)
    with Popen[bytes](
        [daemon], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        # The kernel gives a process its new name a moment after Popen returns.
        assert running.stdin
        assert running.stdout
        running.stdin.write(b"x")
        assert running.stdout.read(1) == b"x"
        (tmp_path / "docker.pid").write_text(f"{running.pid}\n")
        forget_stale("dockerd", tmp_path / "docker.pid")
        assert (tmp_path / "docker.pid").exists()
        running.kill()


def test_no_id_or_none_that_is_a_number_is_left_to_the_daemon(tmp_path: Path) -> None:
    forget_stale("dockerd", tmp_path / "docker.pid")
    (tmp_path / "docker.pid").write_text("none\n")
    forget_stale("dockerd", tmp_path / "docker.pid")
    assert (tmp_path / "docker.pid").exists()

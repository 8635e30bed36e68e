"""The shell that holds extensions and runtime together in a container, run here without one."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rie.emulator import shared_container
from rie.emulator.containers import LOG
from rie.emulator.shared_container import _select_programs
from tests.support.popen import Popen

SHELLS = [each for each in ("dash", "bash") if shutil.which(each)]


class Lab:
    """The script with files of this machine, and this end of its FIFOs."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.log = folder / "log"
        self._folder, self._shell = folder, shell
        self._script = shared_container._SCRIPT.replace(LOG, str(self.log))
        self._script = self._script.replace(f">{self.log}", f">>{self.log}")  # a file, no FIFO
        self._script = self._script.replace("/bin/sh", shell)
        names = {"status": shared_container._STATUS, "word": shared_container._WORD}
        for name, path in names.items():
            os.mkfifo(folder / name)
            self._script = self._script.replace(path, str(folder / name))
        self._status = os.open(folder / "status", os.O_RDWR)
        self._word = os.open(folder / "word", os.O_RDWR)
        self._lines: list[str] = []

    def start(self, *extensions: str, runtime: str) -> Popen[bytes]:
        programs = [self._write(f"extension{n}", code) for n, code in enumerate(extensions)]
        self._write("runtime", runtime)
        command = [self._shell, "-c", self._script, "sh", str(len(programs)), *programs]
        return Popen([*command, str(self._folder / "runtime"), "an argument"])

    def say(self, text: str) -> None:
        os.write(self._word, text.encode() + b"\n")

    def read_status(self) -> str:
        while not self._lines:
            self._lines += os.read(self._status, 4096).decode().splitlines()
        return self._lines.pop(0)

    def close(self) -> None:
        os.close(self._status)
        os.close(self._word)

    def _write(self, name: str, code: str) -> str:
        path = self._folder / name
        path.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{code}\n")
        path.chmod(0o755)
        return str(path)


@pytest.fixture(params=SHELLS)
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path, request.param)
    yield made
    made.close()


def test_the_runtime_starts_at_a_word_and_each_end_is_reported(lab: Lab) -> None:
    with lab.start("sys.exit(7)", runtime="print(sys.argv[1]); sys.exit(3)") as shell:
        assert lab.read_status() == "0 7"
        assert not lab.log.read_text()
        lab.say("")
        assert lab.read_status().startswith("pid ")
        assert lab.read_status() == "runtime 3"
    assert (shell.returncode, lab.log.read_text()) == (0, "an argument\n")


def test_the_shell_waits_for_extensions_that_outlive_the_runtime(lab: Lab) -> None:
    outlives = "signal.sigwait({signal.SIGUSR1})"
    announced = f"signal.pthread_sigmask(0, [10]); print(os.getpid(), flush=True); {outlives}"
    with lab.start(announced, runtime="os._exit(0)") as shell:
        lab.say("")
        assert lab.read_status().startswith("pid ")
        assert lab.read_status() == "runtime 0"
        assert shell.poll() is None
        while not lab.log.read_text():
            pass
        os.kill(int(lab.log.read_text()), signal.SIGUSR1)
        assert lab.read_status() == "0 0"
    assert shell.returncode == 0


def test_a_signal_reaches_the_runtime_alone_which_reacts_to_sigint_too(lab: Lab) -> None:
    runtime = (
        "signal.pthread_sigmask(0, [15]); print(signal.getsignal(2).__name__, flush=True); "
        "print(signal.sigwait({15})); sys.exit(5)"
    )
    with lab.start(runtime=runtime) as shell:
        lab.say("")
        _, pid = lab.read_status().split()
        while not lab.log.exists() or "\n" not in lab.log.read_text():
            pass  # it must have blocked the signal
        lab.say(f"TERM {pid}")
        assert lab.read_status() == "runtime 5"
    assert shell.returncode == 0
    assert lab.log.read_text().splitlines()[0] == "default_int_handler"


def test_a_runtime_that_is_killed_is_reported_as_shells_do(lab: Lab) -> None:
    with lab.start(runtime="os.kill(os.getpid(), 9)"):
        lab.say("")
        assert lab.read_status().startswith("pid ")
        assert lab.read_status() == f"runtime {128 + 9}"


def test_programs_of_the_folder_are_extensions_by_their_mode_for_others() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, mode, kind in [
            ("extensions", 0o755, tarfile.DIRTYPE),
            ("extensions/program", 0o755, tarfile.REGTYPE),
            ("extensions/README", 0o644, tarfile.REGTYPE),
            ("extensions/only-root", 0o744, tarfile.REGTYPE),
            ("extensions/linked", 0o777, tarfile.SYMTYPE),
            ("extensions/folder", 0o755, tarfile.DIRTYPE),
            ("extensions/folder/below", 0o755, tarfile.REGTYPE),
        ]:
            member = tarfile.TarInfo(name)
            member.mode, member.type = mode, kind
            archive.addfile(member)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as archive:
        names = [path.rpartition("/")[2] for path in _select_programs(archive)]
    assert names == ["program", "linked"]

"""A read-only ext4 file system that is loaded on demand, block by block, as Lambda loads an image."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True)
class Device:
    """`latency_us`: of a block's first touch; `parallel`: whether blocks are fetched at once."""

    latency_us: int
    parallel: bool = True


class LazyDisk:
    """`image` mounted through `program`, cold, as a context manager; `root` is where it is."""

    def __init__(self, program: Path, image: Path, device: Device, work: Path) -> None:
        self._program = program
        self._image = image
        self._device = device
        self._fuse = work / "fuse"
        self.root = work / "root"
        self._loop = ""

    def __enter__(self) -> LazyDisk:
        for folder in (self._fuse, self.root):
            folder.mkdir(parents=True, exist_ok=True)
        mode = "parallel" if self._device.parallel else "serial"
        options = ["-f", "-o", "max_threads=256,max_idle_threads=256,clone_fd"]
        self._server = subprocess.Popen(
            [self._program, self._image, str(self._device.latency_us), mode, self._fuse, *options],
            stderr=subprocess.DEVNULL,
        )
        while not (self._fuse / "disk").exists():
            if self._server.poll() is not None:
                raise RuntimeError("lazydisk did not start")
            time.sleep(0.005)
        # Direct I/O: the loop device hands requests on as they come, and keeps no copy.
        command = ["losetup", "--find", "--show", "--read-only", "--direct-io=on", self._fuse / "disk"]
        self._loop = _output(command).strip()
        _run("mount", "-t", "ext4", "-o", "ro,noload", self._loop, self.root)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _run("umount", self.root)
        _run("losetup", "--detach", self._loop)
        # The loop device may be let go of a moment later.
        _run("umount", "--lazy", self._fuse)
        self._server.wait()

    def stats(self) -> dict[str, float]:
        numbers: dict[str, float] = json.loads((self._fuse / "stats").read_text())
        return numbers


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)


def _output(command: list[object]) -> str:
    return subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True
    ).stdout

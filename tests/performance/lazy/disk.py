"""A read-only ext4 file system on a disk that is loaded on demand, mounted for one start."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from rie.errors import UserError

HERE = Path(__file__).resolve().parent
_INSTALL = "on Debian, as root: apt-get install gcc pkg-config libfuse3-dev e2fsprogs util-linux"
_PATIENCE = 10.0  # seconds for the file system to appear


@dataclass(frozen=True)
class Device:
    """What a block's first touch costs, in microseconds; may several be fetched at once?"""

    latency_us: int
    parallel: bool = True


def build(target: Path) -> Path:
    """Compile lazydisk to `target`. Raises UserError."""
    if not Path("/dev/fuse").exists():
        raise UserError("there is no /dev/fuse here", "give the container --device /dev/fuse")
    for program in ("gcc", "pkg-config", "mke2fs", "losetup", "mount", "unshare", "chroot"):
        if shutil.which(program) is None:
            raise UserError(f"{program} is missing", _INSTALL)
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "fuse3"], capture_output=True, text=True, check=False
    )
    if flags.returncode:
        raise UserError("the headers of libfuse3 are missing", _INSTALL)
    source = HERE / "lazydisk.c"
    _run("gcc", "-O2", "-Wall", "-Wextra", "-o", target, source, *flags.stdout.split())
    return target


class LazyDisk:
    """`image` seen through `program`, cold, as a context manager; `root` is where it is mounted."""

    def __init__(self, program: Path, image: Path, device: Device, work: Path) -> None:
        self._program = program
        self._image = image
        self._device = device
        self._fuse = work / "fuse"
        self.root = work / "root"

    def __enter__(self) -> LazyDisk:
        for folder in (self._fuse, self.root):
            folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            server = self._serve()
            undo.callback(server.wait)
            # Lazily: the loop device may let go of the file a moment later.
            undo.callback(_run, "umount", "--lazy", self._fuse)
            # Direct I/O: requests go on as they come, and no cache keeps a copy.
            device = _run(
                *("losetup", "--find", "--show", "--read-only", "--direct-io=on"),
                self._fuse / "disk",
            )
            undo.callback(_run, "losetup", "--detach", device)
            _run("mount", "-t", "ext4", "-o", "ro,noload", device, self.root)
            undo.callback(_run, "umount", self.root)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def stats(self) -> dict[str, float]:
        """Tell what was touched so far.

        `blocks` were fetched, in `waves` (times when nothing was under way before), `most` at a
        time; something was under way for `stalled_ms`.
        """
        numbers: dict[str, float] = json.loads((self._fuse / "stats").read_text())
        return numbers

    def _serve(self) -> subprocess.Popen[bytes]:
        mode = "parallel" if self._device.parallel else "serial"
        options = ["-f", "-o", "max_threads=256,max_idle_threads=256,clone_fd"]
        latency = str(self._device.latency_us)
        server = subprocess.Popen([self._program, self._image, latency, mode, self._fuse, *options])
        end = time.monotonic() + _PATIENCE
        while not (self._fuse / "disk").exists():
            if server.poll() is not None or time.monotonic() > end:
                server.kill()
                raise UserError("lazydisk did not start", "run as root, and see its reason above")
            time.sleep(0.005)
        return server


def _run(*command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

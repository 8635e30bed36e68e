"""The root of a small image: the interpreter, the runtime, a function with boto3, a shell."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from rie.errors import UserError
from rie.paths import ROOT
from tests.performance.lab import Lab

RECORD = Path("var/runtime/.surefoot-seal")
_SPARE = 64 << 20  # bytes that the file system has beyond its files, about; its size is a multiple
# As in the base images.
ENVIRONMENT = {
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
    "/var/task:/var/task/lib:/opt/lib",
    "LANG": "en_US.UTF-8",
    "TZ": ":/etc/localtime",
    "HOME": "/tmp",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
}
# Started inside the tree; /proc and /dev are there as in an image build, and go with the command.
_INSIDE = """
mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" || exit
root=$1
shift
exec chroot "$root" "$@"
"""


def make_tree(lab: Lab, tree: Path) -> Path:
    """Lay out the root at `tree`, as an image has it; return it."""
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("bin", "dev", "proc", "tmp", "var"):
        (tree / name).mkdir(parents=True)
    prefix = lab.python.parent.parent
    shutil.copytree(prefix, tree / "var/lang", symlinks=True)
    shutil.copytree(ROOT / "runtime", tree / "var/runtime", ignore=_cached)
    shutil.copy(ROOT / "bootstrap/bootstrap", tree / "var/runtime/bootstrap")
    shutil.copytree(lab.task, tree / "var/task", ignore=_cached)
    shutil.copy("/bin/sh", tree / "bin/sh")
    programs = ["/bin/sh", lab.python, *(tree / "var/lang/lib").glob("*.so*")]
    for library in _libraries([str(program) for program in programs]):
        (tree / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, tree / library[1:])
    options = ["-qf", "--invalidation-mode", "unchecked-hash"]
    run_inside(
        tree, "/var/lang/bin/python3", "-m", "compileall", *options, "/var/task", "/var/runtime"
    )
    run_inside(
        tree,
        "/bin/sh",
        "-c",
        "cd /var/runtime && python3 -m surefoot_tools.seal.start_bundle /var/runtime",
    )
    return tree


def seal(tree: Path, handler: str) -> int:
    """Run ``surefoot seal`` inside the tree; return how many lines the record has."""
    command = (
        f"cd /var/task && PYTHONPATH=/var/runtime python3 -m surefoot_tools.cli seal {handler}"
    )
    run_inside(tree, "/bin/sh", "-c", command)
    return len((tree / RECORD).read_bytes().splitlines())


def make_image(tree: Path, image: Path) -> Path:
    """Write the tree as an ext4 file system, files in the order of their names; return its path."""
    size = sum(path.lstat().st_size + 4096 for path in tree.rglob("*")) + 2 * _SPARE
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(size // _SPARE * _SPARE)
    # Blocks of 4 KiB whatever the size: that of pages, as large file systems have them.
    options = "-q -b 4096 -t ext4 -O ^has_journal -d"
    subprocess.run(["mke2fs", *options.split(), str(tree), str(image)], check=True)
    return image


def run_inside(tree: Path, *command: str) -> None:
    """Run a command in the tree as a step of an image build would. Raises UserError."""
    unshared = ["unshare", "--mount", "sh", "-c", _INSIDE, "sh", str(tree), *command]
    environ = {**ENVIRONMENT, "PATH": f"{ENVIRONMENT['PATH']}:/usr/sbin:/sbin"}
    if subprocess.run(unshared, env=environ, check=False).returncode:
        raise UserError(f"{' '.join(command)[:70]} failed in the tree", "read its reason above")


def _libraries(programs: list[str]) -> set[str]:
    """Return the system's libraries that the programs need: those that are not in the prefix."""
    text = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    # "libc.so.6 => /lib/…/libc.so.6 (0x…)", or for the loader "/lib64/ld-linux… (0x…)".
    return set(re.findall(r"(?m)^\s+(?:\S+ => )?(/(?:usr/)?lib\S+) \(0x", text))


def _cached(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__"]

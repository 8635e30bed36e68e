"""Where another interpreter runs the tests: on this machine, or in a chroot made of Debian's sid.

A chroot needs root and mmdebstrap. Its mounts live in a mount namespace of their own and end with
the command that runs in it, so nothing is left mounted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rie.console import get_stderr_fd, print_progress
from rie.errors import UserError
from rie.images.debian_python import SUITE
from rie.images.debian_python import VERSIONS as CHROOT_VERSIONS
from rie.paths import ROOT

WORK = ROOT / "build" / "pythons"
OLDEST = (3, 10)
_CHECKOUT = "/surefoot"  # inside the chroot
# What the tests call by name, besides the interpreters.
_PACKAGES = (
    "bash",
    "ca-certificates",
    "curl",
    "git",
    "iproute2",
    "iptables",
    "jq",
    "locales",
    "mount",
    "procps",
)
# What builds packages that have no wheel for these versions yet.
_COMPILERS = ("gcc", "g++", "libc6-dev")
# What leads pip and npm to their index and lets them trust it, as this machine is set up.
_SETTINGS = re.compile(
    r"(PIP|NPM_CONFIG)_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(https?|no)_proxy",
    re.IGNORECASE,
)
_CONFIGURATION = ("/etc/hosts", "/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs")
_ENTER = """
set -e
mount --bind "$2" "$2"  # or no test in it could make a mount namespace: its root must be a mount
mount --bind "$1" "$2$3"
mount -t proc proc "$2/proc"
mount --rbind /dev "$2/dev"
mount -t tmpfs tmpfs "$2/tmp"
root=$2 start=$3
shift 3
exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$start" "$@"
"""


@dataclass(frozen=True)
class Place:
    """An interpreter by its version, such as 3.14, and the words that run a program beside it.

    `checkout` is this checkout as seen from there, `python` the interpreter, `into` what precedes
    every command.
    """

    version: str
    python: str
    checkout: str = str(ROOT)
    into: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> str:
        """The folder of its virtual environment, as seen from there."""
        return f"{self.checkout}/{(WORK / self.version).relative_to(ROOT)}"

    @property
    def _path(self) -> str:
        """Where programs are found: as in an activated virtual environment, python3 is its own."""
        return f"{self.venv}/bin:{self.environment['PATH']}"

    def run(
        self, *words: str, capture: bool = False, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout there; its output goes to stderr unless captured."""
        streams = subprocess.PIPE if capture else None
        return subprocess.run(
            [*self.into, *words],
            cwd=ROOT,
            env={**self.environment, "PATH": self._path, **(variables or {})},
            stdout=streams or get_stderr_fd(),
            stderr=streams,
            text=True,
            check=False,
        )


def find(wanted: Sequence[str]) -> Iterator[Place]:
    """Yield the places of these versions; with none named, all that this machine can have.

    Raises UserError for a named version that is neither here nor in the chroot.
    """
    local = dict(_local())
    versions = wanted or sorted({*local, *CHROOT_VERSIONS}, key=lambda text: int(text[2:]))
    chroot: Path | None = None
    for version in versions:
        if version in local:
            yield Place(version, local[version], environment=_environment())
            continue
        if version not in CHROOT_VERSIONS:
            raise UserError(
                f"there is no CPython {version} on this machine, and none is made",
                f"install it, or name one of {', '.join([*local, *CHROOT_VERSIONS])}",
            )
        chroot = chroot or _make_chroot()
        into = ("unshare", "--mount", "--propagation", "private", "sh", "-c", _ENTER, "sh")
        yield Place(
            version,
            f"/usr/bin/python{version}",
            _CHECKOUT,
            (*into, str(ROOT), str(chroot), _CHECKOUT),
            {**_environment(), "HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )


def _local() -> Iterator[tuple[str, str]]:
    """CPython's versions on this machine, each with one interpreter: pyenv's, then PATH's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [Path(name) for name in os.get_exec_path() if not name.endswith("shims")]
    found: dict[str, str] = {}
    for folder in (*sorted(pyenv.glob("versions/*/bin")), *folders):
        for path in folder.glob("python3.*"):
            version = re.fullmatch(r"python3\.(\d+)", path.name)
            if version and (3, int(version[1])) >= OLDEST and os.access(path, os.X_OK):
                found.setdefault(f"3.{version[1]}", str(path))
    yield from found.items()


def _environment() -> dict[str, str]:
    """What the tests get: nothing that happens to be set here but the way to the index."""
    kept = {name: value for name, value in os.environ.items() if _SETTINGS.fullmatch(name)}
    return {
        **{name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ},
        **kept,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Image tests are no part of this: they skip where no engine answers.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    }


def _make_chroot() -> Path:
    """Make the chroot unless it is there already, with these packages: a minute. Return it."""
    root = WORK / SUITE
    kinds = [f"python{version}" for version in CHROOT_VERSIONS]
    packages = [*_PACKAGES, *_COMPILERS, *kinds]
    packages += [f"{name}-{part}" for name in kinds for part in ("venv", "dev")]
    mark = root / "complete"
    if mark.is_file() and mark.read_text().split() == packages:
        return root
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        raise UserError(
            f"CPython {' and '.join(CHROOT_VERSIONS)} need root and mmdebstrap for their chroot",
            "run it as root after `apt-get install mmdebstrap`, or name others: --only 3.13",
        )
    print_progress(f"Making a chroot of Debian's {SUITE} (a minute) …")
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    # A mirror may hold a snapshot whose validity has ended; its signature is checked all the same.
    command = ["mmdebstrap", "--quiet", "--variant=apt", "--format=directory"]
    command += ['--aptopt=Acquire::Check-Valid-Until "false"']
    command += [f"--include={','.join(packages)}", SUITE, str(root)]
    if subprocess.run(command, stdout=get_stderr_fd(), check=False).returncode:
        raise UserError("mmdebstrap failed", "read its reason above")
    _copy_configuration(root)
    (root / _CHECKOUT.lstrip("/")).mkdir()
    mark.write_text("\n".join(packages))
    return root


def _copy_configuration(root: Path) -> None:
    for name in _CONFIGURATION:
        source, target = Path(name), root / name.lstrip("/")
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        elif source.is_file():
            target.unlink(missing_ok=True)
            shutil.copy(source, target)

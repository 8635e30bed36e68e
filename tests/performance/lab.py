"""What all contenders share: an interpreter as in an image, with what they need installed.

An interpreter of this machine is unpacked to a prefix of its own: those of Debian's sid, which the
local image has by default, need a newer C library than a stable system brings. Bytecode is
compiled as bootstrap/prepare does it, for everybody alike; so are the modules of the contenders, in
site-packages, without a .pth file.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rie.console import get_stderr_fd, print_progress
from rie.errors import UserError
from rie.images import interpreter
from rie.paths import ROOT

HERE = Path(__file__).resolve().parent
REQUIREMENTS = Path(__file__).parent / "requirements.txt"
# What the contenders import; the rest of the requirements is the bench's own.
PACKAGES = """
    awslambdaric boto3 botocore certifi charset-normalizer idna jmespath python-dateutil requests
    s3transfer simplejson six snapshot-restore-py urllib3
"""


@dataclass(frozen=True)
class Lab:
    """Where things are: `python`, copies of `runtime` and `task`; `name` tells which Python."""

    python: Path
    runtime: Path
    task: Path
    client: Path | None
    name: str

    @property
    def lib(self) -> Path:
        """The prefix's lib folder."""
        return self.python.parent.parent / "lib"

    @property
    def orjson(self) -> Path:
        """A folder with orjson and nothing else."""
        return self.python.parent.parent / "orjson"

    @property
    def site_packages(self) -> Path:
        """Where the contenders' packages are."""
        return next(self.lib.glob("python3.*")) / "site-packages"


def prepare(build: Path = ROOT / "build" / "bench") -> Lab:
    """Make the lab, or bring it up to date; a minute the first time. Raises UserError."""
    found = interpreter.find()
    prefix = build / f"python-{found.number}"
    stamp = prefix / REQUIREMENTS.name
    if not stamp.exists() or stamp.read_bytes() != REQUIREMENTS.read_bytes():
        print_progress(
            f"Preparing CPython {found.number} and the contenders' packages (a minute) …"
        )
        shutil.rmtree(prefix, ignore_errors=True)
        _unpack(found, build, prefix)
        _install(prefix, PACKAGES.split())
        _install(prefix, ["orjson"], "--target", str(prefix / "orjson"))
        _compile(prefix, prefix / "lib")
        shutil.copy(REQUIREMENTS, stamp)
    for source, target in ((ROOT / "runtime", build / "runtime"), (HERE / "task", build / "task")):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        _compile(prefix, target)
    _run(
        prefix,
        "-m",
        "surefoot_tools.seal.start_bundle",
        str(build / "runtime"),
        cwd=build / "runtime",
    )
    return Lab(
        python=prefix / "bin" / "python3",
        runtime=build / "runtime",
        task=build / "task",
        client=_client(build),
        name=f"CPython {found.number} of this machine, {platform.machine()}",
    )


def environment(lab: Lab, address: str) -> dict[str, str]:
    """The variables of a function in the image; nothing of the caller's."""
    return {
        "PATH": f"{lab.python.parent}:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "LD_LIBRARY_PATH": str(lab.lib),
        "LANG": "en_US.UTF-8",
        "TZ": ":/etc/localtime",
        "HOME": "/tmp",
        "LAMBDA_TASK_ROOT": str(lab.task),
        "LAMBDA_RUNTIME_DIR": str(lab.runtime),
        "SUREFOOT_PYTHON": str(lab.python),
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/02/[$LATEST]0123456789abcdef",
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
    }


def _unpack(found: interpreter.Interpreter, build: Path, prefix: Path) -> None:
    build.mkdir(parents=True, exist_ok=True)
    archive = build / "python.tar.gz"
    interpreter.pack(found, archive)
    with tarfile.open(archive) as tree:
        # Our own archive of a moment ago: nothing in it to be careful of.
        tree.extractall(build / "unpacked")  # noqa: S202
    (build / "unpacked" / "python").rename(prefix)
    (build / "unpacked").rmdir()
    archive.unlink()


def _install(prefix: Path, names: Collection[str], *options: str) -> None:
    blocks = re.split(r"(?m)^(?=[a-z0-9])", REQUIREMENTS.read_text())
    wanted = prefix / "contenders.txt"
    wanted.write_text(
        "".join(block for block in blocks if block.partition("==")[0].partition("[")[0] in names)
    )
    quiet = ["-qq", "--disable-pip-version-check", "--root-user-action=ignore"]
    exact = ["--no-compile", "--no-deps", "--require-hashes", "-r", str(wanted)]
    _run(prefix, "-m", "pip", "install", *quiet, *options, *exact)


def _compile(prefix: Path, tree: Path) -> None:
    options = ["-qf", "-j0", "--invalidation-mode", "unchecked-hash"]
    _run(prefix, "-m", "compileall", *options, str(tree))


def _run(prefix: Path, *arguments: str, cwd: Path | None = None) -> None:
    environ = {**os.environ, "LD_LIBRARY_PATH": str(prefix / "lib"), "PYTHONNOUSERSITE": "1"}
    command = [str(prefix / "bin" / "python3"), *arguments]
    if subprocess.run(
        command, env=environ, cwd=cwd, stdout=get_stderr_fd(), check=False
    ).returncode:
        raise UserError(f"{' '.join(arguments[:4])} failed", "read its reason above")


def _client(build: Path) -> Path | None:
    """The C client, or None where there is no compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        print_progress("No C compiler here: the C client, the loop's limit, is left out.")
        return None
    target = build / "client"
    subprocess.run([compiler, "-O2", "-o", target, HERE / "programs" / "client.c"], check=True)
    return target

"""A stage: an interpreter with the packages of real functions, as pip installs them, and sealed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rie.console import get_stderr_fd, print_progress
from rie.errors import UserError
from rie.images.debian_python import SUITE
from rie.paths import ROOT
from tests.performance.lab import Lab
from tests.pythons import places

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
_SHARED = "until_first_call"
OWN = ("scheduled_scaling", "vpc_check", "eni_cleanup")
# Wheels that a base on al2023 and one on Debian can both load.
_PLATFORMS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
# Written by the sealing program inside the stage, which knows the interpreter.
_SEAL = """
import os, sys
runtime, task, records = sys.argv[1:4]
sys.path[0] = runtime
from surefoot_tools.seal.bytecode import compile_trees
from surefoot_tools.seal.command import record_start
from surefoot_tools.seal.start_bundle import build_start_bundle
from pathlib import Path
compile_trees([task, runtime])
build_start_bundle(Path(runtime))
for name in sys.argv[4:]:
    os.chdir(task)
    try:
        record_start(f"{name}.handler", f"{records}/{name}", 120, event="{}")
        if hasattr(sys, "set_lazy_imports"):
            os.environ["SUREFOOT_LAZY_IMPORTS"] = "1"
            record_start(f"{name}.handler", f"{records}/lazy-{name}", 120, event="{}")
            del os.environ["SUREFOOT_LAZY_IMPORTS"]
    except Exception as error:
        print(f"{name}: {error}", file=sys.stderr)
"""


@dataclass(frozen=True)
class Stage:
    """Paths are as seen below `root`, which is / or that of a chroot.

    :param packed: the task with packages as pip leaves them, with pip's own bytecode
    :param sealed: the same, after ``surefoot seal``
    """

    version: str
    root: Path
    python: str
    top: str

    @property
    def packed(self) -> str:
        """The task with packages as pip leaves them."""
        return f"{self.top}/packed"

    @property
    def sealed(self) -> str:
        """The task after ``surefoot seal``."""
        return f"{self.top}/sealed"

    @property
    def runtime(self) -> str:
        """The directory of the runtime, with its bundle."""
        return f"{self.top}/runtime"

    def path(self, inside: str) -> Path:
        """Return a path of the stage as seen from here."""
        return self.root / inside.lstrip("/")

    def variables(self, task: str, address: str) -> dict[str, str]:
        """Return the variables of a function in the image."""
        prefix = self.python.rpartition("/bin/")[0]
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
            "LD_LIBRARY_PATH": f"{prefix}/lib",
            "LANG": "en_US.UTF-8",
            "HOME": "/tmp",
            "PYTHONDONTWRITEBYTECODE": "1",  # the root of an image is read-only
            "LAMBDA_TASK_ROOT": task,
            "LAMBDA_RUNTIME_DIR": self.runtime,
            "SUREFOOT_PYTHON": self.python,
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/02/[$LATEST]0123456789abcdef",
            "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
            "AWS_REGION": "eu-north-1",
            "AWS_DEFAULT_REGION": "eu-north-1",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }

    def record(self, name: str | None) -> None:
        """Put a function's record and sealed init next to the runtime, or none."""
        for suffix in ("", ".init", ".eager"):
            place = self.path(f"{self.runtime}/.surefoot-seal{suffix}")
            place.unlink(missing_ok=True)
            kept = self.path(f"{self.top}/records/{name}{suffix}")
            if name is not None and kept.exists():
                os.link(kept, place)

    def has(self, name: str) -> bool:
        """Whether the function could be sealed, so that its packages are there."""
        return self.path(f"{self.top}/records/{name}.init").exists()


def functions() -> list[str]:
    """Return the names of the functions: the modules of the task, but for what they share."""
    return sorted({path.stem for path in (HERE / "task").glob("*.py")} - {_SHARED})


def prepare(lab: Lab, versions: Sequence[str]) -> Iterator[Stage]:
    """Make the stages of these versions, or bring them up to date; some minutes the first time.

    A version that this machine cannot have is left out, with its reason on stderr.
    """
    local = ".".join(lab.python.parent.parent.name.removeprefix("python-").split(".")[:2])
    for version in versions:
        try:
            if version == local:
                top = lab.python.parent.parent.parent / f"functions-{version}"
                stage = Stage(version, Path("/"), str(lab.python), str(top))
                run: Mapping[str, str] = {**os.environ, "LD_LIBRARY_PATH": str(lab.lib)}
                _fill(stage, (), run)
            else:
                (place,) = places.find([version])
                stage = _chrooted(version)
                _fill(stage, place.into, place.environment)
        except UserError as error:
            print_progress(f"CPython {version} is left out: {error}")
            continue
        yield stage


def _chrooted(version: str) -> Stage:
    """Return the stage in the chroot, its interpreter in a prefix of its own, as in an image."""
    root = places.WORK / SUITE
    top = f"/opt/bench/{version}"
    prefix = root / top.lstrip("/") / "python"
    if not (prefix / "bin").exists():
        library = Path("lib", f"python{version}")
        left_out = ("__pycache__", "test", "site-packages", "dist-packages", "sitecustomize.py")
        ignored = shutil.ignore_patterns(*left_out)
        shutil.copytree(root / "usr" / library, prefix / library, ignore=ignored)
        (prefix / library / "site-packages").mkdir()
        (prefix / "bin").mkdir()
        shutil.copy(root / "usr" / "bin" / f"python{version}", prefix / "bin" / "python3")
    return Stage(version, root, f"{top}/python/bin/python3", top)


def _fill(stage: Stage, into: Sequence[str], environ: Mapping[str, str]) -> None:
    def run(*words: str, variables: Mapping[str, str] | None = None) -> None:
        # Inside: what leads into the chroot needs its own PATH.
        settings = [f"{name}={value}" for name, value in (variables or {}).items()]
        command = [*into, "/usr/bin/env", *settings, *words]
        done = subprocess.run(
            command, env=environ, cwd=ROOT, stdout=get_stderr_fd(), stderr=None, check=False
        )
        if done.returncode:
            raise UserError(f"{' '.join(words[:3])} failed", "read its reason above")

    top = stage.path(stage.top)
    top.mkdir(parents=True, exist_ok=True)
    packed = stage.path(stage.packed)
    stamp = top / "requirements.txt"
    if not stamp.exists() or stamp.read_bytes() != REQUIREMENTS.read_bytes():
        print_progress(f"Installing the functions' packages for CPython {stage.version} …")
        shutil.rmtree(packed, ignore_errors=True)
        _install(stage.version, packed)
        # What pip does at the end of an installation, with the interpreter of the stage.
        run(stage.python, "-m", "compileall", "-q", "-j0", stage.packed)
        run(stage.python, "-m", "compileall", "-q", "-j0", f"{_prefix(stage)}/lib")
        shutil.copy(REQUIREMENTS, stamp)
    for source in [
        *(HERE / "task").glob("*.py"),
        ROOT / "functions/scheduled_scaling/scenarios.yaml",
    ]:
        shutil.copy(source, packed)
    for name in OWN:
        shutil.rmtree(packed / name, ignore_errors=True)
        shutil.copytree(ROOT / "functions" / name / name, packed / name)
        run(stage.python, "-m", "compileall", "-q", f"{stage.packed}/{name}")
    run(stage.python, "-m", "compileall", "-q", "-l", stage.packed)
    _seal(stage, run)


def _prefix(stage: Stage) -> str:
    return stage.python.rpartition("/bin/")[0]


def _seal(stage: Stage, run: object) -> None:
    for source, name in ((ROOT / "runtime", stage.runtime), (ROOT / "bootstrap", "")):
        target = stage.path(name or f"{stage.top}/bootstrap")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    sealed, records = stage.path(stage.sealed), stage.path(f"{stage.top}/records")
    for folder in (sealed, records):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(stage.path(stage.packed), sealed)
    records.mkdir()
    variables = stage.variables(stage.sealed, "127.0.0.1:9")
    del variables["PYTHONDONTWRITEBYTECODE"]
    words = [stage.runtime, stage.sealed, f"{stage.top}/records", *functions()]
    run(stage.python, "-S", "-c", _SEAL, *words, variables=variables)  # type: ignore[operator]


def _install(version: str, target: Path) -> None:
    """Install what has a wheel for this version; functions that need the rest are left out."""
    wanted = REQUIREMENTS.read_text()
    while True:
        list_path = target.with_name("wanted.txt")
        list_path.write_text(wanted)
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-compile"]
        command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(list_path)]
        command += ["--target", str(target), "--python-version", version, "--implementation", "cp"]
        command += [f"--abi=cp{version.replace('.', '')}", "--abi=abi3", "--abi=none"]
        for platform in _PLATFORMS:
            command += ["--platform", f"{platform}_{os.uname().machine}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        lacking = _lacking(done.stderr)
        if not lacking or f"\n{lacking}==" not in f"\n{wanted}":
            raise UserError(f"pip failed for CPython {version}: {done.stderr[-500:]}", "repeat it")
        print_progress(f"{lacking} has no wheel for CPython {version}: left out")
        wanted = "\n".join(_without(wanted.split("\n"), lacking))


def _lacking(text: str) -> str:
    for line in text.splitlines():
        if "No matching distribution found for " in line:
            return line.rpartition(" for ")[2].partition("==")[0].strip()
    return ""


def _without(lines: Sequence[str], name: str) -> Iterator[str]:
    inside = False
    for line in lines:
        if line and not line[0].isspace() and not line.startswith("#"):
            inside = line.startswith(f"{name}==")
        if not inside:
            yield line

"""The folders below /tmp, the one writable place, in which the CDK works.

The CLI writes cdk.context.json into its directory, locks into an assembly, and leaves files in its
temporary folder: none of that works on the read-only root, or may pile up from one invocation to
the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk_deploy.config import Config

# The CLI writes these two, so they are copied; everything else is a link.
_COPIED = ("cdk.json", "cdk.context.json")
# Only Lambda's runtime needs these.
_DROPPED = ("AWS_LAMBDA_RUNTIME_API", "_HANDLER", "_X_AMZN_TRACE_ID", "_LAMBDA_TELEMETRY_LOG_FD")


@dataclass(frozen=True)
class Workspace:
    """`directory` is where the CLI runs, `app` its --app, `out` where the assembly is found."""

    directory: Path
    app: str
    out: Path
    environment: Mapping[str, str]


def prepare(config: Config, environ: Mapping[str, str], assembly: Path | None = None) -> Workspace:
    """Create the folders again and return them, with the environment of the CLI.

    :param assembly: the one to deploy, instead of the app; it may be the one from the run before
    """
    if assembly is not None and assembly != config.assembly:
        return _reuse(config, environ, assembly)
    directory, out, temporary = (
        config.scratch / name for name in ("cdk.work", "cdk.out", "cdk.tmp")
    )
    for folder in (directory, out, temporary):
        shutil.rmtree(folder, ignore_errors=True)
    temporary.mkdir(parents=True)
    app = config.app
    if config.assembly:
        _copy(config.assembly, out)
        directory.mkdir()
        app = str(out)
    else:
        _mirror(config.app_dir, directory)
    return Workspace(directory, app, out, _environment(config, environ, temporary))


def _reuse(config: Config, environ: Mapping[str, str], assembly: Path) -> Workspace:
    """Return the folders of the run before, to deploy what it has synthesised."""
    directory, temporary = (config.scratch / name for name in ("cdk.work", "cdk.tmp"))
    return Workspace(directory, str(assembly), assembly, _environment(config, environ, temporary))


def _copy(assembly: Path, target: Path) -> None:
    """Copy an assembly; its modes may be those of a read-only image, and locks go into it."""
    shutil.copytree(assembly, target, copy_function=shutil.copyfile)
    for folder in (target, *filter(Path.is_dir, target.rglob("*"))):
        folder.chmod(0o700)


def _mirror(source: Path, target: Path) -> None:
    """Link the app into a writable folder. Python and Node import from next to the real files."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name in _COPIED:
            shutil.copyfile(entry, target / entry.name)
        else:
            (target / entry.name).symlink_to(entry)


def _environment(config: Config, environ: Mapping[str, str], temporary: Path) -> Mapping[str, str]:
    # The CLI takes every CDK_… variable for one of its options: none of ours may reach it.
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _DROPPED and not name.startswith("CDK_")
    }
    task_root = environ.get("LAMBDA_TASK_ROOT", "")
    return {
        **kept,
        # jsii, through which a Python app speaks to the library, starts `node` by its name.
        "PATH": f"{config.node.parent}:{environ.get('PATH', '/usr/bin:/bin')}",
        "PYTHONPATH": ":".join(filter(None, (task_root, environ.get("PYTHONPATH")))),
        "PYTHONDONTWRITEBYTECODE": "1",
        # HOME alone is not enough: the CLI asks the user database, where uid 993 has no home.
        "HOME": str(config.scratch),
        "CDK_HOME": str(config.scratch / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "TMPDIR": str(temporary),
        "NO_COLOR": "1",
    }

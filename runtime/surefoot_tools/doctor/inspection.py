"""Inspects a folder, a root, a saved image or one of the local engine.

Every function raises UserError (exit code 2) if there is nothing to inspect, and OSError.
"""

from __future__ import annotations

import os
import platform
import posixpath
import re
from collections.abc import Mapping, Sequence

from ..console import UserError
from . import internal_findings
from .checks import all_checks
from .context import DEFAULT_BASE, TASK, CheckContext, Image
from .finding import SEVERITIES, Finding, RatedFinding, Result
from .ignores import FILE as IGNORES
from .ignores import Ignore, read_ignores
from .image import archive, dockerignore, engine
from .image.dockerfile import read_cmd
from .image.ownership import above
from .image.programs import is_shell_command
from .image.tree import Tree, from_folder
from .rules import RULES

# Mounted by the kernel or the engine, not part of an image.
_SKIPPED = frozenset(["/proc", "/sys", "/dev"])
# Entry points that take the handler as their last word.
_RUNTIMES = re.compile(r"lambda-entrypoint\.sh|bootstrap|surefoot|awslambdaric")


def inspect_folder(
    folder: str, handler: str = "", ignores: Sequence[Ignore] = (), base: str = DEFAULT_BASE
) -> Result:
    """Inspect a function's folder as the future /var/task, without what .dockerignore excludes.

    Unless it is given, the handler comes from CMD in the folder's Dockerfile. `base` is the image
    that native files are compared with.
    """
    _require_folder(folder)
    tree = _apply_dockerignore(from_folder(folder, TASK), os.path.join(folder, ".dockerignore"))
    handler = handler or _handler_from_dockerfile(folder)
    context = CheckContext(tree, None, handler, whole=False, base=base)
    return run_checks(context, folder, ignores, folder)


def inspect_root(
    root: str = "/",
    handler: str = "",
    ignores: Sequence[Ignore] = (),
    variables: Mapping[str, str] | None = None,
) -> Result:
    """Inspect a root file system: this container's, or a folder that holds one.

    :param variables: the image's, if they are known: os.environ inside a container
    """
    _require_folder(root)
    tree = from_folder(root, skip=_SKIPPED, one_device=True)
    image = None
    if variables is not None:
        image = Image(
            variables=variables,
            workdir=os.getcwd() if root == "/" else TASK,
            architecture=archive.MACHINES.get(platform.machine(), ""),
            configured=False,
        )
    context = CheckContext(tree, image, handler)
    return run_checks(context, "this image" if root == "/" else root, ignores)


def inspect_tar(
    file: str, handler: str = "", ignores: Sequence[Ignore] = (), target: str = ""
) -> Result:
    """Inspect a saved image."""
    with archive.open_image(file) as (tree, image):
        context = CheckContext(tree, image, handler or _handler_from_cmd(image))
        return run_checks(context, target or file, ignores)


def inspect_image(name: str, handler: str = "", ignores: Sequence[Ignore] = ()) -> Result:
    """Inspect an image of the local container engine."""
    with engine.saved(name) as file:
        return inspect_tar(file, handler, ignores, name)


def run_checks(
    context: CheckContext, target: str, ignores: Sequence[Ignore] = (), folder: str = ""
) -> Result:
    """Run every check; one that raises becomes a finding. Raises UserError."""
    active = [*ignores, *read_ignores(context.tree)]
    found: list[Finding] = []
    for check in all_checks():
        try:
            found.extend(check.check(context))
        except Exception as error:  # the other checks go on, and this is reported
            name = check.__name__.rpartition(".")[2]
            found.append(internal_findings.check_failed(name, error))
    found += internal_findings.unreadable_paths(context.tree)
    rated = [
        RatedFinding(
            finding,
            RULES[finding.code].severity,
            next((one.reason for one in active if one.covers(finding)), ""),
        )
        for finding in dict.fromkeys(found)
    ]
    rated.sort(key=lambda one: (SEVERITIES.index(one.severity), one.finding.code))
    return Result(
        target,
        [one for one in rated if not one.reason],
        [one for one in rated if one.reason],
        folder,
    )


def _require_folder(folder: str) -> None:
    if not os.path.isdir(folder):
        raise UserError(
            f"{folder} is not a folder",
            "name a function's folder; use --tar for a saved image, --image for one by name",
            2,
        )


def _handler_from_cmd(image: Image) -> str:
    """Return the word that the runtime gets first, after the entry point or in a shell's script."""
    entry, command = list(image.entrypoint), list(image.command)
    if entry and is_shell_command(command):
        command = command[2:]  # the shell form of CMD: SF113
    words = [*entry, *command]
    if is_shell_command(words):
        arguments = words[3:]
        script = [word.strip("'\"") for word in words[2].split()]
        words = [*[word for word in script if "$" not in word], *arguments]
    for number, word in enumerate(words[:-1]):
        if _RUNTIMES.search(posixpath.basename(word)):
            return words[number + 1]
    return image.variables.get("_HANDLER", "")


def _apply_dockerignore(tree: Tree, file: str) -> Tree:
    if not os.path.isfile(file):
        return tree
    with open(file, encoding="utf-8", errors="replace") as text:
        excluded = dockerignore.make_excluder(text.read())
    below = f"{TASK}/"

    def included(path: str) -> bool:
        return not path.startswith(below) or path == IGNORES or not excluded(path[len(below) :])

    # A folder that is excluded comes with a file in it that is included again.
    folders = {folder for path in tree.entries if included(path) for folder in above(path)}
    return tree.only(lambda path: path in folders or included(path))


def _handler_from_dockerfile(folder: str) -> str:
    """Return the handler that the last CMD names, if its module is in the folder.

    It may come from elsewhere: COPY can copy a part of the folder, or another one.
    """
    try:
        path = os.path.join(folder, "Dockerfile")
        with open(path, encoding="utf-8", errors="replace") as file:
            words = read_cmd(file.read())
    except OSError:
        return ""
    handler = _handler_from_cmd(Image(command=words)) or (words[0] if words else "")
    first = os.path.join(folder, re.split("[./]", handler)[0])
    here = any(os.path.exists(first + ending) for ending in ("", ".py", ".sh"))
    return handler if handler and here else ""

"""Inspect a folder, a root, a saved image or one by name: the doctor for other code.

Every function raises Problem where there is nothing to inspect (its exit code is 2), and OSError.
"""

from __future__ import annotations

import json
import os
import platform
import posixpath
import re
from collections.abc import Mapping, Sequence

from ..profile.problem import Problem
from . import catalogue, internal_findings, policy
from .checks import all_checks
from .finding import SEVERITIES, Finding
from .ignores import FILE as IGNORES
from .ignores import Ignore, from_tree
from .image import archive, dockerignore, engine
from .image.context import TASK, Image, Subject
from .image.tree import Tree, from_folder
from .result import Judged, Result

# The kernel's and the engine's, no part of an image.
_SKIPPED = frozenset(["/proc", "/sys", "/dev"])
_CMD = re.compile(r"^\s*CMD\s+(\[.*\])\s*$", re.MULTILINE)
# Entry points that take the handler as their last word.
_RUNTIMES = re.compile(r"lambda-entrypoint\.sh|bootstrap|surefoot|awslambdaric")


def inspect_folder(folder: str, handler: str = "", ignores: Sequence[Ignore] = ()) -> Result:
    """Inspect a function's folder, as it will be at /var/task.

    What its .dockerignore names is left out. The handler is that of the CMD in the folder's
    Dockerfile unless it is given.
    """
    _need_folder(folder)
    tree = _without_ignored(from_folder(folder, TASK), os.path.join(folder, ".dockerignore"))
    handler = handler or _handler_of_dockerfile(folder)
    subject = Subject(tree, None, handler, whole=False, policy=policy.load())
    return examine(subject, folder, ignores, folder)


def inspect_root(
    root: str = "/",
    handler: str = "",
    ignores: Sequence[Ignore] = (),
    variables: Mapping[str, str] | None = None,
) -> Result:
    """Inspect a whole root: this container's, or a folder that holds one.

    `variables` are those of the image, where they are known: inside a container, os.environ.
    """
    _need_folder(root)
    tree = from_folder(root, skip=_SKIPPED, one_device=True)
    image = None
    if variables is not None:
        image = Image(
            variables=variables,
            workdir=os.getcwd() if root == "/" else TASK,
            architecture=archive.MACHINES.get(platform.machine(), ""),
            configured=False,
        )
    subject = Subject(tree, image, handler, policy=policy.load())
    return examine(subject, "this image" if root == "/" else root, ignores)


def inspect_tar(
    file: str, handler: str = "", ignores: Sequence[Ignore] = (), target: str = ""
) -> Result:
    """Inspect a saved image."""
    with archive.opened(file) as (tree, image):
        subject = Subject(tree, image, handler or _handler_of(image), policy=policy.load())
        return examine(subject, target or file, ignores)


def inspect_image(name: str, handler: str = "", ignores: Sequence[Ignore] = ()) -> Result:
    """Inspect an image of this machine's container engine."""
    with engine.saved(name) as file:
        return inspect_tar(file, handler, ignores, name)


def examine(
    subject: Subject, target: str, ignores: Sequence[Ignore] = (), folder: str = ""
) -> Result:
    """Run every check on `subject`; a check that crashes is a finding. Raises Problem."""
    rules = catalogue.rules()
    judged_before = [*ignores, *from_tree(subject.tree, rules)]
    found: list[Finding] = []
    for check in all_checks():
        try:
            found.extend(check.check(subject))
        except Exception as error:  # whatever it is, it must be seen
            found.append(internal_findings.of_check(check.__name__.rpartition(".")[2], error))
    found += internal_findings.of_tree(subject.tree)
    judged = [
        Judged(
            finding,
            policy.severity(finding.code, subject.policy),
            next((one.reason for one in judged_before if one.covers(finding)), ""),
        )
        for finding in dict.fromkeys(found)
    ]
    judged.sort(key=lambda one: (SEVERITIES.index(one.severity), one.finding.code))
    return Result(
        target,
        [one for one in judged if not one.reason],
        [one for one in judged if one.reason],
        {code: rule.title for code, rule in rules.items()},
        folder,
    )


def _need_folder(folder: str) -> None:
    if not os.path.isdir(folder):
        raise Problem(
            f"{folder} is no folder",
            "name a function's folder; a saved image goes with --tar, one by name with --image",
            2,
        )


def _handler_of(image: Image) -> str:
    words = [*image.entrypoint, *image.command]
    if image.command and any(_RUNTIMES.search(posixpath.basename(word)) for word in words):
        return image.command[-1]
    return image.variables.get("_HANDLER", "")


def _without_ignored(tree: Tree, file: str) -> Tree:
    if not os.path.isfile(file):
        return tree
    with open(file, encoding="utf-8", errors="replace") as text:
        excluded = dockerignore.excluder(text.read())
    start = len(TASK) + 1
    return tree.only(lambda path: path in {TASK, IGNORES} or not excluded(path[start:]))


def _handler_of_dockerfile(folder: str) -> str:
    """Return the handler that the last CMD names, if its file or package is in the folder.

    It may come from elsewhere: COPY can take a part of the folder only.
    """
    try:
        path = os.path.join(folder, "Dockerfile")
        with open(path, encoding="utf-8", errors="replace") as file:
            commands = _CMD.findall(file.read())
        words = json.loads(commands[-1]) if commands else []
    except (OSError, ValueError):
        return ""
    handler = str(words[-1]) if words else ""
    first = os.path.join(folder, re.split("[./]", handler)[0])
    here = any(os.path.exists(first + ending) for ending in ("", ".py", ".sh"))
    return handler if handler and here else ""

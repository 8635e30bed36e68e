"""Where the dynamic loader would find a library in a tree.

Source: ld.so(8). The default folders are those of the distributions that Lambda's images come from,
and Debian's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from .context import Subject
from .tree import Tree

_TRIPLES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
# What LD_LIBRARY_PATH is in Lambda's images.
LAMBDA_PATH = (
    "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
)


def folders(subject: Subject, machine: str) -> list[str]:
    """Return the folders that every program's libraries are looked for in."""
    image = subject.image
    own = (image.variables.get("LD_LIBRARY_PATH", "") if image else "") or LAMBDA_PATH
    triple = _TRIPLES.get(machine, "")
    system = ["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib", "/usr/local/lib64"]
    if triple:
        system += [f"/lib/{triple}", f"/usr/lib/{triple}"]
    configured = _configured(subject.tree)
    return list(dict.fromkeys([part for part in own.split(":") if part] + system + configured))


def find(tree: Tree, name: str, search: Iterable[str], path: str) -> str | None:
    """Return the file of a library that the file at `path` needs, or None.

    :param search: its RUNPATH and then the common folders; $ORIGIN is the folder of `path`
    """
    if "/" in name:
        entry = tree.resolve(name)
        return entry.path if entry else None
    origin = posixpath.dirname(path)
    for folder in search:
        place = folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
        entry = tree.resolve(posixpath.join(place, name))
        if entry is not None and entry.is_file:
            return entry.path
    return None


def _configured(tree: Tree) -> list[str]:
    found: list[str] = []
    for entry in tree.under("/etc/ld.so.conf.d"):
        if entry.is_file and entry.path.endswith(".conf"):
            lines = tree.read(entry.path).decode("utf-8", "replace").splitlines()
            found += [line.strip() for line in lines if line.strip().startswith("/")]
    return found

"""What a check looks at: the tree, and what is known of the image around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .tree import Tree

TASK = "/var/task"


@dataclass(frozen=True)
class Hidden:
    """A file of a layer that a later one, by number from 0, deletes or writes anew."""

    path: str
    size: int  # bytes
    by: int


@dataclass(frozen=True)
class Layer:
    """One layer of an image: its size in bytes, unpacked, and the instruction that made it."""

    size: int
    made_by: str = ""
    hidden: Sequence[Hidden] = ()


@dataclass(frozen=True)
class Image:
    """An image's configuration, as far as a check may want it (OCI image configuration).

    :param manifest: media type of the manifest, empty where only the engine's form is known
    :param configured: False inside a running container, where of all this only the variables and
        the working directory are known
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    workdir: str = TASK
    user: str = ""
    exposed: Sequence[str] = ()
    architecture: str = ""  # amd64, arm64
    labels: Mapping[str, str] = field(default_factory=dict)
    layers: Sequence[Layer] = ()
    manifest: str = ""
    index: Sequence[Mapping[str, Any]] = ()  # the manifests of an index, where it is one
    configured: bool = True


@dataclass(frozen=True)
class Subject:
    """`tree` has the whole root, or (`whole` is False) only a function's folder, at /var/task.

    `image` is None where nothing is known of it: a plain folder. `handler` is that of the call, of
    CMD, or empty; `policy` is the data of policy.json.
    """

    tree: Tree
    image: Image | None = None
    handler: str = ""
    whole: bool = True
    policy: Mapping[str, Any] = field(default_factory=dict)

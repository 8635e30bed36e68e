"""What a check looks at: the tree of files, and what is known of the image around it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from .image.tree import Tree

TASK = "/var/task"
DEFAULT_BASE = "al2"
_CHECK_DATA = os.path.join(os.path.dirname(__file__), "check_data.json")


@lru_cache(maxsize=1)
def load_check_data() -> Mapping[str, Any]:
    """Return the lists that checks compare with: variables, folders, secrets, limits."""
    with open(_CHECK_DATA, encoding="utf-8") as file:
        return MappingProxyType(json.load(file))


@dataclass(frozen=True)
class OverwrittenFile:
    """A file that a later layer, number `by` from 0, deletes or writes again."""

    path: str
    size: int  # bytes
    by: int


@dataclass(frozen=True)
class Layer:
    """One layer of an image: its unpacked size in bytes, and the instruction that made it."""

    size: int
    made_by: str = ""
    hidden: Sequence[OverwrittenFile] = ()


@dataclass(frozen=True)
class Image:
    """An image's configuration (OCI image configuration).

    :param manifest: media type of the manifest; empty if only the engine's form is known
    :param configured: False inside a running container, where only the variables and the working
        directory are known
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
    index: Sequence[Mapping[str, Any]] = ()  # the manifests of an index, if it is one
    configured: bool = True


@dataclass(frozen=True)
class CheckContext:
    """`tree` is a whole root, or (`whole` is False) only a function's folder, at /var/task.

    :param image: None for a plain folder
    :param handler: from the command line or CMD; empty if unknown
    :param base: the base image that a plain folder is for, a key of ``libraries`` in the data
    """

    tree: Tree
    image: Image | None = None
    handler: str = ""
    whole: bool = True
    base: str = DEFAULT_BASE
    data: Mapping[str, Any] = field(default_factory=load_check_data)

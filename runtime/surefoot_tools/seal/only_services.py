"""Removes botocore's models of services that a function does not call: 400 services, 30 MB.

To be run in the instruction that installs boto3: a later layer would only hide the files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..console import UserError

_DATA = os.path.join("botocore", "data")
# Credentials of an assumed role come from there, whatever the function calls.
_ALWAYS = frozenset({"sts"})


@dataclass(frozen=True)
class Removed:
    """What was removed: number of services, and bytes."""

    services: int
    size: int


def remove_other_services(tops: Iterable[str], wanted: Sequence[str]) -> Removed:
    """Remove the models of all services but `wanted` from every botocore in the folders `tops`.

    Raises UserError for a service that no botocore has, or if there is no botocore; OSError.
    """
    folders = list(dict.fromkeys(_data_folders(tops)))
    if not folders:
        raise UserError(
            "there is no botocore/data in the task root, /opt/python or site-packages",
            "run seal --only-services after pip install, in the same RUN",
        )
    known = {name for folder in folders for name in _services(folder)}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise UserError(
            f"botocore has no service {', '.join(unknown)}",
            "name services as for boto3.client(); those it has: "
            f"ls {folders[0]} (an earlier --only-services may have removed some)",
        )
    services = size = 0
    for folder in folders:
        for name in _services(folder):
            if name not in _ALWAYS and name not in wanted:
                size += _size(os.path.join(folder, name))
                shutil.rmtree(os.path.join(folder, name))
                services += 1
    return Removed(services, size)


def _data_folders(tops: Iterable[str]) -> Iterator[str]:
    for top in tops:
        for folder in (top, os.path.join(top, "python")):
            data = os.path.join(folder, _DATA)
            if os.path.isdir(data):
                yield os.path.realpath(data)


def _services(folder: str) -> list[str]:
    return sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))


def _size(folder: str) -> int:
    return sum(
        os.lstat(os.path.join(path, name)).st_size
        for path, _, names in os.walk(folder)
        for name in names
    )

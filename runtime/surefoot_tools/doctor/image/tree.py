"""A tree of files as the function will see it, whether it is a folder, a tar or this machine."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_MAX_LINKS = 40  # as Linux has it: path_resolution(7)
# Several checks read the same small files, and opening them is what takes the time.
_SMALL = 64 << 10  # bytes
_CACHE_BYTES = 64 << 20


@dataclass(frozen=True)
class Entry:
    """One file, folder, link or special file; `path` is absolute in the image, without a slash
    at its end (the root is ``/``).
    """

    path: str
    mode: int  # as st_mode, with the type bits
    uid: int = 0
    gid: int = 0
    size: int = 0
    target: str = ""  # of a link, as it is written there
    mtime: int = 0  # seconds

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_folder(self) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def permissions(self) -> int:
        """The mode without the type: 0o755 and the like."""
        return stat.S_IMODE(self.mode)


class Tree:
    """Entries by path, in the order of a walk (a folder before what is in it), and their contents.

    :param read: the first bytes of a regular file by its path here, all of them for a size of -1;
        it may raise OSError
    :param problems: what could not be looked at, with the reason, by path; ``read`` adds to it
    """

    def __init__(
        self,
        entries: Mapping[str, Entry],
        read: Callable[[str, int], bytes],
        problems: Mapping[str, str] | None = None,
    ) -> None:
        self.entries = dict(entries)
        self.problems = dict(problems or {})
        self._read = read
        self._cache: dict[str, bytes] = {}
        self._cache_budget = _CACHE_BYTES
        self._children: dict[str, list[str]] = {}
        for path in self.entries:
            if path != "/":
                self._children.setdefault(posixpath.dirname(path), []).append(path)

    def only(self, wanted: Callable[[str], bool]) -> Tree:
        """Return the tree of the wanted paths alone."""
        entries = {path: entry for path, entry in self.entries.items() if wanted(path)}
        problems = {path: reason for path, reason in self.problems.items() if wanted(path)}
        return Tree(entries, self._read, problems)

    def get(self, path: str) -> Entry | None:
        """Return what is at `path` itself; a link is not followed."""
        return self.entries.get(path)

    def resolve(self, path: str) -> Entry | None:
        """Return what `path` leads to, through links as the kernel would; None where nothing is."""
        todo = [name for name in path.split("/") if name]
        here = "/"
        links = 0
        while todo:
            name = todo.pop(0)
            if name == ".":
                continue
            if name == "..":
                here = posixpath.dirname(here)
                continue
            entry = self.entries.get(posixpath.join(here, name))
            if entry is None:
                return None
            if not entry.is_link:
                here = entry.path
                continue
            links += 1
            if links > _MAX_LINKS:
                return None
            if entry.target.startswith("/"):
                here = "/"
            todo[:0] = [part for part in entry.target.split("/") if part]
        return self.entries.get(here)

    def children(self, folder: str) -> Iterator[Entry]:
        """Yield what is directly in `folder`."""
        for path in self._children.get(folder, ()):
            yield self.entries[path]

    def under(self, top: str) -> Iterator[Entry]:
        """Yield `top` and all below it; links are yielded, not followed."""
        entry = self.entries.get(top)
        if entry is None:
            return
        waiting = [entry]
        while waiting:
            entry = waiting.pop()
            yield entry
            waiting.extend(
                reversed([self.entries[path] for path in self._children.get(entry.path, ())])
            )

    def read(self, path: str, size: int = -1) -> bytes:
        """Return the content of the regular file that `path` leads to, or its first `size` bytes.

        A file that cannot be read is empty to a check and becomes a finding of its own: see
        ``problems``. Raises FileNotFoundError where there is no such file.
        """
        entry = self.resolve(path)
        if entry is None or not entry.is_file:
            raise FileNotFoundError(path)
        if entry.path in self._cache:
            kept = self._cache[entry.path]
            return kept if size < 0 else kept[:size]
        try:
            content = self._read(entry.path, size)
        except OSError as error:
            self.problems[entry.path] = error.strerror or str(error)
            return b""
        if size < 0 and len(content) <= min(_SMALL, self._cache_budget) and entry.size <= _SMALL:
            self._cache[entry.path] = content
            self._cache_budget -= len(content)
        return content


def from_folder(
    folder: str,
    mount: str = "/",
    skip: frozenset[str] = frozenset(),
    *,
    one_device: bool = False,
) -> Tree:
    """Return the tree of `folder`, which is to be at `mount` in the image.

    The folders above `mount` are made up as an image has them; so is the mode of `mount` itself
    if the folder is elsewhere, because COPY copies a folder's contents without its mode.
    Paths of the image in `skip` are not entered, nor with `one_device` what is mounted below
    `folder`. Raises OSError where `folder` cannot be listed.
    """
    entries: dict[str, Entry] = {}
    above = mount
    while above != "/":
        above = posixpath.dirname(above)
        entries[above] = synthetic_folder(above)
    entries = dict(reversed(entries.items()))
    problems: dict[str, str] = {}
    device = os.stat(folder).st_dev
    waiting = [(folder, mount)]
    while waiting:
        there, path = waiting.pop()
        try:
            status = os.lstat(there) if path != mount else os.stat(there)
            entries[path] = _entry(path, there, status)
            if not stat.S_ISDIR(status.st_mode) or path in skip:
                continue
            if one_device and status.st_dev != device:
                continue
            names = sorted(os.listdir(there), reverse=True)
        except OSError as error:
            if path == mount:
                raise
            if not isinstance(error, FileNotFoundError):  # gone since its folder was listed
                problems[path] = error.strerror or str(error)
            continue
        prefix = path.rstrip("/")
        waiting += [(os.path.join(there, name), f"{prefix}/{name}") for name in names]

    if mount not in {"/", os.path.realpath(folder)}:
        entries[mount] = synthetic_folder(mount)

    def read(path: str, size: int) -> bytes:
        there = os.path.join(folder, path[len(mount.rstrip("/")) + 1 :])
        with open(there, "rb") as file:
            return file.read(size)

    return Tree(entries, read, problems)


def synthetic_folder(path: str) -> Entry:
    """Return a folder that no layer names, as builders make them."""
    return Entry(path, stat.S_IFDIR | 0o755)


def _entry(path: str, there: str, status: os.stat_result) -> Entry:
    target = os.readlink(there) if stat.S_ISLNK(status.st_mode) else ""
    mtime = int(status.st_mtime)
    owner = (status.st_uid, status.st_gid)
    return Entry(path, status.st_mode, *owner, status.st_size, target, mtime)

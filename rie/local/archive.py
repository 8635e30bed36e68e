"""Unpacks .zip files as Lambda does: the modes of their entries, and its limit of 250 MB.

An archive is not trusted: an entry that would be written outside of the folder, that links out of
it or that makes the whole too large is refused by its name, before anything of it is used. Sources:
AWS Lambda Developer Guide, "Working with .zip file archives" and "Lambda quotas"; PKWARE's
APPNOTE.TXT, 4.4.2 and 4.4.15.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rie.errors import UserError

MOST_BYTES = 262_144_000  # Lambda's 250 MB: the function and all its layers, unpacked
_LONGEST_LINK = 4096
_UNIX = 3  # "version made by": whether the upper half of the attributes is a mode
_ENCRYPTED = 0x1
_METHODS = frozenset([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
_FILE_MODE, _FOLDER_MODE = 0o644, 0o755  # where an archive has none, as those of Windows
_REMEDY = "make the archive again from files below one folder: cd FOLDER && zip -r ../NAME.zip ."


@dataclass
class Allowance:
    """What may still be unpacked, in bytes, of a function and its layers together.

    `unreadable` are the entries that Lambda's user cannot read.
    """

    left: int = MOST_BYTES
    unreadable: list[str] = field(default_factory=list)

    def take(self, count: int, archive: Path, entry: str) -> None:
        """Count bytes. Raises UserError when they are too many."""
        self.left -= count
        if self.left < 0:
            raise UserError(
                f"{archive}, entry {entry!r}: function and layers have more than "
                f"{MOST_BYTES:,} bytes unpacked, Lambda's limit",
                "leave out what is not needed, or use a container image (10 GB)",
            )


def unpack(archive: Path, folder: Path, allowance: Allowance) -> None:
    """Unpack `archive` into `folder`, over what is there. Raises UserError."""
    with _opened(archive) as source:
        entries = [_Entry(archive, info) for info in source.infolist()]
        links = _check(archive, entries, allowance)
        for entry in entries:
            if entry.kind != stat.S_IFLNK:
                _write(source, entry, folder)
        # Last, so that nothing is written through a link; then all of them are followed.
        for entry in links:
            _link(source, entry, folder)
        _check_targets(archive, folder)


def lay_over(source: Path, folder: Path) -> None:
    """Copy the content of the folder `source` over what is in `folder`, links as links."""
    for place, folders, files in os.walk(source):
        below = folder / Path(place).relative_to(source)
        for path in (Path(place, name) for name in (*folders, *files)):
            target = below / path.name
            if path.is_dir() and not path.is_symlink():
                _make_folder(target)
                target.chmod(stat.S_IMODE(path.stat().st_mode) | 0o700)
            else:
                _remove(target)
                shutil.copy2(path, target, follow_symlinks=False)


class _Entry:
    """One entry: where it goes, and what Lambda makes of its attributes."""

    def __init__(self, archive: Path, info: zipfile.ZipInfo) -> None:
        self.archive, self.info = archive, info
        self.parts = PurePosixPath(info.filename).parts
        unix = info.create_system == _UNIX
        attributes = info.external_attr >> 16 if unix else 0
        self.kind = stat.S_IFMT(attributes) or (stat.S_IFDIR if info.is_dir() else stat.S_IFREG)
        self.mode = attributes & 0o777
        if info.is_dir():
            self.mode = self.mode or _FOLDER_MODE
        elif not unix:
            self.mode = _FILE_MODE

    def refuse(self, reason: str, remedy: str = _REMEDY) -> UserError:
        return UserError(f"{self.archive}, entry {self.info.filename!r}: {reason}", remedy)

    def check(self) -> None:
        """Raise UserError for an entry that must not be unpacked."""
        if self.info.filename.startswith("/"):
            raise self.refuse("its name is absolute")
        if ".." in self.parts:
            raise self.refuse("its name leads out of the folder")
        if not self.parts:
            raise self.refuse("it has no name")
        if self.kind not in {stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}:
            raise self.refuse("it is neither a file, a folder nor a link")
        if (self.kind == stat.S_IFDIR) != self.info.is_dir():
            raise self.refuse("its name and its attributes do not agree on whether it is a folder")
        if self.info.flag_bits & _ENCRYPTED:
            raise self.refuse("it is encrypted")
        if self.info.compress_type not in _METHODS:
            raise self.refuse(f"it is compressed by method {self.info.compress_type}, not deflate")
        if self.kind == stat.S_IFLNK and self.info.file_size > _LONGEST_LINK:
            raise self.refuse("it is a link with a target of more than 4,096 bytes")


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        if archive.stat().st_size > MOST_BYTES:
            raise UserError(
                f"{archive} has more than {MOST_BYTES:,} bytes, Lambda's limit unpacked",
                "leave out what is not needed, or use a container image (10 GB)",
            )
        with zipfile.ZipFile(archive) as source:
            yield source
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UserError(f"{archive} is not a sound .zip file: {error}", _REMEDY) from error
    except OSError as error:
        raise UserError(
            f"{archive} cannot be unpacked: {error.strerror or error}"
            + (f" ({Path(str(error.filename)).name})" if error.filename else ""),
            _REMEDY,
        ) from error


def _check(archive: Path, entries: list[_Entry], allowance: Allowance) -> list[_Entry]:
    """Check all entries, also against each other; the links among them."""
    places: dict[tuple[str, ...], _Entry] = {}
    for entry in entries:
        entry.check()
        allowance.take(entry.info.file_size, archive, entry.info.filename)
        other = places.setdefault(entry.parts, entry)
        if other is not entry and not (other.kind == entry.kind == stat.S_IFDIR):
            raise entry.refuse("the archive has two entries of this name")
        readable = 0o5 if entry.kind == stat.S_IFDIR else 0o4
        if entry.kind != stat.S_IFLNK and entry.mode & readable != readable:
            allowance.unreadable.append(entry.info.filename)
    for entry in entries:
        for length in range(1, len(entry.parts)):
            above = places.get(entry.parts[:length])
            if above is not None and above.kind != stat.S_IFDIR:
                raise entry.refuse(f"{above.info.filename!r}, in which it would be, is no folder")
    return [entry for entry in entries if entry.kind == stat.S_IFLNK]


def _write(source: zipfile.ZipFile, entry: _Entry, folder: Path) -> None:
    path = folder.joinpath(*entry.parts)
    for above in reversed(path.relative_to(folder).parents[:-1]):
        _make_folder(folder / above)
    if entry.kind == stat.S_IFDIR:
        _make_folder(path)
        path.chmod(entry.mode | 0o700)  # what is in it is written later; root reads it anyway
        return
    _remove(path)
    with source.open(entry.info) as packed, path.open("xb") as file:
        shutil.copyfileobj(packed, file)  # as many bytes as were counted, whatever follows
    path.chmod(entry.mode)  # explicitly: the umask does not count


def _make_folder(path: Path) -> None:
    """Make a folder in place of what a lower layer has there, unless that is one."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        path.unlink()
    if not path.exists():
        path.mkdir()
        path.chmod(_FOLDER_MODE)


def _remove(path: Path) -> None:
    """Remove what a lower layer has at this place."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def _link(source: zipfile.ZipFile, entry: _Entry, folder: Path) -> None:
    path = folder.joinpath(*entry.parts)
    for above in reversed(path.relative_to(folder).parents[:-1]):
        _make_folder(folder / above)
    _remove(path)
    target = os.fsdecode(source.read(entry.info))
    if not target or "\0" in target:
        raise entry.refuse("it is a link without a target")
    path.symlink_to(target)


def _check_targets(archive: Path, folder: Path) -> None:
    """Check where links lead, also those of lower layers: what they pass through may be new."""
    root = Path(os.path.realpath(folder))
    for place, folders, files in os.walk(folder):
        for path in (Path(place, name) for name in (*folders, *files)):
            if path.is_symlink() and not _leads_into(path, root):
                raise UserError(
                    f"{archive}, entry '{path.relative_to(folder)}': "
                    f"it links to '{path.readlink()}', out of the folder",
                    "link to a file of the same archive by a relative path, or put the file in",
                )


def _leads_into(link: Path, root: Path) -> bool:
    if link.readlink().is_absolute():
        return False
    return Path(os.path.realpath(link)).is_relative_to(root)

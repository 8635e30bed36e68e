"""Writes the file from which a start takes the modules of init; see ``_runtime.sealed_file``.

What a second seal makes of the same tree is the same, byte for byte: bytecode is copied as it is in
its files, and everything else is written in an order that does not depend on memory.
"""

from __future__ import annotations

import _imp
import contextlib
import gzip
import importlib
import importlib.util
import io
import json
import marshal
import os
import pickle
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from surefoot._runtime.sealed_file import HASH_KEY, MAGIC, SUFFIX, identity, load_zstd

from .init_facts import MODEL_SUFFIXES, InitFacts

# What follows this line in the file: the interpreter, and path, size and time (s) of each source.
SOURCES = "\nsources of a sealed init\n"
SECOND = 1_000_000_000
# Without references between objects, which depend on how often an object is used elsewhere.
_PLAIN = 2
_PICKLE = 4
_HEAD = 16  # of a .pyc: magic number, flags, hash or time and size
# Data of this length and longer is compressed: models of services become a fifth, for 1 ms of the
# start for each 1.4 MB. Code is not, since init loads all of it: less than half as many bytes took
# 12 ms of 150 (three clients of boto3, CPython 3.14). Higher levels make data 3 % smaller.
_PACKED_BYTES = 48 << 10
_LEVEL = 5
_UNCHECKED = importlib.util.MAGIC_NUMBER + b"\1\0\0\0"

Part = tuple[int, int, bytes]
DataPart = tuple[int, int, bytes, bool]


@dataclass
class _Section:
    """A part of the file: blocks one after the other, each with its hash."""

    content: bytearray = field(default_factory=bytearray)

    def add(self, block: bytes) -> Part:
        """Append a block; return its offset, length and hash."""
        part = len(self.content), len(block), _imp.source_hash(HASH_KEY, block)
        self.content += block
        return part


@dataclass
class _Data:
    """The part of the file in which large blocks are compressed, if the interpreter can do it."""

    compress: Callable[[bytes], bytes] | None
    section: _Section = field(default_factory=_Section)

    def add(self, block: bytes) -> DataPart:
        """Append a block; return its offset, length and hash, and whether it is compressed."""
        if self.compress is None or len(block) < _PACKED_BYTES:
            return *self.section.add(block), False
        return *self.section.add(self.compress(block)), True


@dataclass(frozen=True)
class SealedInit:
    """What was written to `path`."""

    path: str
    modules: int
    patterns: int
    models: int
    size: int

    def describe(self) -> str:
        """Return one line for the build's log."""
        return (
            f"{self.modules} modules, {self.patterns} regular expressions and {self.models} models "
            f"of init in one file, {self.size / 1e6:.1f} MB"
        )


def seal_init(facts: InitFacts, record: str) -> SealedInit:
    """Write the file next to `record`, unless it is there already. Raises OSError."""
    path = record + SUFFIX
    zstd, compress = _find_zstd()
    code, data = _Section(), _Data(compress)
    index: dict[str, Any] = {
        "identity": identity(),
        "zstd": zstd,
        "modules": _modules(facts.modules, code),
        "folders": _folders(facts.modules.values()),
        "patterns": _patterns(facts.patterns, data),
        "data": {
            folder: data.add(marshal.dumps(_data_tree(folder), _PLAIN))
            for folder in facts.data_folders
        },
        "models": _models(facts.models, data),
    }
    table = marshal.dumps(index, _PLAIN)
    sizes = b"".join(len(part).to_bytes(8, "little") for part in (table, code.content))
    head = MAGIC + sizes + _imp.source_hash(HASH_KEY, table)
    content = b"".join((head, table, code.content, data.section.content, _describe_sources(index)))
    _write(path, content)
    programs = facts.patterns if index["patterns"] else ()
    return SealedInit(
        path, len(index["modules"]), len(programs), len(index["models"]), len(content)
    )


def _find_zstd() -> tuple[str, Callable[[bytes], bytes] | None]:
    """Return the file of the extension module, and what compresses.

    Not zlib, which every version has: it takes twice as long to unpack.
    """
    try:
        # By name, because versions before 3.14 have neither.
        origin = getattr(importlib.import_module("_zstd"), "__file__", "")
        load_zstd(origin)
        compress = importlib.import_module("compression.zstd").compress
    except ImportError:
        return "", None
    return origin, lambda block: compress(block, _LEVEL)


def remove_sealed_init(record: str) -> None:
    """Remove the file of an earlier build. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(record + SUFFIX)


def _describe_sources(index: dict[str, Any]) -> bytes:
    """Return the files that the sealed ones replace, as text: for the doctor, and for people.

    A table in text, because the doctor reads images of any origin, and unmarshals nothing of them.
    """
    entries = [*index["modules"].values(), *((path, *e) for path, e in index["models"].items())]
    lines = [f"{path}\t{size}\t{time // SECOND}\n" for path, size, time, *_ in entries]
    tag = f"{sys.implementation.cache_tag}\n"
    return (SOURCES + tag + "".join(lines)).encode("utf-8", "surrogateescape")


def _write(path: str, content: bytes) -> None:
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        if file.read() == content:
            return
    temporary = f"{path}.new"
    with open(temporary, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o644)
    os.replace(temporary, path)


def _modules(sources: dict[str, str], code: _Section) -> dict[str, tuple[Any, ...]]:
    entries = {}
    for name, origin in sources.items():
        try:
            status = os.stat(origin)
            part = code.add(_bytecode(name, origin))
        except (OSError, ImportError, SyntaxError):
            # Init itself removed or replaced it; it will be imported as usual.
            continue
        is_package = os.path.basename(origin) == "__init__.py"
        entries[name] = (origin, status.st_size, status.st_mtime_ns, is_package, *part)
    return entries


def _bytecode(name: str, origin: str) -> bytes:
    """Return the marshalled code that the import system would execute for this source."""
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        with open(importlib.util.cache_from_source(origin), "rb") as file:
            data = file.read()
        # The bytes themselves, as long as the import system would take them without a look at the
        # source: marshalling them again would depend on what else is in memory.
        if data.startswith(_UNCHECKED):
            code: CodeType = marshal.loads(data[_HEAD:])  # noqa: S302  (the build's own packages)
            if code.co_filename == origin:
                return data[_HEAD:]
    return marshal.dumps(SourceFileLoader(name, origin).get_code(name))


def _folders(sources: Iterable[str]) -> dict[str, int]:
    """Return the times of the folders in which a new file could take precedence over a source."""
    found: dict[str, int] = {}
    for origin in sources:
        folder = os.path.dirname(origin)
        folders = [folder]
        if os.path.basename(origin) == "__init__.py":
            folders.append(os.path.dirname(folder))
        for each in folders:
            if each not in found:
                with contextlib.suppress(OSError):
                    found[each] = _whole_seconds(each)
    return found


def _whole_seconds(folder: str) -> int:
    """Return the time of a folder in ns, after taking its fraction of a second away.

    A layer does not keep that of a folder that changed in it, and a second seal would see another
    time.
    """
    status = os.stat(folder)
    whole = status.st_mtime_ns // SECOND * SECOND
    try:
        if whole != status.st_mtime_ns:
            os.utime(folder, ns=(status.st_atime_ns, whole))
    except OSError:
        return status.st_mtime_ns
    return whole


def _patterns(patterns: Iterable[tuple[str | bytes, int]], data: _Data) -> DataPart | None:
    """Return the part with the programs of the patterns, as re.compile() would make them."""
    programs = [
        program for pattern, flags in patterns if (program := _program(pattern, flags)) is not None
    ]
    return data.add(marshal.dumps(programs, _PLAIN)) if programs else None


def _program(pattern: str | bytes, flags: int) -> tuple[Any, ...] | None:
    compiler = _regex_compiler()
    real = compiler._sre  # noqa: SLF001  (nothing public shows a program)
    arguments: list[tuple[Any, ...]] = []

    class Engine:
        """Takes the place of the compiler's module _sre, to see what it is called with."""

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def compile(self, *given: Any) -> Any:
            arguments.append(given)
            return real.compile(*given)

    compiler._sre = Engine()  # noqa: SLF001
    try:
        with warnings.catch_warnings():
            # A pattern that warns must warn in the function, too.
            warnings.simplefilter("error")
            compiler.compile(pattern, flags)
    except Exception:
        return None
    finally:
        compiler._sre = real  # noqa: SLF001
    ((text, *rest),) = arguments
    code_flags, code, groups, index, names = rest
    return text, flags, int(code_flags), [int(word) for word in code], groups, index, names


def _regex_compiler() -> Any:
    import re

    if sys.version_info >= (3, 11):
        return re._compiler  # type: ignore[attr-defined]  # noqa: SLF001
    import sre_compile

    return sre_compile


def _models(paths: Iterable[str], models: _Data) -> dict[str, tuple[Any, ...]]:
    entries = {}
    for path in dict.fromkeys(paths):
        status = os.stat(path)
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            content = _parse(file.read().decode("utf-8"))
        part = models.add(_pickle(content))
        entries[path] = (status.st_size, status.st_mtime_ns, *part)
    return entries


def _parse(text: str) -> Any:
    """Return the value of a JSON text with one object for equal strings, which is stored once."""
    known: dict[str, str] = {}
    share = known.setdefault

    def shared(value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return share(value, value)
        return [shared(each) for each in value] if kind is list else value

    def make_object(pairs: list[tuple[str, Any]]) -> OrderedDict[str, Any]:
        return OrderedDict([(share(key, key), shared(value)) for key, value in pairs])

    return shared(json.loads(text, object_pairs_hook=make_object))


def _pickle(content: Any) -> bytes:
    """Return the pickle of a model. A table takes half as long as the objects' own method."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, _PICKLE)
    pickler.dispatch_table = {OrderedDict: _reduce}
    pickler.dump(content)
    return file.getvalue()


def _reduce(content: OrderedDict[str, Any]) -> tuple[Any, ...]:
    return OrderedDict, (), None, None, iter(content.items())


def _data_tree(folder: str) -> tuple[list[tuple[str, int]], dict[str, tuple[str, ...]]]:
    """Return the times of a folder of models and of those in it, and the kinds of each service."""
    times = [("", os.stat(folder).st_mtime_ns)]
    services: dict[str, tuple[str, ...]] = {}
    for service in _subfolders(folder):
        times.append((f"/{service}", os.stat(f"{folder}/{service}").st_mtime_ns))
        kinds: set[str] = set()
        for version in _subfolders(f"{folder}/{service}"):
            place = f"{folder}/{service}/{version}"
            times.append((f"/{service}/{version}", os.stat(place).st_mtime_ns))
            kinds.update(_kinds(place))
        services[service] = tuple(sorted(kinds))
    return times, services


def _subfolders(folder: str) -> list[str]:
    return sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))


def _kinds(folder: str) -> set[str]:
    return {
        name[: -len(suffix)]
        for name in os.listdir(folder)
        for suffix in MODEL_SUFFIXES
        if name.endswith(suffix) and os.path.isfile(os.path.join(folder, name))
    }

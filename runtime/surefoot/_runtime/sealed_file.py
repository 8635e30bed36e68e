"""The file that ``surefoot seal`` made of an init: its format, and who may have made it.

In this order: a head, an index, the code of modules in the order of their load, and other data
(patterns, botocore's models); last, for the doctor, a table of the sources in text.
Every part has a hash, because unmarshalling damaged bytes could crash the interpreter. ``HASH_KEY``
makes no secret of it: who may write the file is what keeps it safe. From Python 3.14 on, large
models are compressed; their hash is that of the compressed bytes.
"""

import _imp
import marshal
import posix
import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The file is next to the record for reading ahead.
SUFFIX = ".init"
# Changed with the format, so that a file of another version of the runtime is not used.
MAGIC = b"surefoot sealed init 2\n"
HASH_KEY = 0x5EA1
_LENGTH = 8  # of each number and hash in the head
_SECOND = 1_000_000_000
_OTHERS_MAY_WRITE = 0o022
_MAX_INDEX = 16 << 20
_FLAGS = posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK
# As much as the kernel reads ahead twice; larger modules are rare and read on their own.
WINDOW_BYTES = 256 << 10
FIRST_BYTES = 32 << 10


def identity() -> str:
    """Return what the interpreter must have in common with the one that sealed."""
    implementation = sys.implementation
    parts = (implementation.name, implementation.cache_tag, sys.version, sys.flags.optimize)
    return "\n".join(map(str, parts))


def is_unchanged(path: str, size: int, time_ns: int) -> bool:
    """Whether the file has this size and time, or the time that an image's archive makes of it."""
    try:
        status = posix.stat(path)
    except OSError:
        return False
    return status.st_size == size and is_same_time(status.st_mtime_ns, time_ns)


def is_same_time(now_ns: int, sealed_ns: int) -> bool:
    """Whether a time is the sealed one, or its whole seconds: layers have no fractions of them."""
    return now_ns in (sealed_ns, sealed_ns // _SECOND * _SECOND)


class SealedFile:
    """The file's index in memory; code and models stay in the file until they are loaded.

    Code is read by a window that moves through the file, since init loads it in the order in which
    it was sealed: all of it at once would stay in memory until the end of init.

    :raises ValueError: it is damaged, not this interpreter's, or another user could have made it
    :raises OSError: it cannot be read
    """

    def __init__(self, path: str) -> None:
        self.path = path
        descriptor = posix.open(path, _FLAGS)
        try:
            status = posix.fstat(descriptor)
            if status.st_uid not in (0, posix.geteuid()) or status.st_mode & _OTHERS_MAY_WRITE:
                raise ValueError("another user can write it")
            head = posix.read(descriptor, len(MAGIC) + 3 * _LENGTH)
            sizes = head[len(MAGIC) :]
            index_size, code_size = (_number(sizes[at : at + _LENGTH]) for at in (0, _LENGTH))
            if head[: len(MAGIC)] != MAGIC or index_size > _MAX_INDEX:
                raise ValueError("it has another format")
            table = posix.read(descriptor, index_size)
        finally:
            posix.close(descriptor)
        if _imp.source_hash(HASH_KEY, table) != sizes[2 * _LENGTH :]:
            raise ValueError("its index is damaged")
        index: dict[str, Any] = marshal.loads(table)  # noqa: S302  (its hash is right)
        if index["identity"] != identity():
            raise ValueError("another interpreter made it")
        self.index = index
        self._code_start = len(head) + index_size
        self._data_start = self._code_start + code_size
        self._window = memoryview(bytearray(WINDOW_BYTES))
        self._window_start = self._window_end = self._code_start
        self._next_bytes = WINDOW_BYTES
        self._decompressor: Any = None
        self.released = False

    def code(self, offset: int, length: int, digest: bytes) -> "Any":
        """Return a fresh object of the code's part, or None if that is damaged."""
        part = self._read_code(self._code_start + offset, length)
        if part is None or _imp.source_hash(HASH_KEY, part) != digest:
            return None
        return marshal.loads(part)  # noqa: S302

    def data(self, offset: int, length: int, digest: bytes, packed: bool) -> "bytes | None":
        """Return the bytes of a part behind the code, or None if damaged or not to be read."""
        data = self._read(self._data_start + offset, length)
        if data is None or _imp.source_hash(HASH_KEY, data) != digest:
            return None
        return self._decompress(data) if packed else data

    def _decompress(self, data: bytes) -> "bytes | None":
        if self._decompressor is None:
            try:
                self._decompressor = load_zstd(self.index["zstd"]).ZstdDecompressor
            except ImportError:
                # The module's file was removed after the seal.
                return None
        return self._decompressor().decompress(data)  # type: ignore[no-any-return]

    def release_code(self) -> None:
        """Free the window, as init is over; what comes is read piece by piece."""
        self.released = True
        self._window = memoryview(b"")
        self._window_start = self._window_end = 0

    def _read_code(self, start: int, length: int) -> "memoryview | bytes | None":
        if not self._window_start <= start <= start + length <= self._window_end:
            if length > len(self._window):
                return self._read(start, length)
            if not self._window_start <= start <= self._window_end:
                # Another order than that of the seal, as with lazy imports: this part alone. The
                # window goes on behind it, with little at first.
                self._window_start = self._window_end = start + length
                self._next_bytes = FIRST_BYTES
                return self._read(start, length)
            self._move_window(start, max(length, self._next_bytes))
            self._next_bytes = min(2 * self._next_bytes, len(self._window))
        begin = start - self._window_start
        return self._window[begin : begin + length]

    def _move_window(self, start: int, size: int) -> None:
        """Let the window begin at `start`, which is in it or at its end, and hold `size` bytes."""
        # A module that the window cuts off moves to its beginning.
        kept = self._window_end - start
        begin = start - self._window_start
        self._window[:kept] = self._window[begin : begin + kept]
        wanted = self._window[kept : min(size, self._data_start - start)]
        count = 0
        try:
            descriptor = posix.open(self.path, _FLAGS)
            try:
                count = posix.preadv(descriptor, [wanted], start + kept)
            finally:
                posix.close(descriptor)
        except OSError:
            # What is missing has another hash, and is loaded as usual.
            pass
        self._window_start, self._window_end = start, start + kept + count

    def _read(self, start: int, length: int) -> "bytes | None":
        try:
            descriptor = posix.open(self.path, _FLAGS)
        except OSError:
            return None
        try:
            return posix.pread(descriptor, length, start)
        except OSError:
            return None
        finally:
            posix.close(descriptor)


def load_zstd(origin: str) -> "Any":
    """Return the extension module ``_zstd`` in this file, or the built-in one for an empty name.

    The module is not in sys.modules, where the function would see it.

    :raises ImportError: the file is gone
    """
    spec = ModuleSpec("_zstd", None, origin=origin or "built-in")
    if origin:
        module = _imp.create_dynamic(spec)
        _imp.exec_dynamic(module)
    else:
        module = _imp.create_builtin(spec)
        _imp.exec_builtin(module)
    return module


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")

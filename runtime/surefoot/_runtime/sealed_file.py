"""The file that ``surefoot seal`` made of an init: its format, and who may have made it.

In this order: a head, an index, the code (of modules, and other objects) and botocore's models.
Every part has a hash, because unmarshalling damaged bytes could crash the interpreter. ``HASH_KEY``
makes no secret of it: who may write the file is what keeps it safe.
"""

import _imp
import marshal
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The file is next to the record for reading ahead.
SUFFIX = ".init"
# Changed with the format, so that a file of another version of the runtime is not used.
MAGIC = b"surefoot sealed init 1\n"
HASH_KEY = 0x5EA1
_LENGTH = 8  # of each number and hash in the head
_SECOND = 1_000_000_000
_OTHERS_MAY_WRITE = 0o022
_MAX_BYTES = 256 << 20


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
    """The file's index and code in memory; models stay in the file until they are loaded.

    :raises ValueError: it is damaged, not this interpreter's, or another user could have made it
    :raises OSError: it cannot be read
    """

    def __init__(self, path: str) -> None:
        self.path = path
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK)
        try:
            status = posix.fstat(descriptor)
            if status.st_uid not in (0, posix.geteuid()) or status.st_mode & _OTHERS_MAY_WRITE:
                raise ValueError("another user can write it")
            head = posix.read(descriptor, len(MAGIC) + 3 * _LENGTH)
            sizes = head[len(MAGIC) :]
            index_size, code_size = (_number(sizes[at : at + _LENGTH]) for at in (0, _LENGTH))
            if head[: len(MAGIC)] != MAGIC or index_size + code_size > _MAX_BYTES:
                raise ValueError("it has another format")
            data = posix.read(descriptor, index_size + code_size)
        finally:
            posix.close(descriptor)
        view = memoryview(data)
        if _imp.source_hash(HASH_KEY, view[:index_size]) != sizes[2 * _LENGTH :]:
            raise ValueError("its index is damaged")
        index: dict[str, Any] = marshal.loads(view[:index_size])  # noqa: S302  (its hash is right)
        if index["identity"] != identity():
            raise ValueError("another interpreter made it")
        self.index = index
        self._code = view[index_size:]
        self._models_start = len(head) + index_size + code_size

    def code(self, offset: int, length: int, digest: bytes) -> "Any":
        """Return a fresh object of the code's part, or None if that is damaged."""
        part = self._code[offset : offset + length]
        if len(part) != length or _imp.source_hash(HASH_KEY, part) != digest:
            return None
        return marshal.loads(part)  # noqa: S302

    def model(self, offset: int, length: int, digest: bytes) -> "bytes | None":
        """Return the bytes of a model, or None if they are damaged or cannot be read."""
        try:
            descriptor = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)
        except OSError:
            return None
        try:
            data = posix.pread(descriptor, length, self._models_start + offset)
        except OSError:
            return None
        finally:
            posix.close(descriptor)
        return data if _imp.source_hash(HASH_KEY, data) == digest else None

    def release_code(self) -> None:
        """Free the code; models are served on."""
        self._code = memoryview(b"")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")

"""Reads ahead what a start will touch, from the record that ``surefoot seal`` made in the image.

Lambda fetches an image in blocks of 512 KiB when they are first read, and imports read one small
file after the other: a round trip follows the next. Here a few threads touch all of them at once,
in the order in which they will be needed, while the interpreter goes on.

Threads, although ``posix_fadvise`` does not wait for the data: opening a file does wait for its
directory and its inode, which are blocks of the image like any other. They hold nothing that the
main thread or a forked child could wait for, and end after some tens of milliseconds.
"""

import posix

# The record is next to the package, in /var/runtime of the image. A line is a path, to be read
# from its start; or a path, a tab and the numbers of the pieces to read; or, with a slash at its
# end, a folder in which names are looked up. Paths are absolute, in the order of first touch.
RECORD = __file__.rpartition("/surefoot/")[0] + "/.surefoot-seal"
# What the kernel reads ahead at a time when nothing else is configured: it cuts longer
# ranges down to this, or to the size of a request to the device if that is more.
PIECE = 128 * 1024
# More of them gain nothing: what is waited for then is the way through the folders to a file.
_THREADS = 16
_MAX_RECORD = 4 << 20
# A byte that comes sooner was in memory: a system call takes a microsecond, the quickest of disks
# fifty. Then so is the rest, as in a container that is started again, and threads would only cost.
_PAGE_CACHE_HIT_NS = 20_000


def start(record: str = RECORD, at_once_ns: int = _PAGE_CACHE_HIT_NS) -> None:
    """Begin to read ahead; return at once. No record, or one that is out of date, is no error.

    :param record: the path of the record
    :param at_once_ns: a record whose first byte takes less nanoseconds is taken for a sign that
        nothing needs to be read ahead
    """
    from time import monotonic_ns

    try:
        descriptor = posix.open(record, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return
    try:
        asked = monotonic_ns()
        posix.pread(descriptor, 1, 0)
        if monotonic_ns() - asked < at_once_ns:
            return
        lines = posix.read(descriptor, _MAX_RECORD).split(b"\n")
    except OSError:
        return
    finally:
        posix.close(descriptor)
    lines.reverse()
    import _thread

    try:
        for _ in range(min(_THREADS, len(lines))):
            _thread.start_new_thread(read_ahead, (lines,))
    except RuntimeError:
        # No more threads may be made; those that were do all the work.
        return


def read_ahead(lines: list[bytes]) -> None:
    """Touch what the lines name, from the last to the first, until the threads have taken all."""
    while True:
        try:
            line = lines.pop()
        except IndexError:
            return
        try:
            _touch(line)
        except (OSError, ValueError, OverflowError):
            # Gone or changed since the record was made; the import that needs it will report it.
            continue


def _touch(line: bytes) -> None:
    path, _, pieces = line.partition(b"\t")
    if path.endswith(b"/"):
        # A name that is not there makes the kernel read the folder, and returns nothing to free.
        posix.access(path + b"?", posix.F_OK)
        return
    descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK)
    try:
        for piece in pieces.split() or (0,):
            posix.posix_fadvise(descriptor, int(piece) * PIECE, PIECE, posix.POSIX_FADV_WILLNEED)
    finally:
        posix.close(descriptor)

"""A TCP proxy that cuts connections, abruptly and when the test says."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Cut = Callable[[int, int], bool]
"""From a connection's number (from 0) and the bytes sent to the registry so far, by all."""


def always(number: int, sent: int) -> bool:
    """Every connection, at its first byte."""
    return True


_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, with a reset


class _Proxy:
    def __init__(self, upstream: int, cut: Cut) -> None:
        self._upstream = upstream
        self._cut = cut
        self._sent = 0
        self._lock = threading.Lock()

    def accept(self, listener: socket.socket) -> None:
        number = 0
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # the listener was shut down
            threading.Thread(target=self._connect, args=(client, number), daemon=True).start()
            number += 1

    def _connect(self, client: socket.socket, number: int) -> None:
        with client, socket.create_connection(("127.0.0.1", self._upstream)) as server:
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(4096):
                    with self._lock:
                        self._sent += len(data)
                        cut = self._cut(number, self._sent)
                    if cut:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        break
                    server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def cutting(upstream: int, cut: Cut) -> Iterator[str]:
    """The address of a proxy before the port `upstream` of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = threading.Thread(target=_Proxy(upstream, cut).accept, args=(listener,))
        acceptor.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()


def once(cut: Cut) -> Cut:
    """Cut where `cut` says so for the first time, and never again."""
    done = threading.Event()

    def first(number: int, sent: int) -> bool:
        if done.is_set() or not cut(number, sent):
            return False
        done.set()
        return True

    return first

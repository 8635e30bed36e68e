"""A real registry on loopback: Debian's docker-registry with TLS and basic authentication."""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from rie.aws.push.manifest import ACCEPTED
from rie.aws.push.repository import Credentials
from tests.support import certificate

PROGRAM = "docker-registry"
_LISTENING = re.compile(r"listening on .*:(\d+), tls")


@dataclass(frozen=True)
class Server:
    """A running registry; `authority` is the certificate that a client has to trust."""

    port: int
    authority: Path
    credentials: Credentials

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str) -> requests.Response:
        """Ask it straight, past any proxy between it and the code under test."""
        user = self.credentials
        return requests.get(
            f"https://{self.address}/v2/{path}",
            auth=(user.username, user.password),
            headers={"Accept": ", ".join(ACCEPTED)},
            verify=str(self.authority),
            timeout=30,
        )

    def tags(self, repository: str) -> list[str]:
        answer = self.get(f"{repository}/tags/list")
        return answer.json()["tags"] or [] if answer.ok else []


@contextmanager
def serve(folder: Path, credentials: Credentials) -> Iterator[Server]:
    """Run a registry that keeps everything in memory and lets `credentials` in."""
    authority, key = certificate.write(folder)
    users = folder / "htpasswd"
    users.write_text(f"{credentials.username}:{_bcrypt(credentials.password)}\n")
    settings = folder / "config.yml"
    settings.write_text(
        json.dumps(  # JSON is YAML
            {
                "version": 0.1,
                "log": {"level": "info", "accesslog": {"disabled": True}},
                "storage": {"inmemory": {}},
                "http": {
                    "addr": "127.0.0.1:0",
                    "secret": "of one test run",
                    "tls": {"certificate": str(authority), "key": str(key)},
                },
                "auth": {"htpasswd": {"realm": "surefoot", "path": str(users)}},
            }
        )
    )
    with subprocess.Popen(
        [PROGRAM, "serve", settings], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stderr is not None
            port = _port(process.stderr)
            reader = threading.Thread(target=process.stderr.read, daemon=True)
            reader.start()  # a full pipe would stop it
            yield Server(port, authority, credentials)
        finally:
            process.kill()
        reader.join()


def _port(log: Iterator[str]) -> int:
    """Wait for the line that says where it listens; its log goes on."""
    said = []
    for line in log:
        said.append(line)
        if found := _LISTENING.search(line):
            return int(found[1])
    raise AssertionError(f"{PROGRAM} ended: {''.join(said)}")


def _bcrypt(password: str) -> str:
    """The one kind of hash the registry takes, from the C library of any Debian."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    hashed: bytes = library.crypt(password.encode(), b"$2b$04$surefootsurefootsurefo")
    return hashed.decode()

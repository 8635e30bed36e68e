"""Pinning base images, against a registry that wants a token for anonymous pulls."""

from __future__ import annotations

import argparse
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rie.bounded_response import MAX_DOCUMENT_BYTES
from rie.errors import UserError
from rie.images.pin import execute, files, references
from rie.images.reference import Reference, parse, resolve_digest
from rie.paths import ROOT

MANIFEST = b'{"schemaVersion": 2}'
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
OLD = f"sha256:{'0' * 64}"


class Registry(ThreadingHTTPServer):
    """One manifest for every tag but `gone`; `reported` is the digest in its header."""

    reported = DIGEST

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        if self.path.startswith("/token?"):
            assert "scope=repository%3Ateam%2Fbase%3Apull" in self.path
            self.answer(200, json.dumps({"token": "anonymous"}).encode())
        elif self.headers.get("Authorization") != "Bearer anonymous":
            realm = f'Bearer realm="http://{self.server.name}/token",service="s"'
            scope = 'scope="repository:team/base:pull"'
            self.answer(401, b"", {"WWW-Authenticate": f"{realm},{scope}"})
        elif self.path.endswith("/gone"):
            self.answer(404, b"")
        elif self.path.endswith("/huge"):
            self.answer(200, b" " * (MAX_DOCUMENT_BYTES + 1))
        else:
            assert "image.index" in self.headers["Accept"]
            self.answer(200, MANIFEST, {"Docker-Content-Digest": self.server.reported})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_tag_is_pinned_to_what_the_registry_has(registry: Registry) -> None:
    reference = resolve_digest(Reference(registry.name, "team/base", "al2"))
    assert str(reference) == f"{registry.name}/team/base:al2@{DIGEST}"


def test_a_digest_that_does_not_fit_its_content_is_refused(registry: Registry) -> None:
    registry.reported = OLD
    with pytest.raises(UserError, match="but its registry reports"):
        resolve_digest(Reference(registry.name, "team/base", "al2"))


def test_a_tag_that_is_not_there_is_named(registry: Registry) -> None:
    with pytest.raises(UserError, match="answers 404 for team/base:gone"):
        resolve_digest(Reference(registry.name, "team/base", "gone"))


def test_a_registry_out_of_reach_is_named(registry: Registry) -> None:
    with pytest.raises(UserError, match=r"127\.0\.0\.1:1 does not answer"):
        resolve_digest(Reference("127.0.0.1:1", "team/base", "al2"))


@pytest.mark.parametrize("text", ["surefoot", "surefoot:latest", "team/base:al2", "scratch"])
def test_an_image_of_this_machine_is_no_reference(text: str) -> None:
    assert parse(text) is None


@pytest.fixture
def checkout(tmp_path: Path, registry: Registry) -> Path:
    (tmp_path / "bootstrap").mkdir()
    bases = {"new": f"{registry.name}/team/base:new", "local": "x"}
    (tmp_path / "bootstrap" / "bases.json").write_text(json.dumps(bases))
    (tmp_path / "Dockerfile").write_text(
        f"ARG BASE={registry.name}/team/base:al2@{OLD}\nARG OTHER=surefoot\nFROM ${{BASE}}\n"
    )
    return tmp_path


def test_every_reference_is_pinned_in_place(checkout: Path, registry: Registry) -> None:
    assert execute(argparse.Namespace(check=False), checkout) == 0
    pin = f"{registry.name}/team/base:al2@{DIGEST}"
    assert (checkout / "Dockerfile").read_text() == (
        f"ARG BASE={pin}\nARG OTHER=surefoot\nFROM ${{BASE}}\n"
    )
    bases = json.loads((checkout / "bootstrap" / "bases.json").read_text())
    assert bases == {"new": f"{registry.name}/team/base:new@{DIGEST}", "local": "x"}
    assert execute(argparse.Namespace(check=True), checkout) == 0


def test_a_check_changes_nothing(checkout: Path) -> None:
    before = (checkout / "Dockerfile").read_text()
    assert execute(argparse.Namespace(check=True), checkout) == 1
    assert (checkout / "Dockerfile").read_text() == before


def test_one_that_cannot_be_pinned_leaves_all_as_they_were(
    checkout: Path, registry: Registry
) -> None:
    bases = checkout / "bootstrap" / "bases.json"
    bases.write_text(json.dumps({"new": f"{registry.name}/team/base:gone"}))
    before = (checkout / "Dockerfile").read_text()
    with pytest.raises(UserError):
        execute(argparse.Namespace(check=False), checkout)
    assert (checkout / "Dockerfile").read_text() == before


def test_it_finds_every_base_image_of_the_project() -> None:
    found = {
        f"{reference.registry}/{reference.repository}"
        for path in files(ROOT)
        for _, reference in references(path.read_text(), path.name)
    }
    assert {"public.ecr.aws/lambda/provided", "ghcr.io/astral-sh/uv"} <= found
    defaults = (ROOT / "Dockerfile").read_text()
    assert json.loads((ROOT / "bootstrap" / "bases.json").read_text())["al2"] in defaults


def test_an_answer_that_is_no_manifest_by_its_size_is_refused(registry: Registry) -> None:
    with pytest.raises(UserError, match=f"{registry.name} answered with more than 4,194,304 bytes"):
        resolve_digest(Reference(registry.name, "team/base", "huge"))

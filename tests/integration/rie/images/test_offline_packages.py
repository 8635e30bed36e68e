"""Files on loopback for a build: what pip gets through the proxy address."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import requests

from rie.images.offline_packages import serve_folders
from tests.support.wheel import write_wheel


def get(proxies: dict[str, str], address: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(address, proxies={"http": proxies["http_proxy"]}, timeout=10)


def test_a_folder_is_a_page_of_links_and_its_files_come_whole(tmp_path: Path) -> None:
    (tmp_path / "a-1.0.whl").write_bytes(b"\0wheel")
    with serve_folders({"wheels": tmp_path}) as arguments:
        page = get(arguments, "http://localhost/wheels/")
        assert 'href="a-1.0.whl"' in page.text
        assert get(arguments, "http://localhost/wheels/a-1.0.whl").content == b"\0wheel"


def test_nothing_beside_the_shelves_is_served(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (tmp_path / "secret").write_text("s")
    with serve_folders({"wheels": shelf}) as arguments:
        for address in (
            "http://localhost/wheels/..%2Fsecret",
            "http://localhost/other/",
            "http://localhost/wheels/gone",
            "http://elsewhere.invalid/wheels/",
        ):
            assert get(arguments, address).status_code == 404, address


def test_pip_installs_from_it(tmp_path: Path) -> None:
    write_wheel(tmp_path)
    target = tmp_path / "target"
    with serve_folders({"wheels": tmp_path}) as arguments:
        variables = {**arguments, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "http://localhost/wheels/"}
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*command, "greeting", "-t", str(target)], env=variables, check=True)
    assert (target / "greeting.py").is_file()

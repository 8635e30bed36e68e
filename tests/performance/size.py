"""What the image adds to its base, against a plain installation of the same interpreter.

``make bench-size`` builds both and prints two tables in Markdown: the layers of the image, and the
comparison. The rival is what one gets without care: the whole library of this machine's CPython
with its test suite, headers and caches of bytecode, and ``pip install awslambdaric``. Static
libraries, which not every distribution of CPython has, are left out of it.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rie.images import image as images
from rie.images import interpreter, local_bases, offline_packages
from rie.images.build import build_directory
from rie.images.engine import connect

if TYPE_CHECKING:
    from docker import DockerClient

RIVAL = "surefoot-bench:rival"
OURS = "surefoot-bench:ours"
RECIPE = """\
ARG BASE
FROM ${BASE}
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
COPY lang/ /var/lang/
COPY awslambdaric.txt /tmp/
RUN /var/lang/bin/python3 -m pip install --root-user-action ignore -r /tmp/awslambdaric.txt
"""


def build_rival(client: DockerClient) -> None:
    """Build RIVAL on the local base."""
    found = interpreter.find()
    with tempfile.TemporaryDirectory(prefix="surefoot-size.") as folder:
        lang = Path(folder) / "lang"
        library = lang / "lib" / f"python{found.minor}"
        unwanted = shutil.ignore_patterns("site-packages", "dist-packages", "*.a")
        shutil.copytree(found.stdlib, library, ignore=unwanted, symlinks=True)
        site = library / found.packages
        for package in _pip():
            shutil.copytree(package, site / package.name)
        (lang / "bin").mkdir()
        shutil.copy2(found.executable, lang / "bin" / "python3")
        headers = found.executable.parent.parent / "include"
        shutil.copytree(headers, lang / "include")
        with tempfile.TemporaryDirectory(prefix="surefoot-pack.") as packed:
            _shared_libraries(found, Path(packed), lang / "lib")
        shutil.copy(images.AWSLAMBDARIC, folder)
        offered = offline_packages.fetch_wheels(images.AWSLAMBDARIC, found.minor)
        with offline_packages.serve_folders({offline_packages.WHEELS: offered}) as arguments:
            given = {
                **arguments,
                **offline_packages.PIP_ARGUMENTS,
                "BASE": local_bases.ensure_base(client),
            }
            build_directory(client, Path(folder), RIVAL, given, recipe=RECIPE, network="host")


def _pip() -> Iterator[Path]:
    """pip and its metadata, as the interpreter that runs this has them."""
    import pip

    package = Path(pip.__file__).parent
    yield package
    yield from package.parent.glob("pip-*.dist-info")


def _shared_libraries(found: interpreter.Interpreter, scratch: Path, target: Path) -> None:
    """The libraries that the stand-in packs for the interpreter: without them it does not start."""
    import tarfile

    archive = scratch / "cpython.tar.gz"
    interpreter.pack(found, archive)
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.name.count("/") == 2 and ".so" in member.name:
                member.name = Path(member.name).name
                packed.extract(member, target, filter="data")


def layers(client: DockerClient, name: str) -> list[tuple[int, str]]:
    """Bytes and instruction of each layer with a content, the oldest first."""
    found = []
    for layer in reversed(client.images.get(name).history()):
        made_by = str(layer["CreatedBy"]).replace("/bin/sh -c #(nop) ", "").strip()
        if layer["Size"]:
            words = [word for word in made_by.split() if not word.startswith(("file:", "dir:"))]
            found.append((int(layer["Size"]), " ".join(words)[:60] or "the base image"))
    return found


def main() -> int:
    """Build, measure, print."""
    with contextlib.closing(connect()) as client:
        images.build(client, images.LOCAL, tag=OURS, python=interpreter.find().minor)
        build_rival(client)
        base = client.images.get(local_bases.BASE_TAG).attrs["Size"]
        ours, rival = (client.images.get(name).attrs["Size"] - base for name in (OURS, RIVAL))
        print("| layer | MB |\n|---|---|")
        for size, made_by in layers(client, OURS):
            print(f"| {made_by} | {size / 1e6:.1f} |")
        print("\n| on top of the base | MB |\n|---|---|")
        print(f"| surefoot, its CPython included | {ours / 1e6:.1f} |")
        print(f"| the same CPython as installed, and awslambdaric | {rival / 1e6:.1f} |")
        print(f"\n{1 - ours / rival:.0%} smaller", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

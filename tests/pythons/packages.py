"""Puts the pinned packages of the tests into a place, and says which ones cannot be had there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rie.console import print_progress
from rie.errors import UserError
from rie.paths import ROOT
from tests.pythons.places import Place

_BLOCKS = re.compile(r"(?m)^(?=[A-Za-z0-9])")
_LACKING = re.compile(r"(?m)^ERROR: No matching distribution found for ([\w.-]+)==")
_PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")


@dataclass
class Packages:
    """A place's packages: `built` there from source, and `lacking` with the reason of each."""

    built: list[str] = field(default_factory=list)
    lacking: dict[str, str] = field(default_factory=dict)


def install(place: Place) -> Packages:
    """Make the virtual environment there and fill it from tests/requirements.txt, hashes checked.

    A package without a wheel for that Python is built from source, and left out where that fails.
    Raises UserError for anything else.
    """
    packages = Packages()
    blocks = _BLOCKS.split((ROOT / "tests" / "requirements.txt").read_text())
    if place.run(place.python, "-m", "venv", place.venv).returncode:
        raise UserError(f"no virtual environment for {place.version}", "read the reason above")
    while name := _install(place, blocks, packages):
        if name not in packages.built:
            packages.built.append(name)
            print_progress(f"{name} has no wheel for CPython {place.version}: building it")
            continue
        packages.built.remove(name)
        packages.lacking[name] = f"the pinned {name} cannot be installed on {place.version}"
        print_progress(f"{packages.lacking[name]}: left out")
    return packages


def _name(block: str) -> str:
    return block.partition("==")[0].partition("[")[0].strip().lower()


def _install(place: Place, blocks: Sequence[str], packages: Packages) -> str:
    """Install all that is not lacking; the name of one package that failed, empty when none did."""
    wanted = "".join(block for block in blocks if _name(block) not in packages.lacking)
    path = f"build/pythons/{place.version}.txt"
    (ROOT / path).write_text(wanted)
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    options += [word for name in packages.built for word in ("--no-binary", name)]
    command = [f"{place.venv}/bin/python", *_PIP, *options, "--requirement", path]
    done = place.run(*command, capture=True)
    if done.returncode == 0:
        return ""
    if found := _LACKING.search(done.stderr):
        return found[1].lower()
    if packages.built:
        return packages.built[-1]
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    raise UserError(f"pip failed for CPython {place.version}: {last}", "repeat it")

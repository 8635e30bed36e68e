"""``python -m tests.pythons``: every test that needs no image, on every CPython from 3.10 on.

The interpreters of this machine (pyenv's and PATH's) are taken as they are; 3.14 and 3.15 come from
Debian's sid, in a chroot under build/ (root and mmdebstrap). All of it stays under build/pythons.
"""

from __future__ import annotations

import argparse
import json
import sys

from rie.console import print_progress
from rie.errors import UserError
from tests.pythons import lacking, packages, places

SOAK = ("-m", "tests.soak", "--invocations", "20000")


def main() -> int:
    """Run it from the command line; 0 when everything passed everywhere."""
    parser = argparse.ArgumentParser(prog="python -m tests.pythons", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="X.Y", help="a version")
    parser.add_argument("--no-soak", action="store_true", help="leave the soak run out")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest (after --)")
    options = parser.parse_args()
    outcomes = {}
    try:
        for place in places.find(options.only):
            outcomes[place.version] = _outcome(place, options.pytest, soak=not options.no_soak)
    except UserError as error:
        print_progress(f"error: {error.reason}\n  remedy: {error.remedy}")
        return 2
    for version, outcome in outcomes.items():
        print(f"CPython {version}: {outcome}")
    return 0 if all(outcome.startswith("passed") for outcome in outcomes.values()) else 1


def _outcome(place: places.Place, words: list[str], *, soak: bool) -> str:
    print_progress(f"\n== CPython {place.version}: {place.python}")
    lacks = packages.install(place).lacking
    python = f"{place.venv}/bin/python"
    suite = ["-p", "tests.pythons.lacking", "-p", "no:cacheprovider", "--ignore", "tests/image"]
    passed = place.run(
        python, "-m", "pytest", *suite, *words, variables={lacking.VARIABLE: json.dumps(lacks)}
    )
    failures = [] if passed.returncode == 0 else [f"pytest exited with {passed.returncode}"]
    if soak and (ended := place.run(python, *SOAK)).returncode:
        failures.append(f"the soak run exited with {ended.returncode}")
    without = f" (without {', '.join(lacks)})" if lacks else ""
    return ("; ".join(failures) or "passed") + without


if __name__ == "__main__":
    sys.exit(main())

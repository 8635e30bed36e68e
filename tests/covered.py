"""``python -m tests.covered``: how much of each package the tests have run, against its threshold.

Reads what `make test` measured, lines and branches. The thresholds are in pyproject.toml, under
tool.surefoot.coverage; exit code 1 when a package is below its own and nothing was skipped, as in
CI (REQUIRE_ENGINE): without a container engine much of rie cannot run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from rie.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT = "default"


def package_of(path: str) -> str:
    """The package of a measured file, as the thresholds name it: its first folder with code."""
    parts = Path(path).parts
    if parts[0] == "functions":
        return f"functions/{parts[1]}"
    return parts[1] if parts[0] == "runtime" else parts[0]


def by_package(files: dict[str, Any]) -> dict[str, float]:
    """Per cent of lines and branches that ran, by package; copies outside of the checkout left out.

    `files` are those of coverage's JSON report.
    """
    ran: dict[str, int] = defaultdict(int)
    there: dict[str, int] = defaultdict(int)
    for path, measured in files.items():
        if Path(path).is_absolute():
            continue
        summary = measured["summary"]
        ran[package_of(path)] += summary["covered_lines"] + summary["covered_branches"]
        there[package_of(path)] += summary["num_statements"] + summary["num_branches"]
    return {name: 100 * ran[name] / (there[name] or 1) for name in sorted(there)}


def below(shares: dict[str, float], thresholds: dict[str, float]) -> list[str]:
    """The packages below their threshold."""
    return [
        name for name, share in shares.items() if share < thresholds.get(name, thresholds[DEFAULT])
    ]


def main() -> int:
    """Print the table; 1 when a package is below its threshold and no test was skipped."""
    report = ROOT / "build" / "coverage" / "report.json"
    command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)]
    # Tests run copies, too, which are gone by now.
    command += ["--ignore-errors", "--include", "runtime/*,rie/*,functions/*"]
    subprocess.run(command, cwd=ROOT, check=True)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    thresholds: dict[str, float] = settings["tool"]["surefoot"]["coverage"]
    shares = by_package(json.loads(report.read_text())["files"])
    low = below(shares, thresholds)
    for name, share in shares.items():
        wanted = thresholds.get(name, thresholds[DEFAULT])
        print(f"{name:32} {share:5.1f} % (at least {wanted} %){' BELOW' if name in low else ''}")
    return 1 if low and os.environ.get("REQUIRE_ENGINE") else 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.sealed_botocore CHECKOUT``: run the tests of a botocore (or boto3) checkout.

CHECKOUT is a clone or an unpacked source distribution with tests. All modules and models of
botocore, boto3 and what they need are sealed, as ``surefoot seal`` would for a function that uses
everything: those of the checkout, and from the interpreter's packages what the checkout lacks. Then
its tests run in its own tests folder, with the finder installed before anything else is imported.
The interpreter needs pytest and what the checkout's requirements-dev.txt names, and nothing of this
project: PYTHONPATH=runtime. Words after -- go to pytest, in place of ``unit functional``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.sealed_init import seal_init
from tests.sealed_botocore.sealed_botocore_plugin import VARIABLE

ROOT = Path(__file__).parents[2]
PACKAGES = ("botocore", "boto3", "s3transfer", "jmespath", "dateutil", "urllib3")


def main() -> int:
    """Seal, run pytest, and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sealed_botocore", description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--without", action="store_true", help="for comparison: nothing is sealed")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest (after --)")
    options = parser.parse_args()
    checkout = options.checkout.resolve()
    # The plugin by its own name: the checkout has a package called tests, too.
    path = os.pathsep.join(map(str, (checkout, ROOT / "runtime", Path(__file__).parent)))
    with tempfile.TemporaryDirectory() as folder:
        record = str(Path(folder, "record"))
        environ = {**os.environ, "PYTHONPATH": path}
        plugin = []
        if not options.without:
            print(seal_init(facts_of(checkout), record).describe(), flush=True)
            environ[VARIABLE] = f"{record}.init"
            plugin = ["-p", "sealed_botocore_plugin"]
        words = options.pytest or ["unit", "functional"]
        command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-q", *words]
        return subprocess.run(command, cwd=checkout / "tests", env=environ, check=False).returncode


def facts_of(checkout: Path) -> InitFacts:
    """Return all that there is to seal: modules, models, and the folders of models."""
    facts = InitFacts()
    for package in PACKAGES:
        top = checkout / package
        if not top.is_dir():
            top = Path(sysconfig.get_path("purelib"), package)
        facts.modules.update(_modules(top))
        data = top / "data"
        if data.is_dir():
            facts.data_folders.append(str(data))
            facts.models.extend(sorted(str(path) for path in data.rglob("*.json*")))
    return facts


def _modules(top: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(top.rglob("*.py")):
        parts = path.relative_to(top.parent).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), str(path)


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.soak``: a campaign of 100,000 invocations, or of as many as are wanted.

Every scene runs real processes in the image's launch mode: plain calls, breaking connections,
streams, child processes, coroutines, workers that die, a shell function, time-outs. A table says
how many invocations were answered once, and how many were lost, answered twice or answered wrongly,
and what descriptors and memory were at the start and at the end. Exit code 1 when any of that is
not as it must be. The same seed asks the same things in the same order.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rie.console import print_progress
from tests.soak.account import Account, table
from tests.soak.campaign import run
from tests.soak.load import SCENES


def main() -> int:
    """Run it from the command line; 0 when every invocation had its one right answer."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--invocations", type=int, default=100_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    names = [scene.name for scene in SCENES]
    parser.add_argument("--scene", action="append", choices=names, help="only this one")
    options = parser.parse_args()
    scenes = [scene for scene in SCENES if not options.scene or scene.name in options.scene]
    total = sum(scene.share for scene in scenes)
    accounts: dict[str, Account] = {}
    for scene in scenes:
        count = max(1, round(options.invocations * scene.share / total))
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="surefoot-soak-") as task:
            accounts[scene.name] = account = run(scene, count, options.seed, Path(task))
        faults = account.faults()
        print_progress(
            f"{scene.name}: {count:,} in {time.monotonic() - began:.1f} s: {faults or 'well'}"
        )
        for note in account.notes:
            print_progress(f"  {note}")
    print(table(accounts))
    return 1 if any(account.faults() for account in accounts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

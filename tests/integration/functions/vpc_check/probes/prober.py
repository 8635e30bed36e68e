"""The probes as a program, to be run in a namespace: a question in JSON in, the answer out."""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

from vpc_check.probes import probe_all
from vpc_check.target import Target


def main() -> None:
    asked = json.load(sys.stdin)
    if asked["descriptors"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (asked["descriptors"],) * 2)
    targets = [Target(**each) for each in asked["targets"]]
    began = time.monotonic()
    observations = probe_all(targets, budget_s=asked["budget_s"])
    answer = {
        "seconds": time.monotonic() - began,
        "observations": [asdict(each) for each in observations],
        "descriptors_left_open": len(list(Path("/proc/self/fd").iterdir())) - 1,
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()

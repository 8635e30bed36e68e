"""Print how long planning 500 targets takes, start included and warm.

Run ``PYTHONPATH=.:runtime:functions/scheduled_scaling python -m
tests.integration.functions.scheduled_scaling.measure``. The function runs under AWS's emulator,
moto in this process. The pauses let the rate limiter for reads recover. The load says whether the
machine had the time for it. At the end the function's own processor time, in a process beside moto,
which says the same on a busy machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO

from rie.demo.aws.moto_server import moto_server, variables
from rie.function import find
from rie.local.official_rie import OfficialRie
from scheduled_scaling import app
from surefoot.testing import invoke
from tests.integration.functions.scheduled_scaling.test_many import COUNT, many_services, scenarios

EVENT = {"scenario": "many", "step": "up", "dry_run": True}
PAUSE_S = 4.0
_OWN = "--own"


def main() -> None:
    """Four invocations one after the other."""
    with moto_server() as url, tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        leading = dict(variables(url))
        os.environ.update(leading)
        names = [f"worker-{number}" for number in range(COUNT)]
        many_services(names)
        file.write(scenarios(names))
        file.flush()
        settings = {**leading, "SCALING_SCENARIOS": file.name}
        with OfficialRie(find("scheduled_scaling"), variables=settings, memory_mb=1769) as emulator:
            for number in range(4):
                answer = emulator.invoke(json.dumps(EVENT).encode())
                result = json.loads(answer.body)
                kind = "start included" if number == 0 else "warm"
                calls = sum(result["calls"].values())
                sys.stdout.write(
                    f"{COUNT} targets, {calls} calls, {kind}: {answer.seconds:.2f} s"
                    f" (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)\n"
                )
                time.sleep(PAUSE_S)
        command = [sys.executable, "-m", __spec__.name, _OWN]
        subprocess.run(command, check=True, env={**os.environ, **settings})


def own_time() -> None:
    """Plan three times in this process; AWS is elsewhere."""
    for number in range(3):
        began = time.process_time()
        with redirect_stdout(StringIO()):
            invoke(app.handler, EVENT, timeout=900)
        kind = "first" if number == 0 else "warm"
        sys.stdout.write(f"own processor time, {kind}: {time.process_time() - began:.2f} s\n")
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    own_time() if sys.argv[1:] == [_OWN] else main()

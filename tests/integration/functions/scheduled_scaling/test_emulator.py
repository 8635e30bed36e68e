"""The function under AWS's emulator, as a program of its own, with AWS across HTTP."""

from __future__ import annotations

import json
from pathlib import Path

from rie.demo.aws import scaling_fixtures as seed
from rie.function import find
from rie.local.official_rie import OfficialRie
from tests.integration.functions.scheduled_scaling.conftest import FUNCTION, Night
from tests.integration.functions.scheduled_scaling.test_night import BEFORE, OUT
from tests.support.aws import variables


def test_a_night_under_the_emulator(night: Night, aws: str, tmp_path: Path) -> None:
    seed.night()
    settings = {**variables(aws), "SCALING_ENGINES": seed.ENGINE}
    events = FUNCTION / "events"
    with (
        (tmp_path / "log").open("w+b") as logs,
        OfficialRie(find("scheduled_scaling"), variables=settings, logs=logs) as emulator,
    ):
        plan = emulator.invoke((events / "1-dry-run.json").read_bytes())
        assert json.loads(plan.body)["status"] == "plan"
        assert seed.instances() == BEFORE
        out = emulator.invoke((events / "2-scale-out.json").read_bytes())
        assert json.loads(out.body)["status"] == "done"
        assert (seed.instances(), seed.service()) == (OUT, (10, 20, 40))
        emulator.invoke((events / "6-restore.json").read_bytes())
        assert (seed.instances(), seed.service()) == (BEFORE, (1, 2, 4))
        wrong = emulator.invoke(b'{"scenario": "nightly-batch", "step": "scale-otu"}')
        assert json.loads(wrong.body)["errorType"] == "ValidationError"
        assert "did you mean 'scale-out'?" in json.loads(wrong.body)["errorMessage"]
        logs.seek(0)
        assert b"rds:FailoverDBCluster" in logs.read()

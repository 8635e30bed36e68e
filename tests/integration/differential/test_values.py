"""What handlers return is marshalled to the same bytes under the same headers."""

from __future__ import annotations

import json

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.pair import Pairs
from tests.integration.differential.scenario import Scenario
from tests.integration.differential.tasks import objects, values
from tests.support.invocation import Invocation

MODULES = {"values": values.NAMES, "objects": objects.NAMES}
INVOCATIONS = {
    f"{module} {name}": Invocation(json.dumps(name).encode())
    for module, names in MODULES.items()
    for name in names
}
SCENARIOS = {
    f"{module} {environment}": Scenario(
        f"{module} {environment}",
        f"{module}.handler",
        tuple(INVOCATIONS[f"{module} {name}"] for name in names),
        {"AWS_EXECUTION_ENV": environment},
    )
    for module, names in MODULES.items()
    for environment in (None, "AWS_Lambda_Image", "AWS_Lambda_python3.12")
}


@pytest.mark.parametrize(
    ("scenario", "case"),
    [
        (scenario, case)
        for scenario in SCENARIOS
        for case in INVOCATIONS
        if case.split()[0] == scenario.split()[0]
    ],
)
def test_results_are_marshalled_alike(pairs: Pairs, scenario: str, case: str) -> None:
    pair = pairs.run(SCENARIOS[scenario])
    expected = comparable.post(pair.awslambdaric.post(INVOCATIONS[case]))
    assert comparable.post(pair.surefoot.post(INVOCATIONS[case])) == expected


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_results_are_logged_alike(pairs: Pairs, scenario: str) -> None:
    pair = pairs.run(SCENARIOS[scenario])
    expected = comparable.log(pair.awslambdaric.outcome)
    assert comparable.log(pair.surefoot.outcome) == expected

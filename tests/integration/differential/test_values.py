"""What handlers return is marshalled to the same bytes under the same headers."""

from __future__ import annotations

import json

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.differences import proves
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
    for environment in (None, "AWS_Lambda_python3.11", "AWS_Lambda_python3.12")
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


@proves("utf8-in-images")
def test_an_image_answers_in_utf_8_unless_escapes_are_asked_for(pairs: Pairs) -> None:
    case = "values string-cjk"
    environment = {"AWS_EXECUTION_ENV": "AWS_Lambda_Image"}
    invocation = INVOCATIONS[case]
    pair = pairs.run(Scenario("utf-8", "values.handler", (invocation,), environment))
    ours, theirs = (each.post(invocation).body for each in (pair.surefoot, pair.awslambdaric))
    assert json.loads(ours) == json.loads(theirs)
    assert (ours.isascii(), theirs.isascii()) == (False, True)
    escaped = {**environment, "SUREFOOT_ESCAPE_JSON": "1"}
    again = pairs.run(Scenario("escaped", "values.handler", (invocation,), escaped))
    assert again.surefoot.post(invocation).body == theirs

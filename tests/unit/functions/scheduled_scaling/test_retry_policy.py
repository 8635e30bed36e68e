"""Which errors are waited for, and for how long."""

from __future__ import annotations

import pytest

from scheduled_scaling.errors import CallFailed, TargetError
from scheduled_scaling.model import Target
from scheduled_scaling.retry_policy import NO_CAPACITY, record_error
from scheduled_scaling.target_progress import FAILED, OPEN, TargetProgress
from tests.unit.functions.fake_aws import error

NOW, LIMIT_S = 1_795_000_000.0, 1800.0
WRONG_STATES = [
    *("InvalidDBInstanceState", "InvalidDBInstanceStateFault"),
    *("InvalidDBClusterState", "InvalidDBClusterStateFault"),
    *("ServiceNotActiveException", "ConflictException", "ScalingActivityInProgress"),
    *("ResourceContention", "ConcurrentUpdateException"),
    *("DBInstanceNotFound", "DBInstanceNotFoundFault"),
]


def progress() -> TargetProgress:
    return TargetProgress(Target("db", "docdb-instances", {"cluster": "orders"}, {}))


@pytest.mark.parametrize("code", WRONG_STATES)
def test_a_wrong_state_is_waited_for_until_its_limit(code: str) -> None:
    found = progress()
    for seconds, status in ((0.0, OPEN), (LIMIT_S - 1, OPEN), (LIMIT_S, FAILED)):
        record_error(found, error(code, "ModifyDBInstance"), NOW + seconds, LIMIT_S, "docdb")
        assert found.status == status
    assert found.error["api"] == "rds:ModifyDBInstance"
    assert "wait until it is available" in found.error["remedy"]


def test_the_limit_begins_again_after_another_error() -> None:
    found = progress()
    record_error(found, error("ConflictException"), NOW, LIMIT_S, "ecs")
    record_error(found, error("ThrottlingException"), NOW + LIMIT_S, LIMIT_S, "ecs")
    assert (found.status, found.wrong_state_since) == (OPEN, 0.0)
    record_error(found, error("ConflictException"), NOW + LIMIT_S + 1, LIMIT_S, "ecs")
    assert (found.status, found.wrong_state_since) == (OPEN, NOW + LIMIT_S + 1)


@pytest.mark.parametrize("code", [*sorted(NO_CAPACITY), "ThrottlingException", "InternalFailure"])
def test_what_may_pass_is_tried_without_a_limit_of_its_own(code: str) -> None:
    found = progress()
    status = 500 if code == "InternalFailure" else 400
    for seconds in (0.0, 10 * LIMIT_S):
        record_error(found, error(code, status=status), NOW + seconds, LIMIT_S, "docdb")
    assert found.status == OPEN
    assert found.waiting == f"rds:Call to be accepted ({code})"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("InvalidParameterValue", "choose a class that"),
        ("InvalidParameterCombination", "choose a class that"),
        ("InstanceQuotaExceeded", "request a higher quota"),
        ("AccessDenied", "allow rds:Call"),
    ],
)
def test_what_stays_wrong_fails_at_once(code: str, remedy: str) -> None:
    found = progress()
    record_error(found, error(code), NOW, LIMIT_S, "docdb")
    assert found.status == FAILED
    assert found.waiting == ""
    assert remedy in found.error["remedy"]
    assert str(found).startswith(f"db: rds:Call failed ({code}): {code} happened; ")


@pytest.mark.parametrize(("transient", "status"), [(True, OPEN), (False, FAILED)])
def test_a_target_error_may_pass_or_not(transient: bool, status: str) -> None:
    found = progress()
    record_error(found, TargetError("why", "how", transient=transient), NOW, LIMIT_S)
    assert (found.status, str(found)) == (status, "db: why; how")
    assert found.waiting == ("why" if transient else "")
    record_error(found, TargetError("why", "how", transient=True), NOW + LIMIT_S, LIMIT_S)
    assert found.status == FAILED


def test_an_error_of_a_batch_names_the_service_that_it_came_from() -> None:
    found = progress()
    record_error(found, CallFailed("docdb", error("AccessDenied", "Describe")), NOW, LIMIT_S)
    assert found.error["api"] == "rds:Describe"


def test_a_defect_is_raised() -> None:
    with pytest.raises(KeyError):
        record_error(progress(), KeyError("x"), NOW, LIMIT_S)


def test_progress_goes_to_the_next_invocation() -> None:
    found = progress()
    assert found.dump() == {}
    record_error(found, error("ConflictException"), NOW, LIMIT_S, "ecs")
    found.applied, found.requested_at, found.is_saved = ["a"], {"x": NOW}, True
    found.fallbacks, found.note, found.before = ["b"], "n", {"c": 1}
    found.after = {"not": "saved"}
    again = TargetProgress.load(found.target, found.dump())
    assert again.dump() == found.dump()
    assert set(found.dump()) == {
        *("applied", "requested_at", "is_saved", "fallbacks", "note", "before", "error"),
        *("waiting", "wrong_state_since"),
    }
    again.clear_error()
    assert (again.error, again.wrong_state_since) == ({}, 0.0)

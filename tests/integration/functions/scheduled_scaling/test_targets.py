"""A target that fails is reported with API and remedy; the others get their state."""

from __future__ import annotations

import json

import pytest

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.errors import ScalingFailed, ValidationError
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.test_night import OUT

PLACE = "(account 123456789012, eu-west-1)"
TROUBLE = {
    "missing permission": (
        "UpdateService",
        ("AccessDeniedException", "User is not authorized to perform: ecs:UpdateService"),
        (
            "workers: ecs:UpdateService failed (AccessDeniedException): User is not "
            "authorized to perform: ecs:UpdateService; allow ecs:UpdateService on the resource in "
            "the policy of the role"
        ),
    ),
    "bounds refused": (
        "RegisterScalableTarget",
        ("ValidationException", "min too low"),
        (
            "workers: application-autoscaling:RegisterScalableTarget failed "
            "(ValidationException): min too low; correct what the message names"
        ),
    ),
    "cannot save": (
        "TagResource",
        ("AccessDeniedException", "no"),
        (
            "workers: ecs:TagResource failed (AccessDeniedException): no; allow "
            "ecs:TagResource on the resource in the policy of the role"
        ),
    ),
    "cannot be read": (
        "DescribeServices",
        ("AccessDeniedException", "no"),
        (
            "workers: ecs:DescribeServices failed (AccessDeniedException): no; allow "
            "ecs:DescribeServices on the resource in the policy of the role"
        ),
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_one_failed_target_does_not_stop_the_others(
    night: Night, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed.night()
    operation, refused, line = TROUBLE[name]
    night.faults.decide = lambda _number, current: refused if current == operation else None
    with pytest.raises(ScalingFailed) as caught:
        night.step("scale-out")
    assert str(caught.value) == f"1 of 2 targets failed in nightly-batch/scale-out {PLACE}\n{line}"
    night.faults.reset_rules()
    assert seed.instances() == OUT
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    targets = {target["name"]: target for target in result["targets"]}
    assert result["status"] == "failed"
    assert targets["orders-db"]["status"] == "reached"
    assert targets["workers"]["error"]["code"] == refused[0]


def test_what_cannot_be_saved_is_not_changed(night: Night) -> None:
    seed.night()
    operation, refused, _ = TROUBLE["cannot save"]
    night.faults.decide = lambda _number, current: refused if current == operation else None
    with pytest.raises(ScalingFailed):
        night.step("scale-out")
    night.faults.reset_rules()
    assert seed.service() == (1, 2, 4)


REFUSALS = {
    ("InvalidParameterValue", "ValidationError DB Instance class: db.r9z.large"): (
        "choose a class that this engine version and Region offer"
    ),
    ("InsufficientDBInstanceCapacity", "no room"): (
        "name other classes under fallback, or try later"
    ),
    ("InvalidDBInstanceState", "it is not available"): (
        "wait until it is available, and look at it if it never is"
    ),
}


@pytest.mark.parametrize("refused", REFUSALS)
def test_refusals_of_documentdb_get_their_own_remedy(
    night: Night, refused: tuple[str, str]
) -> None:
    seed.night()
    night.set(wrong_state_limit_s=60, time_limit_s=300)
    night.faults.decide = lambda _number, current: (
        refused if current == "ModifyDBInstance" else None
    )
    with pytest.raises(ScalingFailed) as caught:
        night.step("scale-out")
    line = str(caught.value).splitlines()[1]
    assert line == (
        f"orders-db: rds:ModifyDBInstance failed ({refused[0]}): {refused[1]}; {REFUSALS[refused]}"
    )


def test_clusters_of_other_engines_are_left_alone(night: Night) -> None:
    seed.night()
    night.set(engines="docdb")
    with pytest.raises(ScalingFailed, match="orders runs neptune, not docdb; leave it out"):
        night.step("scale-out")


def test_a_missing_cluster_is_reported(night: Night) -> None:
    seed.ecs_services()
    with pytest.raises(ScalingFailed, match="orders-db: there is no cluster orders; correct the"):
        night.step("scale-out")
    assert seed.service() == (10, 20, 40)


def test_a_dry_run_fails_where_the_step_would(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    seed.ecs_services()
    with pytest.raises(ScalingFailed, match="there is no cluster orders"):
        night.step("scale-out", dry_run=True)
    assert "failed: there is no cluster orders" in capsys.readouterr().out


def test_a_saved_state_that_was_edited_and_is_invalid_is_reported(night: Night) -> None:
    seed.night()
    night.step("scale-out")
    arn = seed.client("ecs").describe_services(cluster="batch", services=["workers"])
    seed.client("ecs").tag_resource(
        resourceArn=arn["services"][0]["serviceArn"],
        tags=[{"key": "surefoot:scaling:ecs-service:0", "value": "1 desired=many"}],
    )
    with pytest.raises(ScalingFailed, match=r"desired: it is a text .many.; write a number"):
        night.step("restore")


def test_a_kind_without_tags_and_no_table_is_said(night: Night) -> None:
    seed.ecs_services()
    night.scenarios(
        '{"version": 1, "scenarios": {"day": {"targets": {"bounds": {"kind": "scalable-target", '
        '"namespace": "ecs", "resource": "service/batch/workers", '
        '"dimension": "ecs:service:DesiredCount", "steps": {"up": {"min": 2}}}}}}}'
    )
    answer = night.send({"scenario": "day", "step": "up"})
    note = "its state is not saved: its kind has no tags, and there is no table"
    assert [target.get("note") for target in answer["targets"]] == [note]


def test_prices_of_ones_own_make_an_estimate(night: Night) -> None:
    seed.night()
    night.scenarios(
        '{"version": 1, "estimates": {"usd_per_hour": {"ecs-task": 0.05}, "seconds": '
        '{"ecs-desired": 90}}, "scenarios": {"day": {"targets": {"workers": {"kind": '
        '"ecs-service", "cluster": "batch", "service": "workers", "steps": {"up": '
        '{"desired": 12}}}}}}}'
    )
    answer = night.send({"scenario": "day", "step": "up", "dry_run": True})
    assert answer["plan"][-1].startswith("Estimate: +0.50 USD/h, 90 s. Estimates, not offers.")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere.yaml", "cannot be read (No such file or directory); COPY the file into the"),
        ("s3://nowhere/x", "s3:GetObject failed (NoSuchBucket): The specified bucket does"),
        ("s3://nowhere", "does not name an object; s3://bucket/key"),
        ("ssm:/nowhere", "ssm:GetParameter failed (ParameterNotFound): Parameter /nowhere"),
    ],
)
def test_scenarios_that_cannot_be_read_are_reported(night: Night, place: str, words: str) -> None:
    night.set(scenarios=place)
    with pytest.raises((ValidationError, ScalingFailed)) as caught:
        night.step("scale-out")
    assert words in str(caught.value)


def test_a_timeout_that_leaves_no_time_is_reported(night: Night) -> None:
    with pytest.raises(
        ValidationError, match="nothing beyond the 10 s of SCALING_RESERVE_S; raise the"
    ):
        night.step("scale-out", timeout=9)


def test_an_unknown_schedule_is_reported(night: Night) -> None:
    event = {"resources": ["arn:aws:events:eu-west-1:1:rule/evning"], "detail": {}}
    with pytest.raises(
        ValidationError, match=r"have no schedule 'evning'; add it .* did you mean 'even"
    ):
        night.send(event)

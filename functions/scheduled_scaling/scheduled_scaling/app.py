"""The handler: scale the targets of a scenario to the desired state of a step."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Any

from scheduled_scaling import flow
from scheduled_scaling.announce import Announcer
from scheduled_scaling.aws import AwsClients, iam_prefix
from scheduled_scaling.errors import LeaseHeld, ScalingFailed, ValidationError, suggest
from scheduled_scaling.estimate import Rates
from scheduled_scaling.event import Request, read_event, read_task_token
from scheduled_scaling.job import Job, Lateness, Work
from scheduled_scaling.lease import Lease, NoLease, TableLease
from scheduled_scaling.references import AwsLookup
from scheduled_scaling.saved_state import DynamoDbStore, TagStore
from scheduled_scaling.scenarios import (
    BUILT_IN,
    RESTORE,
    VERIFY,
    Document,
    Scenario,
    fetch_text,
    read_document,
)
from scheduled_scaling.settings import Settings
from scheduled_scaling.state_packing import unpack
from scheduled_scaling.target_progress import TargetProgress
from surefoot import Budget
from surefoot.kit import durable
from surefoot.kit.aws_errors import AwsError, is_aws_error
from surefoot.kit.resumable import Chain

clock, monotonic, sleep = time.time, time.monotonic, time.sleep


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Scale the targets of a scenario to the desired state of a step.

    :param event: ``{"scenario", "step", "dry_run"?}``, as it is or as an EventBridge event's detail
    :returns: version, status, done (nothing is left to do), reached (the state is there), targets
        with before, desired_state and after; ``next``, the event to go on with, if
        SCALING_CONTINUE_BY is return
    :raises UserError: the event, the scenarios or the settings are wrong
    :raises ScalingFailed: a target did not reach its state; the others did
    :raises LeaseHeld: another event is being worked on, for longer than this invocation could wait
    """
    settings = Settings.from_environ(os.environ)
    if settings.continue_by != "durable":
        return _handle(event, context, settings)
    answer: dict[str, Any] = durable.run(
        lambda each, lambda_context: _handle(each, lambda_context, settings),
        event,
        context,
        retry_on=(LeaseHeld,),
        clock=clock,
    )
    return answer


def _handle(event: Any, context: Any, settings: Settings) -> dict[str, Any]:
    aws = _create_clients(settings)
    aws.begin_invocation()
    try:
        request = read_event(event, clock())
        document = _read_scenarios(settings, aws)
        scenario, step = _resolve_step(request, document)
        job = _create_job(request, document, scenario, step, settings, aws, context)
        return flow.run(job, context)
    except (ScalingFailed, LeaseHeld):
        raise  # the one was announced; with the other the event comes again
    except Exception as error:
        failure = error if not is_aws_error(error) else _describe(error, settings, aws, context)
        _fail_task(event, failure, settings, aws)
        if failure is error:
            raise
        raise failure from error


def _describe(error: Exception, settings: Settings, aws: AwsClients, context: Any) -> ScalingFailed:
    """Return an error of AWS that concerns the work as a whole, with where it came from.

    Errors of single targets were recorded with them.
    """
    found = AwsError.from_exception(error, iam_prefix(aws.last_service))
    table = f"the table {settings.table}, " if aws.last_service == "dynamodb" else ""
    return ScalingFailed(f"{found} ({table}{_describe_place(context)})")


def _describe_place(context: Any) -> str:
    """Return the account and Region that the function works in."""
    words = str(getattr(context, "invoked_function_arn", "") or "").split(":")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    account = f"account {words[4]}, " if len(words) > 4 and words[4] else ""
    return f"{account}{region or 'no Region is set'}"


def _fail_task(event: Any, failure: Exception, settings: Settings, aws: AwsClients) -> None:
    token = read_task_token(event)
    if token:
        Announcer(aws, settings.event_bus, token).fail_task(failure)


@lru_cache(maxsize=1)
def _create_clients(settings: Settings) -> AwsClients:
    """Create the clients once per process: that takes longer than most calls."""
    return AwsClients(settings, clock=monotonic, sleep=sleep)


def _read_scenarios(settings: Settings, aws: AwsClients) -> Document:
    def fetch(place: str) -> str:
        return fetch_text(place, os.environ.get("LAMBDA_TASK_ROOT", "."), aws)

    return read_document(settings.scenarios, fetch(settings.scenarios), AwsLookup(aws), fetch)


def _resolve_step(request: Request, document: Document) -> tuple[Scenario, str]:
    name, step = request.scenario, request.step
    if request.schedule:
        if request.schedule not in document.schedules:
            raise ValidationError(
                "detail",
                f"it is empty, and the scenarios have no schedule {request.schedule!r}",
                "add it under schedules, or give scenario and step in the event; "
                f"{suggest(request.schedule, document.schedules)}",
            )
        name, step = document.schedules[request.schedule]
    if step == VERIFY:
        scenario = document.scenario(name, request.of)
        return scenario, request.of
    if step in BUILT_IN:
        return document.scenario(name, RESTORE), step
    return document.scenario(name, step), step


def _create_job(
    request: Request,
    document: Document,
    scenario: Scenario,
    step: str,
    settings: Settings,
    aws: AwsClients,
    context: Any,
) -> Job:
    budget = Budget(context, settings.reserve_s)
    if not budget:
        raise ValidationError(
            "the function's timeout",
            f"it leaves nothing beyond the {settings.reserve_s:g} s of SCALING_RESERVE_S",
            "raise the timeout, or lower SCALING_RESERVE_S",
        )
    chain = Chain(
        {"continuation": request.continuation},
        f"{scenario.name}/{step}",
        time_limit_s=settings.time_limit_s,
        clock=clock,
    )
    state = unpack(chain.state or {})
    # An event dated ahead must not make later ones look old.
    at = state.get("at", min(request.at, clock()))
    key = state.get("key", request.key and f"{request.key}/{scenario.name}/{step}")
    saved = state.get("targets", {})
    return Job(
        scenario=scenario,
        step=step,
        work=Work(request, at, key, _deadline(request, scenario, step, at)),
        targets={t.name: TargetProgress.load(t, saved.get(t.name, {})) for t in scenario.targets},
        rates=Rates.load(document.estimates),
        settings=settings,
        aws=aws,
        store=DynamoDbStore(aws, settings.table) if settings.table else TagStore(aws),
        lease=_create_lease(
            settings, aws, scenario, state.get("owner") or context.aws_request_id, key, at
        ),
        announcer=Announcer(aws, settings.event_bus, request.task_token),
        chain=chain,
        budget=budget,
        clock=clock,
        sleep=sleep,
        lateness=Lateness(bool(state.get("late"))),
        place=_describe_place(context),
        predecessors=scenario.predecessors(step),
    )


def _create_lease(
    settings: Settings, aws: AwsClients, scenario: Scenario, owner: str, key: str, at: float
) -> Lease:
    # Lambda's retry of an invocation has the same id as owner, and may go on at once.
    if not settings.table:
        return NoLease()
    return TableLease(
        aws.client("dynamodb"),
        settings.table,
        scenario.lease,
        owner=owner,
        key=key,
        at=at,
        clock=clock,
        scenario=scenario.name,
    )


def _deadline(request: Request, scenario: Scenario, step: str, at: float) -> float:
    """Return by when the step should be reached, in seconds since the epoch; 0 for no deadline."""
    text = request.by or scenario.deadlines.get(step, "")
    return flow.read_moment("by", text, scenario, at) if text else 0.0

"""The handler: scale the targets of a scenario to the desired state of a step."""

from __future__ import annotations

import json
import os
import time
from functools import lru_cache
from typing import Any

from scheduled_scaling import report
from scheduled_scaling.aws import AwsClients, iam_prefix
from scheduled_scaling.errors import (
    LeaseHeld,
    ScalingFailed,
    StaleEvent,
    Superseded,
    ValidationError,
    suggest,
)
from scheduled_scaling.estimate import Rates
from scheduled_scaling.event import Request, read_event
from scheduled_scaling.job import Job
from scheduled_scaling.lease import Lease, NoLease, TableLease
from scheduled_scaling.reconcile import failed_targets, plan, reconcile
from scheduled_scaling.saved_state import DynamoDbStore, StateStore, TagStore
from scheduled_scaling.scenarios import Document, Scenario, fetch_text, read_document
from scheduled_scaling.settings import Settings
from scheduled_scaling.target_progress import TargetProgress
from surefoot import Budget
from surefoot.kit.aws_errors import AwsError, is_aws_error
from surefoot.kit.resumable import Chain

clock, monotonic, sleep = time.time, time.monotonic, time.sleep


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Scale the targets of a scenario to the desired state of a step.

    :param event: ``{"scenario", "step", "dry_run"?}``, as it is or as an EventBridge event's detail
    :returns: version, status (done, nothing to restore, in progress, superseded, already done or
        plan), targets with before, desired_state and after; ``next``, the event to go on with, if
        SCALING_CONTINUE_BY is return
    :raises UserError: the event, the scenarios or the settings are wrong
    :raises ScalingFailed: a target did not reach its state; the others did
    :raises LeaseHeld: another event is being worked on, for longer than this invocation could wait
    """
    settings = Settings.from_environ(os.environ)
    aws = _create_clients(settings)
    aws.begin_invocation()
    try:
        request = read_event(event, clock())
        document = read_document(settings.scenarios, _fetch_scenarios(settings, aws))
        scenario, step = _resolve_step(request, document)
        job = _create_job(request, document, scenario, step, settings, aws, context)
        return _plan(job) if request.dry_run else _execute(job, context)
    except Exception as error:
        if not is_aws_error(error):
            raise
        # Errors of single targets were recorded with them; this one concerns the work as a whole.
        raise ScalingFailed(
            str(AwsError.from_exception(error, iam_prefix(aws.last_service)))
        ) from error


def _execute(job: Job, context: Any) -> dict[str, Any]:
    try:
        if not _acquire_lease(job):
            return _respond(report.result(job, "already done"))
        finished = reconcile(job)
    except (Superseded, StaleEvent) as reason:
        return _respond(report.result(job, "superseded", reason=str(reason)))
    if not finished:
        return _respond(_continue(job, context))
    failures = failed_targets(job)
    job.lease.release(not failures)
    print(*report.metrics(job), sep="\n")
    answer = _respond(report.result(job, "failed" if failures else report.final_status(job)))
    _raise_failures(job)
    return answer


def _plan(job: Job) -> dict[str, Any]:
    plan(job)
    lines = report.format_plan(job).splitlines()
    print(*lines, sep="\n")
    _raise_failures(job)
    return report.result(job, "plan", plan=lines)


@lru_cache(maxsize=1)
def _create_clients(settings: Settings) -> AwsClients:
    """Create the clients once per process: that takes longer than most calls."""
    return AwsClients(settings, clock=monotonic, sleep=sleep)


def _fetch_scenarios(settings: Settings, aws: AwsClients) -> str:
    return fetch_text(settings.scenarios, os.environ.get("LAMBDA_TASK_ROOT", "."), aws)


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
    state = chain.state or {}
    saved = state.get("targets", {})
    store: StateStore = DynamoDbStore(aws, settings.table) if settings.table else TagStore(aws)
    # An event dated ahead must not make later ones look old.
    at = state.get("at", min(request.at, clock()))
    key = state.get("key", request.key and f"{request.key}/{scenario.name}/{step}")
    lease: Lease = NoLease()
    if settings.table and not request.dry_run:
        lease = TableLease(
            aws.client("dynamodb"),
            settings.table,
            scenario.lease,
            # Lambda's retry of an invocation has the same id, and may go on at once.
            owner=state.get("owner") or context.aws_request_id,
            key=key,
            at=at,
            clock=clock,
        )
    return Job(
        scenario=scenario,
        step=step,
        at=at,
        key=key,
        targets={t.name: TargetProgress.load(t, saved.get(t.name, {})) for t in scenario.targets},
        rates=Rates.load(document.estimates),
        settings=settings,
        aws=aws,
        store=store,
        lease=lease,
        chain=chain,
        budget=budget,
        clock=clock,
        sleep=sleep,
    )


def _acquire_lease(job: Job) -> bool:
    while True:
        try:
            return job.lease.acquire(job.budget.seconds + job.budget.reserve)
        except LeaseHeld:
            if not job.budget.enough(job.settings.poll_s + 1):
                raise
            sleep(job.settings.poll_s)


def _continue(job: Job, context: Any) -> dict[str, Any]:
    event = {"scenario": job.scenario.name, "step": job.step}
    state = {
        "at": job.at,
        "key": job.key,
        "owner": job.lease.transfer(),
        "targets": {name: saved for name, t in job.targets.items() if (saved := t.dump())},
    }
    if job.settings.continue_by == "return":
        return report.result(job, "in progress", next=job.chain.next_event(event, state))
    job.chain.invoke_next(job.aws.client("lambda"), context, event, state)
    return report.result(job, "in progress", next="invoked")


def _respond(answer: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(answer, ensure_ascii=False))
    return answer


def _raise_failures(job: Job) -> None:
    failures = failed_targets(job)
    if failures:
        head = f"{len(failures)} of {len(job.targets)} targets failed"
        raise ScalingFailed("\n".join([f"{head} in {job.scenario.name}/{job.step}", *failures]))

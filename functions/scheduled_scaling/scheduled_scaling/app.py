"""The handler: an event in, the wanted state of its step out, or an error that says what is not."""

from __future__ import annotations

import json
import os
import time
from functools import lru_cache
from typing import Any

from scheduled_scaling import report
from scheduled_scaling.aws import Cloud, prefix
from scheduled_scaling.errors import Busy, Invalid, Outdated, ScalingFailed, Superseded, near
from scheduled_scaling.estimate import Rates
from scheduled_scaling.event import Request, read_event
from scheduled_scaling.job import Job
from scheduled_scaling.lease import Lease, NoLease, TableLease
from scheduled_scaling.retry_policy import is_refusal
from scheduled_scaling.run import failed, plan_only, run
from scheduled_scaling.saved_state import Memory, Table, Tags
from scheduled_scaling.scenarios import Document, Scenario, read_document
from scheduled_scaling.settings import Settings
from scheduled_scaling.source import fetch
from scheduled_scaling.target_progress import Track
from surefoot import Budget
from surefoot.kit.aws_errors import AwsError
from surefoot.kit.self_invoke import invoke_self_async

clock, monotonic, sleep = time.time, time.monotonic, time.sleep


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Bring the targets of a scenario to the state that a step wants.

    :param event: ``{"scenario", "step", "dry_run"?}``, as it is or as an EventBridge event's detail
    :returns: version, status (done, in progress, superseded, already done or plan), targets with
        before, wanted and after; ``next``, the event to go on with, where SCALING_AGAIN is return
    :raises Invalid: the event, the scenarios or the settings are wrong
    :raises ScalingFailed: a target could not be brought to its state; the others were
    :raises Busy: another event is being worked on, for longer than this invocation could wait
    """
    settings = Settings.from_environ(os.environ)
    cloud = _cloud(settings)
    cloud.calls.clear()
    try:
        request = read_event(event, clock())
        document = read_document(settings.scenarios, _text(settings, cloud))
        scenario, step = _asked_for(request, document)
        job = _job(request, document, scenario, step, settings, cloud, context)
        return _planned(job) if request.dry_run else _worked(job, context)
    except Exception as error:
        if not is_refusal(error):
            raise
        # Of a target it was sorted out before; this one was for the work as a whole.
        raise ScalingFailed(str(AwsError.from_exception(error, prefix(cloud.last)))) from error


def _worked(job: Job, context: Any) -> dict[str, Any]:
    try:
        if not _begun(job):
            return _told(report.result(job, "already done"))
        over = run(job)
    except (Superseded, Outdated) as reason:
        return _told(report.result(job, "superseded", reason=str(reason)))
    if not over:
        return _told(_gone_on(job, context))
    lines = failed(job)
    job.lease.end(not lines)
    print(*report.metrics(job), sep="\n")
    answer = _told(report.result(job, "failed" if lines else "done"))
    _raise_failures(job)
    return answer


def _planned(job: Job) -> dict[str, Any]:
    plan_only(job)
    lines = report.plan_table(job).splitlines()
    print(*lines, sep="\n")
    _raise_failures(job)
    return report.result(job, "plan", plan=lines)


@lru_cache(maxsize=1)
def _cloud(settings: Settings) -> Cloud:
    """Clients outlive an invocation: making them takes longer than most calls."""
    return Cloud(settings, clock=monotonic, sleep=sleep)


def _text(settings: Settings, cloud: Cloud) -> str:
    return fetch(settings.scenarios, os.environ.get("LAMBDA_TASK_ROOT", "."), cloud)


def _asked_for(request: Request, document: Document) -> tuple[Scenario, str]:
    name, step = request.scenario, request.step
    if request.schedule:
        if request.schedule not in document.schedules:
            raise Invalid(
                "detail",
                f"it is empty, and the scenarios know no schedule {request.schedule!r}",
                f"put it under schedules, or name scenario and step; "
                f"{near(request.schedule, document.schedules)}",
            )
        name, step = document.schedules[request.schedule]
    return document.scenario(name, step), step


def _job(
    request: Request,
    document: Document,
    scenario: Scenario,
    step: str,
    settings: Settings,
    cloud: Cloud,
    context: Any,
) -> Job:
    progress = request.progress
    saved = progress.get("targets", {})
    at = progress.get("at", request.at)
    key = progress.get("key", request.key and f"{request.key}/{scenario.name}/{step}")
    memory: Memory = Table(cloud, settings.table) if settings.table else Tags(cloud)
    lease: Lease = NoLease()
    if settings.table and not request.dry_run:
        lease = TableLease(
            cloud.client("dynamodb"),
            settings.table,
            scenario.lease,
            # Lambda's retry of an invocation has the same id, and may go on at once.
            owner=progress.get("owner") or context.aws_request_id,
            key=key,
            at=at,
            clock=clock,
        )
    budget = Budget(context, settings.reserve)
    if not budget:
        raise Invalid(
            "the function's timeout",
            f"it leaves nothing beyond the {settings.reserve:g} s of SCALING_RESERVE",
            "raise the timeout, or lower SCALING_RESERVE",
        )
    return Job(
        scenario=scenario,
        step=step,
        began=progress.get("began", clock()),
        at=at,
        key=key,
        tracks={t.name: Track.load(t, saved.get(t.name, {})) for t in scenario.targets},
        rates=Rates.load(document.estimates),
        settings=settings,
        cloud=cloud,
        memory=memory,
        lease=lease,
        budget=budget,
        clock=clock,
        sleep=sleep,
    )


def _begun(job: Job) -> bool:
    while True:
        try:
            return job.lease.begin(job.budget.seconds + job.budget.reserve)
        except Busy:
            if not job.budget.enough(job.settings.poll + 1):
                raise
            sleep(job.settings.poll)


def _gone_on(job: Job, context: Any) -> dict[str, Any]:
    continuation = {
        "began": job.began,
        "at": job.at,
        "key": job.key,
        "owner": job.lease.hand_on(),
        "targets": {name: saved for name, t in job.tracks.items() if (saved := t.dump())},
    }
    onward = {"scenario": job.scenario.name, "step": job.step, "continuation": continuation}
    if job.settings.again == "return":
        return report.result(job, "in progress", next=onward)
    invoke_self_async(job.cloud.client("lambda"), context, onward)
    return report.result(job, "in progress", next="invoked")


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(answer, ensure_ascii=False))
    return answer


def _raise_failures(job: Job) -> None:
    lines = failed(job)
    if lines:
        head = f"{len(lines)} of {len(job.tracks)} targets failed"
        raise ScalingFailed("\n".join([f"{head} in {job.scenario.name}/{job.step}", *lines]))

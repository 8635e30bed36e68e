"""What becomes of an event: it is worked on, kept back, skipped, looked for, or a hold."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import Any

from scheduled_scaling import report, wake_up
from scheduled_scaling.announce import NOT_REACHED, REACHED
from scheduled_scaling.calendar_rules import KEEP, RUN, SKIP, Decision, describe
from scheduled_scaling.errors import (
    LeaseHeld,
    ScalingFailed,
    StaleEvent,
    Superseded,
    ValidationError,
    suggest,
)
from scheduled_scaling.holds import Hold, HoldTable
from scheduled_scaling.job import Job
from scheduled_scaling.reconcile import failed_targets, plan, reconcile, verify
from scheduled_scaling.scenarios import HOLD, RESTORE, RESUME, VERIFY, Scenario
from scheduled_scaling.state_packing import pack
from surefoot.kit.events import parse_time
from surefoot.kit.self_invoke import invoke_self_async

_NIGHT_ENDS = "12:00"  # until when a hold without a time skips or keeps steps
_POLL_OUTSIDE_S = 60.0  # between two invocations, when others wait than the function


def run(job: Job, context: Any) -> dict[str, Any]:
    """Do what the event asks for; returns the answer. Raises ScalingFailed, LeaseHeld."""
    step = job.work.request.step
    if step == HOLD:
        return _respond(_hold(job))
    if step == RESUME:
        return _respond(_resume(job, context))
    if step == VERIFY:
        return _respond(_verify(job))
    if job.work.request.dry_run:
        return _plan(job)
    return _execute(job, context)


def _execute(job: Job, context: Any) -> dict[str, Any]:
    decision = _decide(job)
    if decision.action == SKIP:
        return _respond(_end_unreached(job, "skipped", decision.reason))
    if decision.action == KEEP:
        return _respond(_keep_back(job, context, decision))
    try:
        if not _acquire_lease(job):
            return _respond(_look_again(job))
        finished = reconcile(job)
    except (Superseded, StaleEvent) as reason:
        return _respond(_end_unreached(job, "superseded", str(reason)))
    if not finished:
        return _respond(_continue(job, context))
    failures = failed_targets(job)
    print(*report.metrics(job), sep="\n")
    # Announced before the event counts as done: a retry announces again what was not delivered.
    kind = REACHED if job.is_reached else NOT_REACHED
    job.announcer.send(kind, report.announcement(job, kind))
    job.lease.release(not failures)
    answer = _respond(report.result(job, "failed" if failures else report.final_status(job)))
    _raise_failures(job)
    return answer


def _end_unreached(job: Job, status: str, reason: str) -> dict[str, Any]:
    """Return the answer of a step that is not worked on any more, and announce it."""
    detail = {**report.announcement(job, NOT_REACHED), "reached": False, "reason": reason}
    job.announcer.send(NOT_REACHED, detail)
    return {**report.result(job, status, reason=reason), "reached": False}


def _look_again(job: Job) -> dict[str, Any]:
    """Return what is there of a step that was done before; a task of its own ends with that."""
    plan(job)
    kind = REACHED if job.is_reached else NOT_REACHED
    job.announcer.end_task(kind, report.announcement(job, kind))
    return report.result(job, "already done")


def _plan(job: Job) -> dict[str, Any]:
    plan(job)
    lines = report.format_plan(job).splitlines()
    print(*lines, sep="\n")
    _raise_failures(job)
    return report.result(job, "plan", plan=lines)


def _verify(job: Job) -> dict[str, Any]:
    """Look whether a step is there; changes nothing, and fails only if AWS cannot be asked."""
    verify(job)
    print(report.late_metric(job, late=not job.is_reached))
    kind = REACHED if job.is_reached else NOT_REACHED
    detail = report.announcement(job, kind)
    job.announcer.send(kind, detail)
    status = "reached" if job.is_reached else "not reached"
    return report.result(job, status, of=job.step, missing=detail["missing"])


def _decide(job: Job) -> Decision:
    """Return what becomes of an event that begins now: holds come before the calendar."""
    state = job.chain.state or {}
    if job.work.request.ignore_holds or (state and not state.get("kept")):
        return Decision()
    hold = _holds(job).load() if job.settings.table else None
    now = job.clock()
    decision = hold.decide(job.step, now) if hold else Decision()
    if decision.action == RUN:
        decision = job.scenario.calendar.decide(job.step, job.work.at, now)
    return decision


def _keep_back(job: Job, context: Any, decision: Decision) -> dict[str, Any]:
    """Hand the step to an invocation at the time until which it is kept back."""
    if job.settings.table:
        _holds(job).save_kept(_next_event(job), decision.until)
    described = describe(decision, job.scenario.calendar.zone)
    state = {"at": job.work.at, "key": job.work.key, "kept": True}
    job.chain.started_at = decision.until  # its time limit begins when it may begin
    return _hand_over(job, context, state, "held", decision.until, hold=described)


def _continue(job: Job, context: Any) -> dict[str, Any]:
    state = {
        "at": job.work.at,
        "key": job.work.key,
        "owner": job.lease.transfer(),
        "late": job.lateness.announced,
        "targets": {name: saved for name, t in job.targets.items() if (saved := t.dump())},
    }
    return _hand_over(job, context, state, "in progress", job.clock() + _POLL_OUTSIDE_S)


def _next_event(job: Job) -> dict[str, Any]:
    request = job.work.request
    event: dict[str, Any] = {"scenario": job.scenario.name, "step": request.step or job.step}
    if job.work.by:
        event["by"] = _iso(job.work.by)
    if request.task_token:
        event["task_token"] = request.task_token
    return event


def _hand_over(
    job: Job, context: Any, state: dict[str, Any], status: str, until: float, **further: Any
) -> dict[str, Any]:
    """Let another invocation go on: this function's own, or its caller's."""
    event, packed = _next_event(job), pack(state)
    if job.settings.continue_by != "self":
        following = job.chain.next_event(event, packed)
        return report.result(job, status, next=following, wait_until=_iso(until), **further)
    if status == "held":
        following = job.chain.next_event(event, packed)
        wake_up.schedule(job.aws, job.settings, context.invoked_function_arn, following, until)
        return report.result(job, status, next="scheduled", wait_until=_iso(until), **further)
    job.chain.invoke_next(job.aws.client("lambda"), context, event, packed)
    return report.result(job, status, next="invoked")


def _hold(job: Job) -> dict[str, Any]:
    """Set a hold: skip the steps on the way out, or keep back those on the way in."""
    request, scenario = job.work.request, job.scenario
    resting = {RESTORE, scenario.rest} - {""}
    usual = scenario.steps - resting if request.skip else resting
    steps = request.steps or tuple(sorted(usual))
    for step in steps:
        if step not in scenario.steps:
            raise ValidationError("steps", f"there is no {step!r}", suggest(step, scenario.steps))
    now = job.clock()
    until = read_moment("until", request.until or _NIGHT_ENDS, scenario, now)
    if until <= now:
        raise ValidationError("until", f"{request.until} is over", "give a later time")
    if job.settings.continue_by == "self" and not request.skip:
        wake_up.check(job.settings)
    hold = Hold(SKIP if request.skip else KEEP, steps, until, now)
    _holds(job).save(hold)
    described = {"action": hold.action, "steps": list(steps), "until": _local(until, scenario)}
    return _short(job, "held", hold=described)


def _resume(job: Job, context: Any) -> dict[str, Any]:
    """End a hold, and begin with the step that it kept back, if there is one.

    As an event of now, that step makes the one that was to come later an old one.
    """
    holds = _holds(job)
    kept = holds.load_kept()
    further: dict[str, Any] = {}
    if kept:
        event = {**kept, "ignore_holds": True}
        further = {"begun": kept["step"]}
        if job.settings.continue_by == "self":
            invoke_self_async(job.aws.client("lambda"), context, event)
        else:
            further |= {"done": False, "next": event, "wait_until": _iso(job.clock())}
    holds.delete()
    return _short(job, "resumed", **further)


def _holds(job: Job) -> HoldTable:
    if not job.settings.table:
        raise ValidationError(
            "SCALING_TABLE", "it is empty, and holds are kept in a table", "name a DynamoDB table"
        )
    return HoldTable(job.aws.client("dynamodb"), job.settings.table, job.scenario.name)


def _short(job: Job, status: str, **further: Any) -> dict[str, Any]:
    """Return an answer that is not about targets."""
    return {
        "version": report.VERSION,
        "scenario": job.scenario.name,
        "step": job.work.request.step,
        "status": status,
        "done": True,
        "reached": False,
        **further,
    }


def read_moment(name: str, text: str, scenario: Scenario, after: float) -> float:
    """Return a time of day, the next one after a moment, or an ISO 8601 time.

    In seconds since the epoch; times without an offset are in the scenario's time zone.
    """
    calendar = scenario.calendar
    if re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", text):
        return calendar.next_time(text.zfill(5), after)
    moment = parse_time(name, text)
    if not re.search(r"(Z|[+-]\d{2}:?\d{2})$", text):
        naive = dt.datetime.fromtimestamp(moment, dt.timezone.utc).replace(tzinfo=calendar.zone)
        moment = naive.timestamp()
    return moment


def _acquire_lease(job: Job) -> bool:
    while True:
        try:
            return job.lease.acquire(job.budget.seconds + job.budget.reserve)
        except LeaseHeld:
            # The caller waits at no cost, and sends the event again.
            if job.settings.continue_by != "self":
                raise
            if not job.budget.enough(job.settings.poll_s + 1):
                raise
            job.sleep(job.settings.poll_s)


def _iso(seconds: float) -> str:
    """Return a time for Step Functions' Wait state, not earlier than the moment."""
    moment = dt.datetime.fromtimestamp(math.ceil(seconds), dt.timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _local(seconds: float, scenario: Scenario) -> str:
    return dt.datetime.fromtimestamp(seconds, scenario.calendar.zone).isoformat()


def _respond(answer: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(answer, ensure_ascii=False))
    return answer


def _raise_failures(job: Job) -> None:
    failures = failed_targets(job)
    if failures:
        head = f"{len(failures)} of {len(job.targets)} targets failed"
        place = f"{job.scenario.name}/{job.step} ({job.place})"
        lines = report.shortened_lines(failures)
        raise ScalingFailed("\n".join([f"{head} in {place}", *lines]))

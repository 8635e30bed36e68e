"""What the function reports: the plan as a table, the answer, announcements and metrics."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from scheduled_scaling.aws import iam_prefix
from scheduled_scaling.estimate import add_estimates
from scheduled_scaling.job import Job
from scheduled_scaling.model import Action
from scheduled_scaling.target_progress import FAILED, REACHED, SKIPPED, TargetProgress
from surefoot.kit.metrics import format_emf
from surefoot.kit.tables import format_table

VERSION = 1
# Step Functions carries 262,144 bytes ("Quotas for state machines"), its own members among them.
MAX_ANSWER_BYTES = 200_000
_MAX_LISTED = 50  # failures in an error's message
_STATES = ("before", "desired_state", "after", "estimate")
_MAX_REASON = 200


def format_plan(job: Job) -> str:
    """Return the plan, a line for each call, and the estimate below it."""
    rows: list[list[object]] = []
    for progress in job.targets.values():
        name = progress.target.name
        blockers = job.blockers(progress)
        rows += [
            [name, action.description, _api(action), _when(progress, action, blockers)]
            for action in progress.plan.actions
        ]
        if not progress.plan.actions:
            rows.append([name, _describe_state(progress), None, None])
    notes = [
        f"{t.target.name}: {t.note}" for t in job.targets.values() if t.note and t.plan.actions
    ]
    total = add_estimates(
        progress.estimate for progress in job.targets.values() if progress.estimate
    )
    lines = [format_table(["target", "change", "call", "when"], rows)]
    if notes or total.is_known:
        lines += ["", *notes]
    if total.is_known:
        lines.append(f"Estimate: {total}. {job.rates.note}")
    return "\n".join(lines)


def _describe_state(progress: TargetProgress) -> str:
    if progress.status == FAILED:
        return f"failed: {progress.error['reason']}"
    if progress.status == SKIPPED:
        return progress.note
    return f"waits: {progress.waiting}" if progress.waiting else "reached"


def _when(progress: TargetProgress, action: Action, blockers: list[str]) -> str:
    if blockers:
        return f"after {', '.join(blockers)}"
    if action.ready:
        return "now"
    return f"waits: {progress.waiting}" if action is progress.plan.actions[0] else "then"


def _api(action: Action) -> str:
    words = action.call.split("_")
    names = {"db": "DB"}
    return f"{iam_prefix(action.client)}:" + "".join(names.get(w, w.title()) for w in words)


def result(job: Job, status: str, **further: Any) -> dict[str, Any]:
    """Return the function's answer, in the form of VERSION, with fewer details if it is long.

    `done`: nothing is left to do; `reached`: the state is there.
    """
    calls: Mapping[str, int] = job.aws.calls
    answer = {
        "version": VERSION,
        "scenario": job.scenario.name,
        "step": job.work.request.step,
        "status": status,
        "done": "next" not in further,
        "reached": job.is_reached,
        **further,
        "targets": [progress.result() for progress in job.targets.values()],
        "lease": job.lease.place,
        "state_store": job.store.place,
        "calls": dict(sorted(calls.items())),
    }
    return _shorten(answer)


def _shorten(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Step Functions could not carry: first states, then targets that are fine."""
    if _size(answer) <= MAX_ANSWER_BYTES:
        return answer
    for target in answer["targets"]:
        print(json.dumps({"target": target}, ensure_ascii=False))
    note = "states of the targets are in the log only"
    targets = [
        {name: value for name, value in target.items() if name not in _STATES}
        for target in answer["targets"]
    ]
    shorter = {**answer, "targets": targets, "shortened": note}
    if _size(shorter) <= MAX_ANSWER_BYTES:
        return shorter
    counts = Counter(target["status"] for target in targets)
    others = [_cut(target) for target in targets if target["status"] not in (REACHED, SKIPPED)]
    shorter |= {
        "targets": others,
        "counts": dict(counts),
        "shortened": "targets that are fine, and states, are in the log only",
    }
    while _size(shorter) > MAX_ANSWER_BYTES:
        member = "plan" if len(shorter.get("plan", ())) > len(shorter["targets"]) else "targets"
        shorter[member] = shorter[member][: len(shorter[member]) // 2]
        shorter["shortened"] = "most of it is in the log only"
        if not shorter["targets"] and not shorter.get("plan"):
            break
    return shorter


def _cut(target: Mapping[str, Any]) -> dict[str, Any]:
    error = {name: str(text)[:_MAX_REASON] for name, text in target.get("error", {}).items()}
    found = {name: target[name] for name in ("name", "kind", "status")}
    if target.get("waiting"):
        found["waiting"] = str(target["waiting"])[:_MAX_REASON]
    return {**found, **({"error": error} if error else {})}


def _size(answer: Mapping[str, Any]) -> int:
    # Lambda escapes nothing that UTF-8 can say, but other runtimes do: the longer form counts.
    return len(json.dumps(answer))


def missing(job: Job) -> list[str]:
    """Return a line for each target that does not have its state, and why."""
    lines = []
    for progress in job.targets.values():
        name = progress.target.name
        if progress.status == FAILED:
            lines.append(str(progress))
        elif progress.status not in (REACHED, SKIPPED):
            changes = [action.description for action in progress.plan.actions]
            lines.append(f"{name}: {', '.join(changes) or progress.waiting or 'not looked at'}")
    return lines


def shortened_lines(lines: list[str]) -> list[str]:
    """Return the first lines, and how many more there are in the log."""
    more = len(lines) - _MAX_LISTED
    return lines if more <= 0 else [*lines[:_MAX_LISTED], f"… and {more} more, see the log"]


def announcement(job: Job, kind: str) -> dict[str, Any]:
    """Return the detail of an event that says how a step ended."""
    detail = {
        "scenario": job.scenario.name,
        "step": job.step,
        "reached": job.is_reached,
        "late": bool(job.work.by) and job.clock() >= job.work.by,
        "due": _iso(job.work.at),
        "missing": shortened_lines(missing(job)),
    }
    if job.work.by:
        detail["by"] = _iso(job.work.by)
    fallbacks = {t.target.name: t.fallbacks for t in job.targets.values() if t.fallbacks}
    return {**detail, **({"fallbacks": fallbacks} if fallbacks else {})}


def _iso(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def final_status(job: Job) -> str:
    """Return the status of a step that has ended without failures."""
    skipped = all(progress.status == SKIPPED for progress in job.targets.values())
    return "nothing to restore" if job.is_restore and skipped else "done"


def metrics(job: Job) -> list[str]:
    """Return a line of EMF for each target, and one for the scenario."""
    lines = [
        format_emf(
            job.settings.metrics_namespace,
            {"Scenario": job.scenario.name, "Target": progress.target.name},
            {
                "Changes": (len(progress.applied), "Count"),
                "Failed": (int(progress.status == FAILED), "Count"),
                "Reached": (int(progress.status == REACHED), "Count"),
                "Elapsed": (round(job.clock() - job.chain.started_at, 3), "Seconds"),
            },
            {"Step": job.step, "Kind": progress.target.kind, "Status": progress.status},
            time_ms=int(job.clock() * 1000),
        )
        for progress in job.targets.values()
    ]
    return [*lines, late_metric(job, late=not job.is_reached)]


def late_metric(job: Job, *, late: bool) -> str:
    """Return the line of EMF on which the template's alarm is: 1 if the state is not there."""
    return format_emf(
        job.settings.metrics_namespace,
        {"Scenario": job.scenario.name},
        {"NotReached": (int(late), "Count")},
        {"Step": job.step},
        time_ms=int(job.clock() * 1000),
    )

"""What the function reports: the plan as a table, the answer, and metrics."""

from __future__ import annotations

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


def format_plan(job: Job) -> str:
    """Return the plan, a line for each call, and the estimate below it."""
    rows: list[list[object]] = []
    for progress in job.targets.values():
        name = progress.target.name
        rows += [
            [name, action.description, _api(action), _when(progress, action)]
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
    lines = [format_table(["target", "change", "call", "when"], rows), "", *notes]
    return "\n".join([*lines, f"Estimate: {total}. {job.rates.note}"])


def _describe_state(progress: TargetProgress) -> str:
    if progress.status == FAILED:
        return f"failed: {progress.error['reason']}"
    if progress.status == SKIPPED:
        return progress.note
    return f"waits: {progress.waiting}" if progress.waiting else "reached"


def _when(progress: TargetProgress, action: Action) -> str:
    if action.ready:
        return "now"
    return f"waits: {progress.waiting}" if action is progress.plan.actions[0] else "then"


def _api(action: Action) -> str:
    words = action.call.split("_")
    names = {"db": "DB"}
    return f"{iam_prefix(action.client)}:" + "".join(names.get(w, w.title()) for w in words)


def result(job: Job, status: str, **further: Any) -> dict[str, Any]:
    """Return the function's answer, in the form of VERSION."""
    calls: Mapping[str, int] = job.aws.calls
    return {
        "version": VERSION,
        "scenario": job.scenario.name,
        "step": job.step,
        "status": status,
        "done": status != "in progress",
        **further,
        "targets": [progress.result() for progress in job.targets.values()],
        "lease": job.lease.place,
        "state_store": job.store.place,
        "calls": dict(sorted(calls.items())),
    }


def final_status(job: Job) -> str:
    """Return the status of a step that has ended without failures."""
    skipped = all(progress.status == SKIPPED for progress in job.targets.values())
    return "nothing to restore" if job.is_restore and skipped else "done"


def metrics(job: Job) -> list[str]:
    """Return a line of EMF for each target."""
    return [
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

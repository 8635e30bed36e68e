"""What is told: the plan as a table, the result, and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduled_scaling.aws import prefix
from scheduled_scaling.estimate import together
from scheduled_scaling.job import Job
from scheduled_scaling.model import Action
from scheduled_scaling.target_progress import FAILED, REACHED, SKIPPED, Track
from surefoot.kit.metrics import format_emf
from surefoot.kit.tables import format_table

VERSION = 1


def plan_table(job: Job) -> str:
    """Return the plan, a line for each call, and the estimate below it."""
    rows: list[list[object]] = []
    for track in job.tracks.values():
        name = track.target.name
        rows += [
            [name, action.does, _api(action), _when(track, action)] for action in track.plan.actions
        ]
        if not track.plan.actions:
            rows.append([name, _standing(track), None, None])
    notes = [f"{t.target.name}: {t.note}" for t in job.tracks.values() if t.note and t.plan.actions]
    total = together(track.estimate for track in job.tracks.values() if track.estimate)
    lines = [format_table(["target", "change", "call", "when"], rows), "", *notes]
    return "\n".join([*lines, f"Estimate: {total}. {job.rates.note}"])


def _standing(track: Track) -> str:
    if track.status == FAILED:
        return f"failed: {track.error['reason']}"
    if track.status == SKIPPED:
        return track.note
    return f"waits: {track.waiting}" if track.waiting else "is as wanted"


def _when(track: Track, action: Action) -> str:
    if action.now:
        return "now"
    return f"waits: {track.waiting}" if action is track.plan.actions[0] else "then"


def _api(action: Action) -> str:
    words = action.call.split("_")
    names = {"db": "DB"}
    return f"{prefix(action.client)}:" + "".join(names.get(w, w.title()) for w in words)


def result(job: Job, status: str, **further: Any) -> dict[str, Any]:
    """Return what the function answers. Its form is that of VERSION."""
    calls: Mapping[str, int] = job.cloud.calls
    return {
        "version": VERSION,
        "scenario": job.scenario.name,
        "step": job.step,
        "status": status,
        "done": status != "in progress",
        **further,
        "targets": [track.result() for track in job.tracks.values()],
        "lease": job.lease.place,
        "memory": job.memory.place,
        "calls": dict(sorted(calls.items())),
    }


def metrics(job: Job) -> list[str]:
    """Return a line of EMF for each target."""
    return [
        format_emf(
            job.settings.namespace,
            {"Scenario": job.scenario.name, "Target": track.target.name},
            {
                "Changes": (len(track.did), "Count"),
                "Failed": (int(track.status == FAILED), "Count"),
                "Reached": (int(track.status == REACHED), "Count"),
                "Elapsed": (round(job.clock() - job.began, 3), "Seconds"),
            },
            {"Step": job.step, "Kind": track.target.kind, "Status": track.status},
            time_ms=int(job.clock() * 1000),
        )
        for track in job.tracks.values()
    ]

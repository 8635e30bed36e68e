"""A step, from reading to the last target: rounds, as many as an invocation has time for."""

from __future__ import annotations

from scheduled_scaling.job import Job
from scheduled_scaling.reconcile import act, look
from scheduled_scaling.target_progress import FAILED, REACHED


def run(job: Job) -> bool:
    """Work on the step; tells whether it has come to an end. Raises Superseded."""
    while True:
        job.keep_lease()
        readings = look(job)
        progress = act(job, readings)
        if not job.open:
            return True
        if job.clock() - job.began > job.settings.patience:
            _give_up(job)
            return True
        if progress and job.budget:
            continue
        if job.settings.again == "return":
            return False  # Step Functions waits for less money than a function does
        # Whatever is left is waited for: a chain that hands on at once would turn fast.
        job.sleep(min(job.settings.poll, job.budget.seconds))
        if not job.budget:
            return False


def plan_only(job: Job) -> None:
    """Read and plan, and change nothing. Errors that pass are errors here."""
    look(job)
    for track in job.open:
        if track.plan.reached and not track.waiting:
            track.status = REACHED
        elif track.error:
            track.give_up()


def failed(job: Job) -> list[str]:
    """Return a line for each target that failed."""
    return [str(track) for track in job.tracks.values() if track.status == FAILED]


def _give_up(job: Job) -> None:
    """A last refusal is its own reason; whatever else takes too long is told as that."""
    for track in job.open:
        if not track.error:
            reason = f"it waited too long for {track.waiting or 'its state to change'}"
            remedy = "look at it and send the event again, or raise SCALING_PATIENCE"
            track.refuse("", "", reason, remedy)
        track.give_up()

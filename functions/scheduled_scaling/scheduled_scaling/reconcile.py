"""Reconcile the targets with their desired state: observe, plan, apply, as long as time allows.

Every plan is computed from the current state, so an invocation that is killed loses nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from scheduled_scaling import report
from scheduled_scaling.announce import LATE
from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import CallFailed, TargetError, ValidationError
from scheduled_scaling.estimate import estimate
from scheduled_scaling.job import Job
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import Action, Plan, Reading, Target
from scheduled_scaling.retry_policy import NO_CAPACITY, record_error
from scheduled_scaling.scenarios import read_desired_state
from scheduled_scaling.state_codec import SavedState
from scheduled_scaling.target_progress import FAILED, REACHED, SKIPPED, TargetProgress
from scheduled_scaling.validation import MappingReader

Readings = Mapping[str, Reading]


def reconcile(job: Job) -> bool:
    """Work on the step; returns whether it has come to an end. Raises Superseded."""
    while True:
        job.renew_lease()
        _announce_lateness(job)
        readings = observe(job)
        acted = apply(job, readings)
        if not job.open_targets:
            return True
        if not job.chain.remaining_s:
            _fail_open_targets(job)
            return True
        if acted and job.budget:
            continue
        if job.settings.continue_by != "self":
            return False  # waiting elsewhere is cheaper than waiting in a function
        # Sleep for the rest of the time budget, so that a self-invoking chain does not spin.
        job.sleep(min(job.settings.poll_s, job.budget.seconds))
        if not job.budget:
            return False


def plan(job: Job) -> None:
    """Read and plan without changing anything. Here, transient errors are errors, too."""
    observe(job)
    for progress in job.open_targets:
        if progress.error:
            progress.mark_failed()
        elif progress.plan.reached and progress.after is not None:
            # Whatever comes before it: what is there needs no order.
            progress.status, progress.waiting = REACHED, ""
    for progress in job.open_targets:
        progress.waiting = progress.plan.waiting
        _name_blockers(job, progress)


def verify(job: Job) -> None:
    """Look whether the step's states are there, its fallback classes included."""
    plan(job)
    for progress in job.targets.values():
        kind, state = KINDS[progress.target.kind], progress.desired_state
        while progress.is_open and progress.after is not None and state is not None:
            try:
                found = kind.plan(progress.target, progress.after, state)
            except TargetError as error:
                progress.fail(error.reason, error.remedy)
                break
            if found.reached:
                progress.status, progress.desired_state = REACHED, state
                break
            state = kind.fall_back(state)


def failed_targets(job: Job) -> list[str]:
    """Return a line for each target that failed."""
    return [str(progress) for progress in job.targets.values() if progress.status == FAILED]


def observe(job: Job) -> Readings:
    """Read the open targets and plan for each; returns the readings of those still open."""
    found = read_all(job.aws, [p.target for p in job.open_targets], job.settings.max_parallel)
    readings = {}
    for progress in job.open_targets:
        progress.plan = Plan()
        reading = found[progress.target.name]
        if isinstance(reading, Exception):
            record_error(progress, reading, *job.error_limits)
            continue
        progress.after = reading.state
        if progress.before is None:
            progress.before = reading.state
        readings[progress.target.name] = reading
    if job.is_restore:
        readings = _load_desired_states(job, readings)
    for progress in job.open_targets:
        if progress.target.name in readings:
            _plan_target(job, progress)
    for progress in job.open_targets:
        _wait_for_blockers(job, progress)
    return {p.target.name: readings[p.target.name] for p in _with_reading(job, readings)}


def apply(job: Job, readings: Readings) -> bool:
    """Apply what the plans allow now, while there is time; returns whether anything was done.

    Raises Superseded.
    """
    planned = [
        p
        for p in _with_reading(job, readings)
        if p.desired_state is not None and not job.blockers(p)
    ]
    _save_states(job, [p for p in planned if p.plan.actions], readings)
    acted = False
    for progress in planned:
        if not progress.is_open or not job.budget:
            continue
        if progress.plan.actions and not progress.is_saved and not job.is_rest_step:
            continue  # its state could not be saved now, so nothing is changed
        job.renew_lease()
        try:
            if progress.plan.reached:
                if job.is_rest_step:
                    _delete_saved_state(job, progress, readings[progress.target.name])
                progress.status = REACHED
                acted = True
            else:
                acted = _apply_plan(job, progress) or acted
            progress.clear_error()
        except Exception as error:
            record_error(progress, error, *job.error_limits, job.aws.last_service)
            acted = _fall_back(progress) or acted
    return acted


def _fall_back(progress: TargetProgress) -> bool:
    """Plan with another class after AWS had no capacity; returns whether there is one."""
    desired_state = progress.desired_state
    if progress.error.get("code") not in NO_CAPACITY or desired_state is None:
        return False
    following = KINDS[progress.target.kind].fall_back(desired_state)
    if following is None:
        return False
    old, new = desired_state["class"], following["class"]
    progress.desired_state = following
    progress.fallbacks = [*progress.fallbacks, f"{old} -> {new}: {progress.error['reason']}"]
    progress.clear_error()
    return True


def _announce_lateness(job: Job) -> None:
    """Announce once that the step is not reached by its time. Work goes on."""
    progress = job.lateness
    if not job.work.by or progress.announced or job.clock() < job.work.by:
        return
    print(report.late_metric(job, late=True))
    job.announcer.send(LATE, report.announcement(job, LATE))
    progress.announced = True


def _wait_for_blockers(job: Job, progress: TargetProgress) -> None:
    """Keep a target back until those before it are reached; fail it if one of them failed."""
    failed = job.failed_blocker(progress)
    if failed:
        remedy = f"see {failed}; both are done when the event is sent again"
        progress.fail(f"it comes after {failed}, which failed", remedy)
    else:
        _name_blockers(job, progress)


def _name_blockers(job: Job, progress: TargetProgress) -> None:
    blockers = job.blockers(progress)
    if blockers and progress.is_open:
        progress.waiting = f"{', '.join(blockers)} to be reached"


def read_all(
    aws: AwsClients, targets: Sequence[Target], max_parallel: int
) -> Mapping[str, Reading | Exception]:
    """Return each target's reading by name, or the error in its place."""
    batches = list(_split_into_batches(targets))
    readings: dict[str, Reading | Exception] = {}
    if max_parallel == 1 or len(batches) == 1:
        for batch in batches:
            readings |= _read_batch(aws, batch)
        return readings
    with ThreadPoolExecutor(max_parallel) as pool:
        for part in pool.map(lambda batch: _read_batch(aws, batch), batches):
            readings |= part
    return readings


def _split_into_batches(targets: Sequence[Target]) -> Iterator[list[Target]]:
    def family(target: Target) -> tuple[str, str]:
        return target.kind, KINDS[target.kind].batch_key(target)

    for (kind, _), group in groupby(sorted(targets, key=family), family):
        members = list(group)
        size = KINDS[kind].max_batch
        yield from (members[start : start + size] for start in range(0, len(members), size))


def _read_batch(aws: AwsClients, batch: Sequence[Target]) -> Mapping[str, Reading | Exception]:
    try:
        return KINDS[batch[0].kind].read(aws, batch)
    except Exception as error:  # reported with each target of the batch
        failed = CallFailed(aws.last_service, error)
        return dict.fromkeys((target.name for target in batch), failed)


def _with_reading(job: Job, readings: Readings) -> list[TargetProgress]:
    return [progress for progress in job.open_targets if progress.target.name in readings]


def _plan_target(job: Job, progress: TargetProgress) -> None:
    desired_state = progress.desired_state
    if desired_state is None:
        desired_state = progress.target.desired_states.get(job.step)
    if desired_state is None or progress.after is None:
        progress.status = SKIPPED
        progress.note = "no state is saved" if job.is_restore else f"it has no step {job.step}"
        return
    progress.desired_state = desired_state
    kind = KINDS[progress.target.kind]
    try:
        progress.plan = kind.plan(progress.target, progress.after, desired_state)
    except TargetError as error:
        if job.blockers(progress):  # the state may be wrong because of what comes first
            progress.plan = Plan(waiting=error.reason)
        else:
            record_error(progress, error, *job.error_limits)
        return
    progress.waiting = progress.plan.waiting
    progress.note = progress.plan.note or progress.note
    if progress.estimate is None:
        before = kind.billed_units(progress.after, {})
        after = kind.billed_units(progress.after, desired_state)
        progress.estimate = estimate(before, after, progress.plan.actions, job.rates)


def _apply_plan(job: Job, progress: TargetProgress) -> bool:
    acted = False
    for action in progress.plan.actions:
        if not action.ready or not job.budget:
            break
        if _was_just_requested(job, progress, action):
            progress.waiting = progress.waiting or f"{action.description} to show"
            break
        job.aws.apply(action)
        progress.requested_at[action.identity] = job.clock()
        progress.applied.append(action.description)
        acted = True
    return acted


def _was_just_requested(job: Job, progress: TargetProgress, action: Action) -> bool:
    """AWS may not show yet what it has accepted; a second request could do it twice."""
    now, settle_s = job.clock(), job.settings.settle_s
    progress.requested_at = {
        name: at for name, at in progress.requested_at.items() if now - at < settle_s
    }
    return action.identity in progress.requested_at


def _load_desired_states(job: Job, readings: dict[str, Reading]) -> dict[str, Reading]:
    """Load the states to restore; returns the readings of the targets whose load succeeded."""
    unknown = [p for p in _with_reading(job, readings) if p.desired_state is None]
    loaded = job.store.load([(p.target, readings[p.target.name]) for p in unknown])
    for progress in unknown:
        found = loaded[progress.target.name]
        if isinstance(found, Exception):
            record_error(progress, found, *job.error_limits)
            readings.pop(progress.target.name)
        elif found is not None:
            place = f"the saved state of {progress.target.name}"
            try:
                progress.desired_state = read_desired_state(
                    progress.target.kind, MappingReader(place, found.state)
                )
            except ValidationError as error:
                progress.fail(str(error), f"correct it in the {job.store.place}")
            progress.note = f"as before {found.step}, {found.since}"
    return readings


def _save_states(job: Job, changing: Sequence[TargetProgress], readings: Readings) -> None:
    """Save the states before a change, unless a saved state exists already.

    The store is read after the state: had another invocation changed the target before that, it
    would have saved its state first.
    """
    unsaved = [] if job.is_rest_step else [p for p in changing if not p.is_saved]
    if not unsaved:
        return
    job.renew_lease()
    loaded = job.store.load([(p.target, readings[p.target.name]) for p in unsaved])
    since = dt.datetime.fromtimestamp(job.clock(), dt.timezone.utc)
    for progress in unsaved:
        if not job.budget:
            return
        reading, found = readings[progress.target.name], loaded[progress.target.name]
        try:
            if isinstance(found, Exception):
                raise found
            if found is None and not _save_state(job, progress, reading, since):
                progress.note = (
                    "its state is not saved: its kind has no tags, and there is no table"
                )
            progress.is_saved = True
        except Exception as error:
            record_error(progress, error, *job.error_limits, job.aws.last_service)


def _save_state(job: Job, progress: TargetProgress, reading: Reading, since: dt.datetime) -> bool:
    # What any step changes: the next one may change more than this one does.
    target = progress.target
    changed = {
        name: value for state in target.desired_states.values() for name, value in state.items()
    }
    saved = SavedState(
        KINDS[target.kind].state_to_restore(reading.state, changed),
        f"{since:%Y-%m-%dT%H:%M:%SZ}",
        f"{job.scenario.name}/{job.step}",
    )
    return job.store.save(target, reading, saved)


def _delete_saved_state(job: Job, progress: TargetProgress, reading: Reading) -> None:
    target = progress.target
    if job.is_restore or job.store.load([(target, reading)])[target.name]:
        job.store.delete(target, reading)


def _fail_open_targets(job: Job) -> None:
    """Fail what takes too long; a recorded error is the reason, if there is one."""
    for progress in job.open_targets:
        if not progress.error:
            reason = f"it waited too long for {progress.waiting or 'its state to change'}"
            remedy = "look at it and send the event again, or raise SCALING_TIME_LIMIT_S"
            progress.record_error("", "", reason, remedy)
        progress.mark_failed()

"""A round: read what is, plan what is missing, do what can be done now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from scheduled_scaling import retry_policy
from scheduled_scaling.errors import Invalid, Problem
from scheduled_scaling.estimate import estimate
from scheduled_scaling.job import Job
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import Action, Reading
from scheduled_scaling.read import read_all
from scheduled_scaling.scenarios import read_wish
from scheduled_scaling.state_codec import Remembered
from scheduled_scaling.target_progress import REACHED, SKIPPED, Track
from scheduled_scaling.validation import Fields

Readings = Mapping[str, Reading]


def look(job: Job) -> Readings:
    """Read the open targets and plan for each; returns the readings of those still open."""
    found = read_all(job.cloud, [track.target for track in job.open], job.settings.parallel)
    readings = {}
    for track in job.open:
        reading = found[track.target.name]
        if isinstance(reading, Exception):
            retry_policy.take(track, reading, job.settings.tries)
            continue
        track.after = reading.state
        if track.before is None:
            track.before = reading.state
        readings[track.target.name] = reading
    if job.restores:
        readings = _with_wishes(job, readings)
    for track in job.open:
        if track.target.name in readings:
            _plan(job, track)
    return {track.target.name: readings[track.target.name] for track in _ready(job, readings)}


def act(job: Job, readings: Readings) -> bool:
    """Apply what the plans allow now, while there is time; tells whether anything was done.

    Raises Superseded.
    """
    ready = [track for track in _ready(job, readings) if track.wanted is not None]
    _remember(job, [track for track in ready if track.plan.actions], readings)
    progress = False
    for track in ready:
        if not track.open or not job.budget:
            continue
        if track.plan.actions and not track.kept and not job.rests:
            continue  # it could not be remembered now, so nothing is changed
        job.keep_lease()
        try:
            if track.plan.reached:
                if job.rests:
                    _forget(job, track, readings[track.target.name])
                track.status = REACHED
                progress = True
            else:
                progress = _apply(job, track) or progress
            track.accept()
        except Exception as error:
            retry_policy.take(track, error, job.settings.tries, job.cloud.last)
    return progress


def _ready(job: Job, readings: Readings) -> list[Track]:
    return [track for track in job.open if track.target.name in readings]


def _plan(job: Job, track: Track) -> None:
    wish = track.target.wishes.get(job.step) if track.wanted is None else track.wanted
    if wish is None or track.after is None:
        track.status = SKIPPED
        track.note = "nothing is remembered" if job.restores else f"it has no step {job.step}"
        return
    track.wanted = wish
    kind = KINDS[track.target.kind]
    try:
        track.plan = kind.plan(track.target, track.after, wish)
    except Problem as problem:
        retry_policy.take(track, problem, job.settings.tries)
        return
    track.waiting = track.plan.waiting
    track.note = track.plan.note or track.note
    before, after = kind.units(track.after, {}), kind.units(track.after, wish)
    if track.estimate is None:
        track.estimate = estimate(before, after, track.plan.actions, job.rates)


def _apply(job: Job, track: Track) -> bool:
    progress = False
    for action in track.plan.actions:
        if not action.now or not job.budget:
            break
        if _asked_just_now(job, track, action):
            track.waiting = track.waiting or f"{action.does} to show"
            break
        job.cloud.apply(action)
        track.asked[action.identity] = job.clock()
        track.did.append(action.does)
        progress = True
    return progress


def _asked_just_now(job: Job, track: Track, action: Action) -> bool:
    """AWS may not yet show what it has accepted; asking again could do it twice."""
    now = job.clock()
    track.asked = {name: at for name, at in track.asked.items() if now - at < job.settings.settle}
    return action.identity in track.asked


def _with_wishes(job: Job, readings: dict[str, Reading]) -> dict[str, Reading]:
    """Recall what each target was; returns the readings of those where that was told."""
    unknown = [track for track in _ready(job, readings) if track.wanted is None]
    recalled = job.memory.recall([(t.target, readings[t.target.name]) for t in unknown])
    for track in unknown:
        found = recalled[track.target.name]
        if isinstance(found, Exception):
            retry_policy.take(track, found, job.settings.tries)
            readings.pop(track.target.name)
        elif found is not None:
            place = f"what is remembered of {track.target.name}"
            try:
                track.wanted = read_wish(track.target.kind, Fields(place, found.state))
            except Invalid as error:
                track.fail(str(error), f"correct it in the {job.memory.place}")
            track.note = f"as before {found.step}, {found.since}"
    return readings


def _remember(job: Job, tracks: Sequence[Track], readings: Readings) -> None:
    """Take down the states before a change, unless something is remembered already.

    What is remembered was read after the state: had another invocation changed the target before
    that, it would have remembered first.
    """
    fresh = [] if job.rests else [track for track in tracks if not track.kept]
    if not fresh:
        return
    job.keep_lease()
    recalled = job.memory.recall([(t.target, readings[t.target.name]) for t in fresh])
    since = dt.datetime.fromtimestamp(job.clock(), dt.timezone.utc)
    for track in fresh:
        if not job.budget:
            return
        reading, found = readings[track.target.name], recalled[track.target.name]
        try:
            if isinstance(found, Exception):
                raise found
            if found is None and not _remember_one(job, track, reading, since):
                track.note = "not remembered: its kind has no tags, and there is no table"
            track.kept = True
        except Exception as error:
            retry_policy.take(track, error, job.settings.tries, job.cloud.last)


def _remember_one(job: Job, track: Track, reading: Reading, since: dt.datetime) -> bool:
    # What any step changes: the next one may change more than this one does.
    changed = {name: value for wish in track.target.wishes.values() for name, value in wish.items()}
    remembered = Remembered(
        KINDS[track.target.kind].previous(reading.state, changed),
        f"{since:%Y-%m-%dT%H:%M:%SZ}",
        f"{job.scenario.name}/{job.step}",
    )
    return job.memory.remember(track.target, reading, remembered)


def _forget(job: Job, track: Track, reading: Reading) -> None:
    if job.restores or job.memory.recall([(track.target, reading)])[track.target.name]:
        job.memory.forget(track.target, reading)

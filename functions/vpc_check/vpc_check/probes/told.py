"""A target's outcomes told as observations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vpc_check.observation import Observation
from vpc_check.probes.limits import MOST_ADDRESSES
from vpc_check.probes.lookup import Answer, Place, servers
from vpc_check.probes.outcome import Outcome

if TYPE_CHECKING:
    from vpc_check.probes.round import Round

_NO_TIME = Outcome("not_tried", "no time was left")


def told(current: Round, number: int, waited_s: float) -> Iterator[Observation]:
    """Yield the observations of one target: of its name if that failed, then of its addresses.

    :param waited_s: how long a lookup that has not come back was waited for
    """
    target = current.targets[number]
    answer = current.answers.get(target.host)
    if answer is None:
        yield _unanswered(current, number, waited_s)
        return
    if answer.error:
        ms = answer.seconds * 1000
        yield Observation(target, "dns_failed", answer.error, milliseconds=ms)
    elif not answer.places:
        yield Observation(target, _NO_TIME.word, _NO_TIME.detail)
    for places in _alike(current, number):
        seen = current.seen[number][places[0]]
        outcome = seen.outcome if seen else _NO_TIME
        notes = [*_notes(answer, target.address, places), current.notes[target.host]]
        yield Observation(
            target,
            outcome.word,
            "; ".join(each for each in (outcome.detail, *notes) if each),
            places[0].address,
            answer.addresses,
            (answer.seconds + (seen.seconds if seen else 0.0)) * 1000,
        )


def _unanswered(current: Round, number: int, waited_s: float) -> Observation:
    target = current.targets[number]
    if target.host not in current.looking:
        return Observation(target, _NO_TIME.word, _NO_TIME.detail)
    detail = f"no answer from the name servers in {waited_s:.1f} s{servers()}"
    return Observation(target, "dns_failed", detail, milliseconds=waited_s * 1000)


def _alike(current: Round, number: int) -> list[list[Place]]:
    """The places that were probed, those of one family and one word together."""
    groups: dict[tuple[int, str], list[Place]] = {}
    for place, seen in current.seen[number].items():
        word = seen.outcome.word if seen else _NO_TIME.word
        groups.setdefault((place.family, word), []).append(place)
    return list(groups.values())


def _notes(answer: Answer, given: str, places: list[Place]) -> Iterator[str]:
    if len(places) > 1:
        yield f"the same at {', '.join(place.address for place in places[1:])}"
    known = [place for place in answer.places if place.family == places[0].family]
    if len(known) > MOST_ADDRESSES:
        yield f"{MOST_ADDRESSES} of {len(known)} addresses were tried"
    if given and answer.error:
        yield "the address given with the target, not resolved"
    elif given and given not in answer.addresses:
        yield f"the name does not resolve to {given}, the address given"

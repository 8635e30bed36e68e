"""What one invocation works with; made once, handed down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scheduled_scaling.aws import Cloud
from scheduled_scaling.estimate import Rates
from scheduled_scaling.lease import Lease
from scheduled_scaling.retry_policy import is_refusal
from scheduled_scaling.saved_state import Memory
from scheduled_scaling.scenarios import RESTORE, Scenario
from scheduled_scaling.settings import Settings
from scheduled_scaling.target_progress import Track
from surefoot import Budget
from surefoot.kit.aws_errors import AwsError


@dataclass(frozen=True)
class Job:
    """One step of a scenario. `clock` is in seconds since the epoch."""

    scenario: Scenario
    step: str
    began: float  # of the chain's first invocation
    at: float  # when the event was meant, in seconds since the epoch
    key: str  # the same for the same event delivered twice; empty: that cannot be told
    tracks: Mapping[str, Track]
    rates: Rates
    settings: Settings
    cloud: Cloud
    memory: Memory
    lease: Lease
    budget: Budget
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @property
    def restores(self) -> bool:
        """Whether the step puts back what is remembered."""
        return self.step == RESTORE

    @property
    def rests(self) -> bool:
        """Whether nothing needs to be remembered once the step is reached."""
        return self.restores or self.step == self.scenario.rest

    @property
    def open(self) -> list[Track]:
        """The targets that need work."""
        return [track for track in self.tracks.values() if track.open]

    def keep_lease(self) -> None:
        """Keep it as long as the invocation may last. Raises Superseded."""
        try:
            self.lease.renew(self.budget.seconds + self.budget.reserve)
        except Exception as error:
            # It holds to the invocation's end as it is; only a newer event may be noticed later.
            if not is_refusal(error) or not AwsError.from_exception(error).retriable:
                raise

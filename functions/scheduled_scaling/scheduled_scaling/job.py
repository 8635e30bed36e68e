"""What one invocation works with; created once, handed down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scheduled_scaling.announce import Announcer
from scheduled_scaling.aws import AwsClients
from scheduled_scaling.estimate import Rates
from scheduled_scaling.event import Request
from scheduled_scaling.lease import Lease
from scheduled_scaling.saved_state import StateStore
from scheduled_scaling.scenarios import RESTORE, VERIFY, Scenario
from scheduled_scaling.settings import Settings
from scheduled_scaling.target_progress import FAILED, REACHED, SKIPPED, TargetProgress
from surefoot import Budget
from surefoot.kit.aws_errors import AwsError, is_aws_error
from surefoot.kit.resumable import Chain


@dataclass(frozen=True)
class Work:
    """Which step, when it was due, and by when it should be reached.

    Times are in seconds since the epoch; `by` is 0 if there is no deadline. `key` is the same for
    the same event delivered twice; empty if that is not known.
    """

    request: Request
    at: float
    key: str
    by: float = 0.0


@dataclass
class Lateness:
    """Whether it was announced that the step is late."""

    announced: bool = False


@dataclass(frozen=True)
class Job:
    """One step of a scenario. `clock` is in seconds since the epoch."""

    scenario: Scenario
    step: str  # whose states are desired; of verify, the one to look for
    work: Work
    targets: Mapping[str, TargetProgress]
    rates: Rates
    settings: Settings
    aws: AwsClients
    store: StateStore
    lease: Lease
    announcer: Announcer
    chain: Chain
    budget: Budget
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    lateness: Lateness = field(default_factory=Lateness)
    place: str = ""  # account and Region, for people
    predecessors: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_restore(self) -> bool:
        """Whether the step puts back the saved states."""
        return self.step == RESTORE

    @property
    def is_verify(self) -> bool:
        """Whether the step is only looked for."""
        return self.work.request.step == VERIFY

    @property
    def is_rest_step(self) -> bool:
        """Whether no saved state is needed once the step is reached."""
        return self.is_restore or self.step == self.scenario.rest

    @property
    def open_targets(self) -> list[TargetProgress]:
        """The targets that need work."""
        return [target for target in self.targets.values() if target.is_open]

    @property
    def is_reached(self) -> bool:
        """Whether every target that the step concerns has its state."""
        statuses = {target.status for target in self.targets.values()}
        return REACHED in statuses and statuses <= {REACHED, SKIPPED}

    @property
    def error_limits(self) -> tuple[float, float]:
        """The time now, and the seconds that a target may be in a wrong state."""
        return self.clock(), self.settings.wrong_state_limit_s

    def blockers(self, progress: TargetProgress) -> list[str]:
        """Return the targets that must be reached before this one may change."""
        names = self.predecessors.get(progress.target.name, frozenset())
        done = (REACHED, SKIPPED)
        # Only these are looked at: of 500 targets, each would look at 500.
        return sorted(name for name in names if self.targets[name].status not in done)

    def failed_blocker(self, progress: TargetProgress) -> str:
        """Return a target that failed and comes before this one; empty if there is none."""
        blockers = self.blockers(progress)
        return next((n for n in blockers if self.targets[n].status == FAILED), "")

    def renew_lease(self) -> None:
        """Keep the lease as long as the invocation may last. Raises Superseded."""
        try:
            self.lease.renew(self.budget.seconds + self.budget.reserve)
        except Exception as error:
            # The lease lasts to the invocation's end; only a newer event may be noticed late.
            if not is_aws_error(error) or not AwsError.from_exception(error).retriable:
                raise

"""What one invocation works with; created once, handed down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.estimate import Rates
from scheduled_scaling.lease import Lease
from scheduled_scaling.saved_state import StateStore
from scheduled_scaling.scenarios import RESTORE, Scenario
from scheduled_scaling.settings import Settings
from scheduled_scaling.target_progress import TargetProgress
from surefoot import Budget
from surefoot.kit.aws_errors import AwsError, is_aws_error
from surefoot.kit.resumable import Chain


@dataclass(frozen=True)
class Job:
    """One step of a scenario. `clock` is in seconds since the epoch."""

    scenario: Scenario
    step: str
    at: float  # when the event was due, in seconds since the epoch
    key: str  # the same for the same event delivered twice; empty if that is not known
    targets: Mapping[str, TargetProgress]
    rates: Rates
    settings: Settings
    aws: AwsClients
    store: StateStore
    lease: Lease
    chain: Chain
    budget: Budget
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @property
    def is_restore(self) -> bool:
        """Whether the step puts back the saved states."""
        return self.step == RESTORE

    @property
    def is_rest_step(self) -> bool:
        """Whether no saved state is needed once the step is reached."""
        return self.is_restore or self.step == self.scenario.rest

    @property
    def open_targets(self) -> list[TargetProgress]:
        """The targets that need work."""
        return [target for target in self.targets.values() if target.is_open]

    def renew_lease(self) -> None:
        """Keep the lease as long as the invocation may last. Raises Superseded."""
        try:
            self.lease.renew(self.budget.seconds + self.budget.reserve)
        except Exception as error:
            # The lease lasts to the invocation's end; only a newer event may be noticed late.
            if not is_aws_error(error) or not AwsError.from_exception(error).retriable:
                raise

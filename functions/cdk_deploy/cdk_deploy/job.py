"""One invocation's work: what was asked, what may be used, and how much time there is."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdk_deploy import arguments, aws, lookups, program, workspace
from cdk_deploy.config import Config
from cdk_deploy.masking import Masker
from cdk_deploy.request import Request
from surefoot import Budget
from surefoot.kit.resumable import Chain

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

    from cdk_deploy.program import ProcessResult
    from cdk_deploy.workspace import Workspace


@dataclass(frozen=True)
class Job:
    """What every step gets. `log` writes a line of progress."""

    request: Request
    config: Config
    context: Any
    chain: Chain
    log: Callable[[str], None]
    masker: Masker
    looked_up: list[str] = field(default_factory=list)  # by the CDK, beyond what was kept

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """A client that may describe."""
        return aws.cloudformation_client()

    @property
    def continues_itself(self) -> bool:
        """Whether the next step begins without anyone having seen the answer of this one."""
        return self.request.self_invoke or self.config.continue_by != "return"

    @property
    def seconds(self) -> float:
        """What is left of the invocation, less the reserve."""
        return Budget(self.context, self.config.reserve_s).seconds

    def run_cdk(
        self, change_set_name: str = "", step: str = "", assembly: Path | None = None
    ) -> tuple[ProcessResult, Workspace]:
        """Run the step's CDK command to its end, or until the time is up.

        :param step: another one than the event's
        :param assembly: deploy this one, instead of running the app
        """
        space = workspace.prepare(self.config, os.environ, assembly)
        place = self.config.context_object
        s3 = aws.client("s3") if place else None
        before = lookups.restore(space.directory, place, s3)
        command = arguments.command(self.config, self.request, space.app, change_set_name, step)
        result = program.run(
            command,
            directory=space.directory,
            environment=space.environment,
            limit_s=self.seconds,
            log=self.log,
            mask=self.masker.mask_line,
        )
        if result.timed_out:
            self.log("the invocation's time is up: the CDK was ended")
        self.looked_up.extend(lookups.keep(space.directory, place, s3, before))
        return result, space

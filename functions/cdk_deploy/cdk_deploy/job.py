"""One invocation's work: what was asked, what may be used, and how much time there is."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cdk_deploy import arguments, aws, program, workspace
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

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """A client that may describe."""
        return aws.cloudformation_client()

    @property
    def seconds(self) -> float:
        """What is left of the invocation, less the reserve."""
        return Budget(self.context, self.config.reserve_s).seconds

    def run_cdk(self, change_set_name: str = "") -> tuple[ProcessResult, Workspace]:
        """Run the step's CDK command to its end, or until the time is up."""
        space = workspace.prepare(self.config, os.environ)
        command = arguments.command(self.config, self.request, space.app, change_set_name)
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
        return result, space

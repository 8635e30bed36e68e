"""What an invocation fails with; Step Functions and log searches see these class names."""

from __future__ import annotations


class DeployError(Exception):
    """One of those below: `reason` says what is wrong and where, `remedy` what to change."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.reason}; {self.remedy}"


class RequestError(DeployError):
    """The event asks for something that is not allowed or not understood."""


class ConfigError(DeployError):
    """An environment variable of the function is wrong, or a file that it names is missing."""


class CommandFailed(DeployError):
    """The CDK ended with an error before CloudFormation began anything."""


class OutOfTime(DeployError):
    """The CDK was ended because the invocation's time was over; CloudFormation had not begun."""


class DeploymentFailed(DeployError):
    """CloudFormation did not reach the state that was asked for; a resource says why."""


class AwsRefused(DeployError):
    """An API call of this function was refused."""

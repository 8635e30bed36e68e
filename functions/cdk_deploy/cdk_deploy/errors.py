"""What an invocation fails with. Step Functions and log searches see these class names."""

from __future__ import annotations

from surefoot.kit.errors import UserError


class RequestError(UserError):
    """The event asks for something that is not allowed or not understood."""


class ConfigError(UserError):
    """An environment variable of the function is wrong, or a file that it names is missing."""


class CommandFailed(UserError):
    """The CDK ended with an error before CloudFormation began."""


class OutOfTime(UserError):
    """The CDK was ended because the invocation's time was up; CloudFormation had not begun."""


class UnsafeTemplate(UserError):
    """The template would make CloudFormation change everything of a cluster at once."""


class ApprovalNeeded(UserError):
    """A change set would remove or replace what holds data, and was not approved."""


class DeploymentFailed(UserError):
    """CloudFormation did not reach the desired state; `reason` names the resource."""

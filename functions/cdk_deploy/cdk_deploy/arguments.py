"""The CDK's command line for each step. What an event says stands in fixed places of it.

Source: `cdk --help` of the pinned version; "AWS CDK CLI reference" in the CDK Developer Guide.
"""

from __future__ import annotations

from cdk_deploy import context
from cdk_deploy.config import Config
from cdk_deploy.request import Request

# Notices and telemetry would call out to other hosts. --ci sends all output to stdout.
_ALWAYS = ("--ci", "--no-color", "--no-notices", "--no-version-reporting")
_DEPLOY = ("--exclusively", "--require-approval=never", "--progress=events")
# By step: the CDK's command and its options. synth is quiet as the template is read from the
# assembly; diff compares templates, since a change set would be a trace on the stack.
_STEPS = {
    "synth": ("synth", ["--quiet"]),
    "diff": ("diff", ["--method=template"]),
    "deploy": ("deploy", [*_DEPLOY]),
    "prepare": ("deploy", [*_DEPLOY, "--method=prepare-change-set"]),
}


def command(config: Config, request: Request, app: str, change_set: str = "") -> list[str]:
    """Return the argument vector of a step, the program first.

    `app` is a command that the CLI hands to a shell, so it must be the author's and never the
    event's; or the path of an assembly. `change_set` is the name that prepare gives.
    """
    name, options = _STEPS[request.step]
    if request.step == "deploy":
        options = [*options, f"--method={config.method}"]
    if change_set:
        options = [*options, f"--change-set-name={change_set}"]
    # The stack's name has passed the grammar of names, so it begins with a letter. It stands
    # before the options, since --context takes words until the next option.
    return [
        *(str(config.node), str(config.cli), name, request.stack),
        *(f"--app={app}", f"--output={config.scratch / 'cdk.out'}"),
        *_ALWAYS,
        *options,
        *context.words(request.context),
    ]

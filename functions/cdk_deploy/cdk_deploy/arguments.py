"""The CDK's command line for each step. Values from an event have fixed places in it.

Source: `cdk --help` of the pinned version; "AWS CDK CLI reference" in the CDK Developer Guide.
"""

from __future__ import annotations

from cdk_deploy import context
from cdk_deploy.config import Config
from cdk_deploy.request import Request

# Notices and telemetry would connect to other hosts. --ci sends all output to stdout.
_ALWAYS = ("--ci", "--no-color", "--no-notices", "--no-version-reporting")
_DEPLOY = ("--exclusively", "--require-approval=never", "--progress=events")
# By step: the CDK's command and its options. synth is quiet as the template is read from the
# assembly; diff compares templates, since a change set would change the stack.
_STEPS = {
    "synth": ("synth", ["--quiet"]),
    "diff": ("diff", ["--method=template"]),
    "deploy": ("deploy", [*_DEPLOY]),
    "prepare": ("deploy", [*_DEPLOY, "--method=prepare-change-set"]),
}


def command(
    config: Config, request: Request, app: str, change_set: str = "", step: str = ""
) -> list[str]:
    """Return the argument vector of a step, the program first.

    `app` is a command that the CLI runs in a shell, so it must never come from an event; or the
    path of an assembly. `change_set` is the name for prepare; `step` takes the place of the
    request's.
    """
    step = step or request.step
    name, options = _STEPS[step]
    if step == "deploy":
        options = [*options, f"--method={config.method}"]
    if change_set:
        options = [*options, f"--change-set-name={change_set}"]
    # The stack's name has passed the grammar of names, so it begins with a letter. It is
    # before the options, since --context takes words until the next option.
    return [
        *(str(config.node), str(config.cli), name, request.stack),
        *(f"--app={app}", f"--output={config.scratch / 'cdk.out'}"),
        *_ALWAYS,
        *options,
        *context.as_cli_arguments(request.context),
    ]

"""The handler: an event in, one step done, an answer out. See the README for both."""

from __future__ import annotations

import logging
import os
from typing import Any

from cdk_deploy import config, request
from cdk_deploy.deployment import deploy, prepare
from cdk_deploy.errors import AwsRefused
from cdk_deploy.job import Job
from cdk_deploy.steps import execute, poll
from cdk_deploy.synthesis import diff, synth

VERSION = 1  # of the answer's form
STEPS = {
    "synth": synth,
    "diff": diff,
    "deploy": deploy,
    "prepare": prepare,
    "execute": execute,
    "poll": poll,
}
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Do the step that the event asks for. Raises the errors of `cdk_deploy.errors`."""
    from botocore.exceptions import BotoCoreError, ClientError

    settings = config.read(os.environ)
    asked = request.read(event, settings)
    logger.info("%s of %s with the context %s", asked.step, asked.stack, dict(asked.context))
    job = Job(asked, settings, context, logger.info)
    try:
        answer = STEPS[asked.step](job)
        return _finish(job, answer)
    except (BotoCoreError, ClientError) as error:
        raise _explained(error) from error


def _finish(job: Job, answer: dict[str, Any]) -> dict[str, Any]:
    """Complete an answer and, where it was asked for, invoke the function with what is next."""
    following = answer.get("next")
    if following and job.request.go_on:
        from cdk_deploy import aws
        from surefoot.kit.self_invoke import invoke_self_async

        following["go_on"] = True
        invoke_self_async(aws.functions(), job.context, following)
        logger.info("another invocation goes on with the step %s", following["step"])
    return {"version": VERSION, "step": job.request.step, "stack": job.request.stack, **answer}


def _explained(error: Exception) -> AwsRefused:
    from surefoot.kit.aws_errors import AwsError

    told = AwsError.from_exception(error)
    return AwsRefused(f"{told.api} was refused ({told.code}): {told.message}", told.remedy)

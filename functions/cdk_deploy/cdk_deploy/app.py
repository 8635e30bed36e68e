"""The handler: do one step of a deployment. The README describes events and answers."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import Any

from cdk_deploy import aws, config, declared_secrets, request, steps
from cdk_deploy.config import Config
from cdk_deploy.job import Job
from cdk_deploy.masking import Masker
from surefoot.kit import durable
from surefoot.kit.aws_errors import AwsError, is_aws_error
from surefoot.kit.errors import UserError
from surefoot.kit.resumable import Chain

VERSION = 1  # of the answer's form
STEPS = {
    "synth": steps.synth,
    "diff": steps.diff,
    "deploy": steps.deploy,
    "prepare": steps.prepare,
    "execute": steps.execute,
    "poll": steps.poll,
    "rollback": steps.rollback,
    "resume": steps.resume,
}
# By operation, where it is not cloudformation.
_SERVICES = {
    "AssumeRole": "sts",
    "GetCallerIdentity": "sts",
    "Invoke": "lambda",
    "GetObject": "s3",
    "PutObject": "s3",
    "GetParameter": "ssm",
    "GetSecretValue": "secretsmanager",
}
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Do the step that the event asks for.

    :param event: ``{"step", "stack", …}``, as it is or as an EventBridge event's detail
    :returns: version, step, stack, done, and what the step adds; ``next`` while done is false
    :raises UserError: one of `cdk_deploy.errors`, or an AwsError
    """
    settings = config.read(os.environ)
    if settings.continue_by != "durable":
        return _handle(event, context, settings)
    answer: dict[str, Any] = durable.run(
        lambda each, lambda_context: _handle(each, lambda_context, settings), event, context
    )
    return answer


def _handle(event: Any, context: Any, settings: Config) -> dict[str, Any]:
    asked = request.read(event, settings)
    if settings.continue_by == "durable" and asked.step == "poll":
        asked = replace(asked, wait_s=0.0)  # waiting between the steps costs nothing
    # The values stay out of the log: one may be a secret.
    logger.info("%s of %s with the context keys %s", asked.step, asked.stack, [*asked.context])
    masker = Masker(os.environ, asked.context)
    try:
        for text in declared_secrets.values(
            settings.secrets, os.environ, asked.context, aws.client
        ):
            masker.declare(text)
            masker.add(declared_secrets.parts(text))
    except Exception as error:
        raise _describe(error) from error
    chain = Chain({"continuation": asked.continuation}, asked.stack)
    job = Job(asked, settings, context, chain, lambda line: logger.info(masker.mask(line)), masker)
    try:
        answer: dict[str, Any] = masker.mask_json(_finish(job, STEPS[asked.step](job)))
        return answer
    except UserError as error:
        raise type(error)(masker.mask(error.reason), error.remedy) from None
    except Exception as error:
        raise _describe(error) from error


def _describe(error: Exception) -> Exception:
    """Return an error of AWS with the name of the call; any other as it is."""
    if not is_aws_error(error):
        return error
    operation = str(getattr(error, "operation_name", ""))
    service = _SERVICES.get(operation, "cloudformation") if operation else ""
    return AwsError.from_exception(error, service)


def _finish(job: Job, result: steps.Result) -> dict[str, Any]:
    """Complete the answer; with `self_invoke`, invoke the function with the next step."""
    answer = {
        "version": VERSION,
        "step": job.request.step,
        "stack": job.request.stack,
        "done": result.following is None,
        **result.members,
    }
    if job.looked_up:
        answer["looked_up"] = sorted(job.looked_up)
        where = job.config.context_object or "nowhere: add it to app/cdk.context.json"
        logger.info("the CDK looked up %s; kept in %s", ", ".join(job.looked_up), where)
    if result.following is None:
        return answer
    event = dict(result.following)
    if job.request.self_invoke or job.config.continue_by == "self":
        event["self_invoke"] = True
        job.chain.invoke_next(aws.lambda_client(), job.context, event, result.state)
        logger.info("another invocation goes on with the step %s", event["step"])
    return {**answer, "next": job.chain.next_event(event, result.state)}

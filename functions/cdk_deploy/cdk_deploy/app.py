"""The handler: do one step of a deployment. The README describes events and answers."""

from __future__ import annotations

import logging
import os
from typing import Any

from cdk_deploy import aws, config, request, steps
from cdk_deploy.job import Job
from cdk_deploy.masking import Masker
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
}
# By operation, where it is not cloudformation.
_SERVICES = {"AssumeRole": "sts", "GetCallerIdentity": "sts", "Invoke": "lambda"}
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Do the step that the event asks for.

    :param event: ``{"step", "stack", …}``, as it is or as an EventBridge event's detail
    :returns: version, step, stack, done, and what the step adds; ``next`` while done is false
    :raises UserError: one of `cdk_deploy.errors`, or an AwsError
    """
    settings = config.read(os.environ)
    asked = request.read(event, settings)
    # The values stay out of the log: one may be a secret.
    logger.info("%s of %s with the context keys %s", asked.step, asked.stack, [*asked.context])
    masker = Masker(os.environ, asked.context)
    chain = Chain({"continuation": asked.continuation}, asked.stack)
    job = Job(asked, settings, context, chain, lambda line: logger.info(masker.mask(line)), masker)
    try:
        answer: dict[str, Any] = masker.mask_json(_finish(job, STEPS[asked.step](job)))
        return answer
    except UserError as error:
        raise type(error)(masker.mask(error.reason), error.remedy) from None
    except Exception as error:
        if not is_aws_error(error):
            raise
        operation = str(getattr(error, "operation_name", ""))
        service = _SERVICES.get(operation, "cloudformation") if operation else ""
        raise AwsError.from_exception(error, service) from error


def _finish(job: Job, result: steps.Result) -> dict[str, Any]:
    """Complete the answer; with `self_invoke`, invoke the function with the next step."""
    answer = {
        "version": VERSION,
        "step": job.request.step,
        "stack": job.request.stack,
        "done": result.following is None,
        **result.members,
    }
    if result.following is None:
        return answer
    event = dict(result.following)
    if job.request.self_invoke:
        event["self_invoke"] = True
        job.chain.invoke_next(aws.lambda_client(), job.context, event, result.state)
        logger.info("another invocation goes on with the step %s", event["step"])
    return {**answer, "next": job.chain.next_event(event, result.state)}

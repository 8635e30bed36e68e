"""What an error means for one target: try again later, or give up and say why."""

from __future__ import annotations

from scheduled_scaling.aws import iam_prefix
from scheduled_scaling.errors import CallFailed, TargetError
from scheduled_scaling.target_progress import TargetProgress
from surefoot.kit.aws_errors import AwsError, is_aws_error

# The state changed between reading and the call, or AWS is not done with the previous call.
_WRONG_STATE = (
    *("InvalidDBInstanceState", "InvalidDBClusterState", "InvalidDBClusterStateFault"),
    *("InvalidDBInstanceStateFault", "ServiceNotActiveException", "ConflictException"),
    *("ScalingActivityInProgress", "ResourceContention", "ConcurrentUpdateException"),
    *("DBInstanceNotFound", "DBInstanceNotFoundFault"),
)
_REMEDIES = {
    "InvalidParameterValue": "choose a class that this engine version and Region offer",
    "InvalidParameterCombination": "choose a class that this engine version and Region offer",
    "InsufficientDBInstanceCapacity": "choose another class, or try later",
    "InstanceQuotaExceeded": "request a higher quota, or ask for fewer instances",
    **dict.fromkeys(_WRONG_STATE, "wait until it is available, and look at it if it never is"),
}


def record_error(
    progress: TargetProgress, error: Exception, max_wrong_states: int, client: str = ""
) -> None:
    """Record `error` with its target. Raises it again if it is a defect, not AWS's answer.

    A call that AWS throttles or fails to serve may be repeated until SCALING_TIME_LIMIT_S.

    :param max_wrong_states: how often in a row a target may be in a wrong state for a call
    :param client: boto3's name of the service that was called
    """
    if isinstance(error, CallFailed):
        record_error(progress, error.error, max_wrong_states, error.client)
        return
    if isinstance(error, TargetError):
        retriable, limited = error.transient, True
        described = ("", "", error.reason, error.remedy)
    elif not is_aws_error(error):
        raise error
    else:
        found = AwsError.from_exception(error, iam_prefix(client))
        limited = found.code in _WRONG_STATE
        retriable = limited or found.retriable
        remedy = _REMEDIES.get(found.code, found.remedy)
        described = (found.api, found.code, found.message, remedy)
    progress.record_error(*described)
    progress.wrong_state_count += limited
    if not retriable or progress.wrong_state_count >= max_wrong_states:
        progress.mark_failed()

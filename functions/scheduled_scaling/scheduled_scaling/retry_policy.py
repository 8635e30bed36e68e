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
# AWS has no machine of the class now. Minutes or hours later it may have one.
NO_CAPACITY = frozenset(
    [
        *("InsufficientDBInstanceCapacity", "InsufficientDBInstanceCapacityFault"),
        *("InsufficientDBClusterCapacityFault", "InsufficientStorageClusterCapacity"),
    ]
)
_REMEDIES = {
    "InvalidParameterValue": "choose a class that this engine version and Region offer",
    "InvalidParameterCombination": "choose a class that this engine version and Region offer",
    "InstanceQuotaExceeded": "request a higher quota, or ask for fewer instances",
    **dict.fromkeys(NO_CAPACITY, "name other classes under fallback, or try later"),
    **dict.fromkeys(_WRONG_STATE, "wait until it is available, and look at it if it never is"),
}


def record_error(
    progress: TargetProgress, error: Exception, now: float, limit_s: float, client: str = ""
) -> None:
    """Record `error` with its target. Raises it again if it is a defect, not AWS's answer.

    A call that AWS throttles, fails to serve or has no capacity for may be repeated until
    SCALING_TIME_LIMIT_S. A wrong state may last `limit_s`: a failover, for example, is refused for
    some minutes after a change, however often it is tried.

    :param now: seconds since the epoch
    :param client: boto3's name of the service that was called
    """
    if isinstance(error, CallFailed):
        record_error(progress, error.error, now, limit_s, error.client)
        return
    if isinstance(error, TargetError):
        retriable, limited = error.transient, True
        described = ("", "", error.reason, error.remedy)
    elif not is_aws_error(error):
        raise error
    else:
        found = AwsError.from_exception(error, iam_prefix(client))
        limited = found.code in _WRONG_STATE
        retriable = limited or found.retriable or found.code in NO_CAPACITY
        remedy = _REMEDIES.get(found.code, found.remedy)
        described = (found.api, found.code, found.message, remedy)
    progress.record_error(*described)
    if not limited:
        progress.wrong_state_since = 0.0
    elif not progress.wrong_state_since:
        progress.wrong_state_since = now
    if not retriable or (limited and now - progress.wrong_state_since >= limit_s):
        progress.mark_failed()

"""What an error means for one target: try again in a while, or give it up and say why."""

from __future__ import annotations

from scheduled_scaling.aws import prefix
from scheduled_scaling.errors import CallFailed, Problem
from scheduled_scaling.target_progress import Track
from surefoot.kit.aws_errors import AwsError

# The state changed between reading and the call, or AWS is not done with the call before.
_WRONG_STATE = (
    *("InvalidDBInstanceState", "InvalidDBClusterState", "InvalidDBClusterStateFault"),
    *("InvalidDBInstanceStateFault", "ServiceNotActiveException", "ConflictException"),
    *("ScalingActivityInProgress", "ResourceContention", "ConcurrentUpdateException"),
)
_REMEDIES = {
    "InvalidParameterValue": "choose a class that this engine version and Region offer",
    "InvalidParameterCombination": "choose a class that this engine version and Region offer",
    "InsufficientDBInstanceCapacity": "choose another class, or try later",
    "InstanceQuotaExceeded": "ask for a higher quota, or want fewer instances",
    **dict.fromkeys(_WRONG_STATE, "wait until it is available, and look at it if it never is"),
}


def take(track: Track, error: Exception, tries: int, client: str = "") -> None:
    """Note `error` with its target. Raises it again if it is no refusal but a defect.

    What AWS throttles or fails at may be tried for as long as SCALING_PATIENCE allows.

    :param tries: how often in a row a target may be in a wrong state for a call
    :param client: boto3's name of the service that refused
    """
    if isinstance(error, CallFailed):
        take(track, error.error, tries, error.client)
        return
    if isinstance(error, Problem):
        again, limited, told = error.passing, True, ("", "", error.reason, error.remedy)
    elif not is_refusal(error):
        raise error
    else:
        found = AwsError.from_exception(error, prefix(client))
        limited = found.code in _WRONG_STATE
        again = limited or found.retriable
        remedy = _REMEDIES.get(found.code, found.remedy)
        told = (found.api, found.code, found.message, remedy)
    track.refuse(*told)
    track.tries += limited
    if not again or track.tries >= tries:
        track.give_up()


def is_refusal(error: Exception) -> bool:
    """Tell whether the error is botocore's, so AWS's or the connection's, and no defect here."""
    return any(kind.__module__ == "botocore.exceptions" for kind in type(error).__mro__)

"""Whether the function itself can run. Source: "Lambda function states", Lambda Developer Guide."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.paths import Case

# StateReasonCode and LastUpdateStatusReasonCode → remedy
REMEDIES = {
    "EniLimitExceeded": "raise the quota of Lambda interfaces per VPC, or share sets of groups",
    "InsufficientRolePermissions": "attach AWSLambdaVPCAccessExecutionRole to the role",
    "SubnetOutOfIPAddresses": "free addresses in the subnets, or give the function larger ones",
    "InvalidSubnet": "name subnets that exist, all of one VPC",
    "InvalidSecurityGroup": "name security groups that exist, of the subnets' VPC",
    "DisallowedByVpcEncryptionControl": "exempt Lambda from the VPC's encryption control",
    "EC2RequestLimitExceeded": "change fewer functions at once: EC2 throttled Lambda",
    "EFSMountConnectivityError": "let port 2049 pass between the function and the mount target",
    "EFSMountTimeout": "let port 2049 pass between the function and the mount target",
    "EFSMountFailure": "check the access point and its policy",
    "ImageAccessDenied": "allow Lambda to pull from the ECR repository",
    "ImageDeleted": "push the image again, or deploy another",
}
_ANY = "read the reason, mend it, and update the function again"


def check(case: Case) -> Iterator[Finding]:
    """Report a state other than Active, and a failed last update."""
    function = case.facts.sections["Function"]
    name = case.function.name
    state = str(function.get("State", "Active"))
    reason, code = str(function.get("StateReason", "")), str(function.get("StateReasonCode", ""))
    if state == "Inactive":
        yield Finding(
            "FUNCTION_IDLE",
            "warning",
            name,
            "the function is Inactive: Lambda took its idle interfaces back, and the next "
            "invocation fails while they are made again",
            "invoke it once and wait for Active; invoke it at least every 14 days",
        )
    elif state == "Pending":
        yield Finding(
            "FUNCTION_NOT_ACTIVE",
            "warning",
            name,
            f"the function is Pending ({code or 'Creating'}): its interfaces are being made",
            "wait for Active; minutes are normal, more than ten are not",
        )
    elif state != "Active":
        yield Finding(
            "FUNCTION_NOT_ACTIVE",
            "error",
            name,
            _told(f"the function is {state}", code, reason),
            REMEDIES.get(code, _ANY),
        )
    if function.get("LastUpdateStatus") == "Failed":
        code = str(function.get("LastUpdateStatusReasonCode", ""))
        reason = str(function.get("LastUpdateStatusReason", ""))
        yield Finding(
            "FUNCTION_UPDATE_FAILED",
            "error",
            name,
            _told("the last update failed, so an older configuration may be at work", code, reason),
            REMEDIES.get(code, _ANY),
        )


def _told(what: str, code: str, reason: str) -> str:
    return what + (f" ({code})" if code else "") + (f": {reason.rstrip('.')}" if reason else "")

"""What Lambda does in the name of the function's role.

Source: "Required IAM permissions" and "Best practice: deny in function code" of "Giving Lambda
functions access to resources in an Amazon VPC", Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.checks import iam_policy
from vpc_check.findings import Finding
from vpc_check.network.paths import Analysis

# action → severity when it is missing. Older policies lack the last ones and work.
ACTIONS = {
    "ec2:CreateNetworkInterface": "error",
    "ec2:DescribeNetworkInterfaces": "error",
    "ec2:DeleteNetworkInterface": "error",
    "ec2:DescribeSubnets": "warning",
    "ec2:AssignPrivateIpAddresses": "warning",
    "ec2:UnassignPrivateIpAddresses": "warning",
}
_ATTACH = "attach AWSLambdaVPCAccessExecutionRole to the role, or allow the same on resource *"


def check(analysis: Analysis) -> Iterator[Finding]:
    """Report actions that are not allowed, denied, or denied to the function's own code."""
    row = analysis.facts.sections["Role"]
    name = str(row.get("RoleName", "role"))
    documents = [each["Document"] for each in row.get("Policies", [])]
    boundary = row.get("PermissionsBoundary")
    verdicts = {action: iam_policy.judge(documents, boundary, action) for action in ACTIONS}
    for severity in ("error", "warning"):
        lacking = [
            action
            for action, verdict in verdicts.items()
            if verdict == "not allowed" and ACTIONS[action] == severity
        ]
        if lacking:
            yield Finding(
                "ROLE_LACKS_PERMISSION",
                severity,
                name,
                f"the role {name} does not allow {', '.join(lacking)}: Lambda makes, finds and "
                "deletes the interfaces in the role's name",
                _ATTACH,
            )
    for verdict, code, severity, message, remedy in (
        ("denied", "ROLE_DENIED", "error", "denies", "remove the Deny, or narrow its actions"),
        (
            "maybe denied",
            "ROLE_DENIED",
            "warning",
            "denies under a condition",
            "make sure that the condition never holds for calls of Lambda",
        ),
        (
            "denied to its code",
            "ROLE_DENIES_OWN_CODE",
            "info",
            "keeps the function's own code (lambda:SourceFunctionArn) from",
            (
                "right for most functions, as AWS advises; leave it out for one that cleans up "
                "interfaces itself"
            ),
        ),
    ):
        actions = [action for action, found in verdicts.items() if found == verdict]
        if actions:
            text = f"the role {name} {message} {', '.join(actions)}"
            yield Finding(code, severity, name, text, remedy)

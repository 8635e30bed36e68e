"""A role with the text of all its policies."""

from __future__ import annotations

from typing import Any

from vpc_check.facts import Row


def read_role(iam: Any, name: str) -> Row:
    """Return RoleName, Policies (Name, Document) and PermissionsBoundary, a document or None.

    Raises what boto3's IAM client raises.
    """
    role = iam.get_role(RoleName=name)["Role"]
    policies: list[Row] = []
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
        for row in page["AttachedPolicies"]:
            document = _document(iam, row["PolicyArn"])
            policies.append({"Name": row["PolicyName"], "Document": document})
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
        for inline in page["PolicyNames"]:
            answer = iam.get_role_policy(RoleName=name, PolicyName=inline)
            policies.append({"Name": inline, "Document": answer["PolicyDocument"]})
    boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return {
        "RoleName": name,
        "Policies": policies,
        "PermissionsBoundary": _document(iam, boundary) if boundary else None,
    }


def _document(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    answer = iam.get_policy_version(PolicyArn=arn, VersionId=version)
    return answer["PolicyVersion"]["Document"]

"""Names that the scenarios do not give themselves: outputs of a stack, resources with tags.

The CDK generates names, so a target may say where its name is found::

    cluster: {stack: nightly, output: DatabaseCluster}
    service: {tags: {app: batch, stage: prod}}

Sources: DescribeStacks, AWS CloudFormation API Reference; GetResources, Resource Groups Tagging API
Reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import ValidationError, suggest
from scheduled_scaling.validation import MappingReader

# By kind and member. Application Auto Scaling's targets have no tags of their own.
_TYPES = {
    ("docdb-cluster", "cluster"): "rds:cluster",
    ("docdb-instances", "cluster"): "rds:cluster",
    ("docdb-serverless", "cluster"): "rds:cluster",
    ("docdb-elastic", "name"): "docdb-elastic:cluster",
    ("auto-scaling-group", "group"): "autoscaling:autoScalingGroup",
    ("ecs-service", "cluster"): "ecs:cluster",
    ("ecs-service", "service"): "ecs:service",
}
_NO_ADDRESS = ("steps", "after", "kind")


class Lookup(Protocol):
    """Where references are looked up."""

    def outputs(self, stack: str) -> Mapping[str, str]:
        """Return a stack's outputs. Raises botocore's errors."""

    def tagged(self, kind: str, tags: Mapping[str, str]) -> Sequence[str]:
        """Return the ARNs of a type of resource that have all the tags, sorted."""


class AwsLookup:
    """Looks up in the function's account and Region; each stack and set of tags once."""

    def __init__(self, aws: AwsClients) -> None:
        self._aws = aws
        self._outputs: dict[str, Mapping[str, str]] = {}
        self._tagged: dict[tuple[Any, ...], Sequence[str]] = {}

    def outputs(self, stack: str) -> Mapping[str, str]:
        if stack not in self._outputs:
            answer = self._aws.client("cloudformation").describe_stacks(StackName=stack)
            self._outputs[stack] = {
                output["OutputKey"]: output.get("OutputValue", "")
                for output in answer["Stacks"][0].get("Outputs", ())
            }
        return self._outputs[stack]

    def tagged(self, kind: str, tags: Mapping[str, str]) -> Sequence[str]:
        key = (kind, *sorted(tags.items()))
        if key not in self._tagged:
            if kind == "autoscaling:autoScalingGroup":
                self._tagged[key] = self._tagged_groups(tags)
                return self._tagged[key]
            client = self._aws.client("resourcegroupstaggingapi")
            pages = client.get_paginator("get_resources").paginate(
                TagFilters=[{"Key": name, "Values": [value]} for name, value in tags.items()],
                ResourceTypeFilters=[kind],
            )
            self._tagged[key] = sorted(
                entry["ResourceARN"] for page in pages for entry in page["ResourceTagMappingList"]
            )
        return self._tagged[key]

    def _tagged_groups(self, tags: Mapping[str, str]) -> Sequence[str]:
        """Return Auto Scaling groups by their tags, which the other API does not know.

        Source: DescribeAutoScalingGroups, Amazon EC2 Auto Scaling API Reference.
        """
        pages = self._aws.client("autoscaling").get_paginator("describe_auto_scaling_groups")
        filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items()]
        return sorted(
            entry["AutoScalingGroupARN"]
            for page in pages.paginate(Filters=filters)
            for entry in page["AutoScalingGroups"]
        )


def resolve_target(place: str, raw: Mapping[str, Any], lookup: Lookup | None) -> Mapping[str, Any]:
    """Return a target with its references replaced by names. Raises ValidationError."""
    resolved = dict(raw)
    # A service is looked for in its cluster, so that comes first.
    for member, value in sorted(raw.items(), key=lambda item: item[0] != "cluster"):
        if member in _NO_ADDRESS or not isinstance(value, Mapping):
            continue
        reader = MappingReader(f"{place}.{member}", value)
        if lookup is None:
            raise ValidationError(reader.place, "it cannot be looked up here", "give the name")
        if "tags" in reader:
            cluster = resolved.get("cluster")
            resolved[member] = _by_tags(reader, str(raw.get("kind")), member, cluster, lookup)
        else:
            resolved[member] = _by_output(reader, lookup)
    return resolved


def _by_output(reader: MappingReader, lookup: Lookup) -> str:
    stack, name = reader.text("stack"), reader.text("output")
    reader.reject_unknown()
    outputs = lookup.outputs(stack)
    if not outputs.get(name):
        raise ValidationError(
            reader.place, f"the stack {stack} has no output {name}", suggest(name, outputs)
        )
    return _name_of(outputs[name])


def _by_tags(reader: MappingReader, kind: str, member: str, cluster: object, lookup: Lookup) -> str:
    entries = reader.mapping("tags")
    tags = {name: entries.text(name) for name in entries.names}
    reader.reject_unknown()
    if (kind, member) not in _TYPES:
        raise ValidationError(
            reader.place, f"{member} of {kind} cannot be found by tags", "give its name, or output"
        )
    arns = lookup.tagged(_TYPES[kind, member], tags)
    if member == "service" and isinstance(cluster, str):
        arns = [arn for arn in arns if f"/{cluster}/" in arn]
    names = sorted({_name_of(arn) for arn in arns})
    if len(names) != 1:
        described = ", ".join(f"{key}={value}" for key, value in tags.items())
        found = f"{len(names)} have: {', '.join(names[:5])}" if names else "none has"
        raise ValidationError(
            reader.place,
            f"one resource must have the tags {described}; {found}",
            "choose tags that only this resource has",
        )
    return names[0]


def _name_of(value: str) -> str:
    """Return the name in an ARN, or the value itself."""
    return re.split("[:/]", value)[-1] if value.startswith("arn:") else value

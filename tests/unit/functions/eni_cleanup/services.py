"""What AWS answers in the world: EC2, Lambda, CloudFormation and STS, by boto3's names."""

# ruff: noqa: N803 (the arguments are called as boto3 calls them)
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.unit.functions.eni_cleanup.faults import refused

if TYPE_CHECKING:
    from tests.unit.functions.eni_cleanup.world import World

ACCOUNT = "123456789012"
STACK = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/shop/1c2d3e4f"
UPDATE_S = 5.0  # that an update of a function is in progress


@dataclass
class Bucket:
    """EC2's own: a call without a token is refused."""

    burst: float
    per_s: float
    tokens: float = 0.0
    at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def takes(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_s)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Function:
    subnets: list[str]
    groups: list[str]
    version: str = "$LATEST"
    out_at: float | None = None  # when a detachment under way is done
    failed: str = ""  # why a detachment will fail
    status: str = "Successful"  # of the update before
    tags: dict[str, str] = field(default_factory=dict)
    tags_full: bool = False
    refusal: str = ""  # the code with which Lambda refuses to change it


@dataclass
class Stack:
    """`resources` are (type, physical id) by logical id; `events` the newest first."""

    status: str = "DELETE_IN_PROGRESS"
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)
    template: Any = field(default_factory=dict)
    events: list[dict[str, str]] = field(default_factory=list)
    parent: str = ""
    change_set: str = ""
    changes: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Eni:
    subnet: str
    groups: list[str]
    status: str = "in-use"
    kind: str = "lambda"
    description: str = "AWS Lambda VPC ENI-shop-0f1e2d3c"
    owner: str = ACCOUNT
    free_at: float | None = None
    attachment: str = "ela-attach-0a1b2c3d"


class Services:
    """The services; each method is one API call."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.buckets = {"describe": Bucket(100, 20), "mutate": Bucket(50, 5)}

    def ec2_describe_network_interfaces(
        self, Filters: Sequence[Mapping[str, Any]], MaxResults: int, NextToken: str = "0"
    ) -> Any:
        self._throttle("describe", "DescribeNetworkInterfaces")
        self._world.let_go()
        wanted = {each["Name"]: each["Values"] for each in Filters}
        keys = sorted(key for key, eni in self._world.enis.items() if _matches(eni, wanted))
        start = int(NextToken)
        page = {
            "NetworkInterfaces": [
                _described(k, self._world.enis[k]) for k in keys[start:][:MaxResults]
            ]
        }
        more = {"NextToken": str(start + MaxResults)} if keys[start + MaxResults :] else {}
        return {**page, **more}

    def ec2_delete_network_interface(self, NetworkInterfaceId: str) -> Any:
        self._throttle("mutate", "DeleteNetworkInterface")
        eni = self._world.enis.get(NetworkInterfaceId)
        if eni is None:
            raise refused("InvalidNetworkInterfaceID.NotFound", "DeleteNetworkInterface")
        if eni.status != "available":
            self._world.crimes.append(NetworkInterfaceId)
            raise refused("InvalidParameterValue", "DeleteNetworkInterface")
        del self._world.enis[NetworkInterfaceId]
        return {}

    def ec2_detach_network_interface(self, AttachmentId: str) -> Any:
        self._throttle("mutate", "DetachNetworkInterface")
        if AttachmentId.startswith("ela-"):
            self._world.crimes.append(AttachmentId)
            raise refused("OperationNotPermitted", "DetachNetworkInterface")
        for eni in self._world.enis.values():
            if eni.attachment == AttachmentId:
                eni.status, eni.attachment = "available", ""
                return {}
        raise refused("InvalidAttachmentID.NotFound", "DetachNetworkInterface")

    def lambda_list_functions(self, FunctionVersion: str, Marker: str = "0") -> Any:
        assert FunctionVersion == "ALL"
        start, names = int(Marker), sorted(self._world.functions)
        page = [self._config_of(name) for name in names[start:][: self._world.page]]
        more = (
            {"NextMarker": str(start + self._world.page)}
            if names[start + self._world.page :]
            else {}
        )
        return {"Functions": page, **more}

    def lambda_get_function_configuration(self, FunctionName: str) -> Any:
        # As lenient as can be: the name alone decides.
        if _name(FunctionName) not in self._world.functions:
            raise refused("ResourceNotFoundException", "GetFunctionConfiguration")
        return self._config_of(_name(FunctionName))

    def lambda_update_function_configuration(self, FunctionName: str, VpcConfig: Any) -> Any:
        assert VpcConfig == {
            "SubnetIds": [],
            "SecurityGroupIds": [],
            "Ipv6AllowedForDualStack": False,
        }
        function = self._world.functions[_name(FunctionName)]
        self._world.detached.append(FunctionName)
        if function.refusal:
            raise refused(function.refusal, "UpdateFunctionConfiguration")
        if function.out_at is not None:
            raise refused("ResourceConflictException", "UpdateFunctionConfiguration")
        function.out_at = self._world.now + UPDATE_S
        return self._config_of(_name(FunctionName))

    def lambda_tag_resource(self, Resource: str, Tags: dict[str, str]) -> Any:
        function = self._world.functions[_name(Resource)]
        if function.tags_full:
            raise refused("InvalidParameterValueException", "TagResource")
        function.tags.update(Tags)
        return {}

    def lambda_list_versions_by_function(self, FunctionName: str, Marker: str = "0") -> Any:
        bare = _name(FunctionName)
        names = [name for name in self._world.functions if name.partition(":")[0] == bare]
        rows = [self._config_of(name) for name in sorted(names)]
        at = int(Marker)
        more = {"NextMarker": str(at + 2)} if rows[at + 2 :] else {}
        return {"Versions": rows[at : at + 2], **more}

    def lambda_list_aliases(self, FunctionName: str, Marker: str = "0") -> Any:
        rows = [
            {
                "Name": alias,
                "FunctionVersion": versions[0],
                "RoutingConfig": {"AdditionalVersionWeights": dict.fromkeys(versions[1:], 0.1)},
            }
            for (name, alias), versions in sorted(self._world.aliases.items())
            if name == _name(FunctionName)
        ]
        at = int(Marker)
        more = {"NextMarker": str(at + 1)} if rows[at + 1 :] else {}
        return {"Aliases": rows[at : at + 1], **more}

    def lambda_delete_alias(self, FunctionName: str, Name: str) -> Any:
        self._world.aliases.pop((_name(FunctionName), Name), None)
        return {}

    def lambda_delete_function(self, FunctionName: str, Qualifier: str) -> Any:
        assert Qualifier.isdecimal()
        name = _name(FunctionName)
        if any(n == name and Qualifier in v for (n, _), v in self._world.aliases.items()):
            raise refused("ResourceConflictException", "DeleteFunction")
        version = self._world.functions.get(f"{name}:{Qualifier}")
        if version is None:
            raise refused("ResourceNotFoundException", "DeleteFunction")
        if version.refusal:
            raise refused(version.refusal, "DeleteFunction")
        del self._world.functions[f"{name}:{Qualifier}"]
        self._world.let_go()
        return {}

    def lambda_list_tags(self, Resource: str) -> Any:
        return {"Tags": dict(self._world.functions[Resource.rpartition(":")[2]].tags)}

    def lambda_invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> Any:
        assert (FunctionName.rpartition(":")[2], InvocationType) == ("test-function", "Event")
        self._world.queue.append(json.loads(Payload))
        return {"StatusCode": 202}

    def cloudformation_describe_stacks(self, StackName: str) -> Any:
        stack = self._world.stacks[StackName]
        parent = {"ParentId": stack.parent} if stack.parent else {}
        made = {"ChangeSetId": stack.change_set} if stack.change_set else {}
        return {"Stacks": [{"StackStatus": stack.status, **parent, **made}]}

    def cloudformation_describe_change_set(self, ChangeSetName: str, NextToken: str = "0") -> Any:
        (changes,) = (
            stack.changes
            for stack in self._world.stacks.values()
            if stack.change_set == ChangeSetName
        )
        rows = [{"Type": "Resource", "ResourceChange": change} for change in changes]
        return _page("Changes", rows, int(NextToken))

    def cloudformation_describe_stack_events(self, StackName: str, NextToken: str = "0") -> Any:
        events = self._world.stacks[StackName].events
        return _page("StackEvents", events, int(NextToken))

    def cloudformation_list_stack_resources(self, StackName: str, NextToken: str = "0") -> Any:
        stack = self._world.stacks[StackName]
        rows = [
            {"LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": physical}
            for logical, (kind, physical) in stack.resources.items()
        ]
        return _page("StackResourceSummaries", rows, int(NextToken))

    def cloudformation_get_template(self, StackName: str, TemplateStage: str) -> Any:
        assert TemplateStage == "Processed"
        return {"TemplateBody": self._world.stacks[StackName].template}

    def sts_get_caller_identity(self) -> Any:
        return {"Account": ACCOUNT}

    def _config_of(self, name: str) -> dict[str, Any]:
        function = self._world.functions[name]
        status = function.status
        if function.out_at is not None:
            status = "Failed" if function.failed else "InProgress"
        bare, _, version = name.partition(":")
        return {
            "FunctionName": bare,
            "Version": version or "$LATEST",
            "FunctionArn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{bare}",
            "VpcConfig": {"SubnetIds": function.subnets, "SecurityGroupIds": function.groups},
            "LastUpdateStatus": status,
            "LastUpdateStatusReason": function.failed,
            "LastUpdateStatusReasonCode": "InsufficientRolePermissions" if function.failed else "",
        }

    def _throttle(self, bucket: str, operation: str) -> None:
        if not self.buckets[bucket].takes(self._world.now):
            self._world.throttled += 1
            raise refused("RequestLimitExceeded", operation)


def _matches(eni: Eni, wanted: Mapping[str, Sequence[str]]) -> bool:
    return (
        eni.description.startswith(wanted["description"][0].removesuffix("*"))
        and ("subnet-id" not in wanted or eni.subnet in wanted["subnet-id"])
        and ("vpc-id" not in wanted or "vpc-0a1b2c3d" in wanted["vpc-id"])
    )


def _described(key: str, eni: Eni) -> dict[str, Any]:
    old = eni.description.startswith("AWS Lambda VPC ENI: ")
    return {
        "NetworkInterfaceId": key,
        "Description": eni.description,
        "InterfaceType": eni.kind,
        "RequesterId": "AROAEXAMPLE:awslambda_0_20170315120000" if old else "AROAEXAMPLE:shop",
        "OwnerId": eni.owner,
        "Status": eni.status,
        "SubnetId": eni.subnet,
        "Groups": [{"GroupId": group} for group in eni.groups],
        **({"Attachment": {"AttachmentId": eni.attachment}} if eni.attachment else {}),
    }


def _name(function: str) -> str:
    return function.rpartition(":")[2] if function.startswith("arn:") else function


def _page(member: str, rows: Sequence[Any], start: int) -> Any:
    """Two rows a page."""
    more = {"NextToken": str(start + 2)} if rows[start + 2 :] else {}
    return {member: list(rows[start:][:2]), **more}

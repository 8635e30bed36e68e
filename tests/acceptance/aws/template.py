"""The stack that the tests need, as a CloudFormation template made of the table of functions.

Its names begin with the stack's, so that two runs do not meet, and so that a policy can name them.
"""

from __future__ import annotations

import json
from typing import Any

from tests.acceptance.functions import (
    ALIAS,
    DIMENSION,
    FUNCTIONS,
    SCALING,
    STACK,
    AcceptanceFunction,
    make_scenarios,
)

QUEUE = "records"  # its name behind the stack's
IMAGE, SCALING_IMAGE, ARCHITECTURE = "TaskImage", "ScalingImage", "Architecture"
LOG_RETENTION_DAYS = 1
_RECORD_RETENTION_S = 3600

Resource = dict[str, Any]


def make_template(*, reserves: bool) -> str:
    """The template as JSON. Without `reserves` no function reserves concurrency.

    An account reserves concurrency only where 100 remain for other functions.
    """
    resources = {"Role": _make_role(), "Records": _make_queue(), **_make_scaling()}
    for name, function in FUNCTIONS.items():
        resources |= _make_function(name, function, reserves=reserves)
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "surefoot's acceptance tests; can be deleted when no run is in progress.",
        "Parameters": {
            IMAGE: {"Type": "String"},
            SCALING_IMAGE: {"Type": "String"},
            ARCHITECTURE: {"Type": "String", "AllowedValues": ["x86_64", "arm64"]},
        },
        "Resources": resources,
    }
    return json.dumps(template, separators=(",", ":"))


def _make_function(
    name: str, function: AcceptanceFunction, *, reserves: bool
) -> dict[str, Resource]:
    key = name.title().replace("_", "")
    properties: dict[str, Any] = {
        "FunctionName": _sub(f"{STACK}-{name}"),
        "PackageType": "Image",
        "Code": {"ImageUri": _ref(SCALING_IMAGE if function.directory == SCALING else IMAGE)},
        "ImageConfig": {"Command": [function.handler]},
        "Architectures": [_ref(ARCHITECTURE)],
        "Role": _get("Role", "Arn"),
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout_s,
        "LoggingConfig": {"LogGroup": _ref(f"{key}Log")},
    }
    if function.variables:
        properties["Environment"] = {
            "Variables": {name: _sub(value) for name, value in function.variables.items()}
        }
    if function.reserved_concurrency is not None and reserves:
        properties["ReservedConcurrentExecutions"] = function.reserved_concurrency
    if function.snap_start:
        properties["SnapStart"] = {"ApplyOn": "PublishedVersions"}
    log = {"LogGroupName": _sub(f"/aws/lambda/{STACK}-{name}")}
    resources = {
        f"{key}Log": _make("AWS::Logs::LogGroup", {**log, "RetentionInDays": LOG_RETENTION_DAYS}),
        key: _make("AWS::Lambda::Function", properties),
    }
    if function.url:
        resources[f"{key}Url"] = _make_url(key, function)
    if function.recorded:
        resources[f"{key}Events"] = _make_event_settings(key)
    if function.snap_start:
        resources[f"{key}Version"] = _make("AWS::Lambda::Version", {"FunctionName": _ref(key)})
        alias = {"FunctionVersion": _get(f"{key}Version", "Version"), "Name": ALIAS}
        resources[f"{key}Alias"] = _make("AWS::Lambda::Alias", {"FunctionName": _ref(key), **alias})
    return resources


def _make_role() -> Resource:
    """What the functions may do: write their logs, send records, read what a dry run reads."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
    logs = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": _sub(f"{groups}/aws/lambda/{STACK}-*"),
    }
    records = {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": _get("Records", "Arn"),
    }
    scenarios = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/"
    parameter = {
        "Effect": "Allow",
        "Action": "ssm:GetParameter",
        "Resource": _sub(f"{scenarios}{STACK}-*"),
    }
    scaling = {
        "Effect": "Allow",
        "Action": "application-autoscaling:DescribeScalableTargets",
        "Resource": "*",  # it knows no other
    }
    document = _make_policy(logs, records, parameter, scaling)
    policy = {"PolicyName": "functions", "PolicyDocument": document}
    return _make(
        "AWS::IAM::Role",
        {"AssumeRolePolicyDocument": _make_policy(trust), "Policies": [policy]},
    )


def _make_queue() -> Resource:
    """Where the records of asynchronous events go."""
    return _make(
        "AWS::SQS::Queue",
        {
            "QueueName": _sub(f"{STACK}-{QUEUE}"),
            "MessageRetentionPeriod": _RECORD_RETENTION_S,
            "SqsManagedSseEnabled": True,
        },
    )


def _make_scaling() -> dict[str, Resource]:
    """What the dry run of scheduled_scaling reads: a table's bounds, and its scenarios."""
    table = _make(
        "AWS::DynamoDB::Table",
        {
            "TableName": _sub(f"{STACK}-orders"),
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        },
    )
    target = _make(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {
            "ServiceNamespace": "dynamodb",
            "ResourceId": {"Fn::Sub": ["table/${Name}", {"Name": _ref("Orders")}]},
            "ScalableDimension": DIMENSION,
            "MinCapacity": 1,
            "MaxCapacity": 2,
        },
    )
    scenarios = {
        "Name": _sub(f"{STACK}-scenarios"),
        "Type": "String",
        "Value": _sub(make_scenarios(f"{STACK}-orders")),
    }
    return {
        "Orders": table,
        "OrdersBounds": target,
        "Scenarios": _make("AWS::SSM::Parameter", scenarios),
    }


def _make_url(key: str, function: AcceptanceFunction) -> Resource:
    """A URL that takes signed requests alone: nothing of it is public."""
    properties: dict[str, Any] = {"TargetFunctionArn": _get(key, "Arn"), "AuthType": "AWS_IAM"}
    if function.url_streams:
        properties["InvokeMode"] = "RESPONSE_STREAM"
    if function.cors_origin:
        properties["Cors"] = {"AllowOrigins": [function.cors_origin], "AllowMethods": ["GET"]}
    return _make("AWS::Lambda::Url", properties)


def _make_event_settings(key: str) -> Resource:
    destination = {"Destination": _get("Records", "Arn")}
    return _make(
        "AWS::Lambda::EventInvokeConfig",
        {
            "FunctionName": _ref(key),
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 2,
            "DestinationConfig": {"OnSuccess": destination, "OnFailure": destination},
        },
    )


def _make(kind: str, properties: Resource) -> Resource:
    """A resource that goes with its stack."""
    return {
        "Type": kind,
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": properties,
    }


def _make_policy(*statements: Resource) -> Resource:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _ref(name: str) -> Resource:
    return {"Ref": name}


def _get(name: str, attribute: str) -> Resource:
    return {"Fn::GetAtt": [name, attribute]}


def _sub(text: str) -> Resource | str:
    return {"Fn::Sub": text} if "${" in text else text

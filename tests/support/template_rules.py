"""What a template of ours must have, beyond what cfn-lint checks. A rule yields its complaints.

Intrinsic functions are written as the text that Fn::Sub has for them, so that a policy in a
template and one in a policy.json can be compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
BY_DIGEST = f"{REGISTRY}/surefoot-x@sha256:{'0123456789abcdef' * 4}"
BY_TAG = f"{REGISTRY}/surefoot-x:latest"
# A service with one of these invokes the function without waiting for its answer.
_CALLERS = ("AWS::Scheduler::Schedule", "AWS::Events::Rule", "AWS::SNS::Subscription")
_BROAD = re.compile(r"/(AdministratorAccess|PowerUserAccess|\w+FullAccess)$")


def resources(template: Template, kind: str) -> dict[str, Mapping[str, Any]]:
    """Properties by logical id."""
    found = template.get("Resources", {}).items()
    return {name: one.get("Properties", {}) for name, one in found if one.get("Type") == kind}


def plain(value: Any) -> Any:
    """`value` with Ref, GetAtt, Sub and Join as text: ${Name}, ${Name.Arn}."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return f"${{{argument}}}"
        if name == "Fn::GetAtt":
            words = argument if isinstance(argument, str) else ".".join(argument)
            return f"${{{words}}}"
        if name == "Fn::Sub" and isinstance(argument, str):
            return argument
        if name == "Fn::If":  # a policy.json shows what a role has with every option
            return plain(argument[1])
        if name == "Fn::Join":
            return str(argument[0]).join(str(plain(one)) for one in argument[1])
    return {key: plain(one) for key, one in value.items()}


def image_is_by_digest(template: Template) -> Iterator[str]:
    parameter = template.get("Parameters", {}).get("ImageUri")
    if parameter is None:
        yield "no parameter ImageUri"
        return
    pattern = re.compile(parameter.get("AllowedPattern", ".*"))
    if not pattern.fullmatch(BY_DIGEST) or pattern.fullmatch(BY_TAG):
        yield "ImageUri's AllowedPattern must take a digest and refuse a tag"
    if "Default" in parameter:
        yield "ImageUri has a default, so that an image could be forgotten"


def functions_are_images(template: Template) -> Iterator[str]:
    functions = resources(template, "AWS::Lambda::Function")
    if not functions:
        yield "no function"
    for name, function in functions.items():
        if function.get("PackageType") != "Image":
            yield f"{name}: PackageType is not Image"
        if plain(function.get("Code", {})).get("ImageUri") != "${ImageUri}":
            yield f"{name}: its image is not the parameter ImageUri"
        yield from (f"{name}: no {key}" for key in ("MemorySize", "Timeout") if key not in function)


def logs_end(template: Template) -> Iterator[str]:
    groups = resources(template, "AWS::Logs::LogGroup")
    if not groups:
        yield "no log group"
    for name, group in groups.items():
        if "RetentionInDays" not in group:
            yield f"{name}: logs are kept for ever"


def lost_events_are_kept(template: Template) -> Iterator[str]:
    if not any(resources(template, kind) for kind in _CALLERS):
        return
    configs = resources(template, "AWS::Lambda::EventInvokeConfig").values()
    destinations = [config.get("DestinationConfig", {}).get("OnFailure") for config in configs]
    queues = [one.get("DeadLetterConfig") for one in _functions(template)]
    if not any(destinations + queues):
        yield "not waited for, and neither a dead-letter queue nor an OnFailure destination"


def errors_alarm(template: Template) -> Iterator[str]:
    watched = {
        (plain(alarm.get("Namespace")), plain(alarm.get("MetricName")))
        for alarm in resources(template, "AWS::CloudWatch::Alarm").values()
    }
    if ("AWS/Lambda", "Errors") not in watched:
        yield "no alarm on the function's errors"


def actions_are_named(template: Template) -> Iterator[str]:
    for place, statement in _statements(template):
        for action in listed(statement.get("Action")):
            if "*" in action or "?" in action:
                yield f"{place}: the action {action} is a pattern"
        if "NotAction" in statement:
            yield f"{place}: NotAction allows actions that are not named"
    for name, role in resources(template, "AWS::IAM::Role").items():
        for arn in plain(role.get("ManagedPolicyArns", [])):
            if _BROAD.search(str(arn)):
                yield f"{name}: {arn} allows far more than is needed"


def outputs_are_there(template: Template) -> Iterator[str]:
    outputs = template.get("Outputs", {})
    yield from (f"no output {key}" for key in ("FunctionName", "FunctionArn") if key not in outputs)


RULES: tuple[Callable[[Template], Iterator[str]], ...] = (
    *(image_is_by_digest, functions_are_images, logs_end, lost_events_are_kept),
    *(errors_alarm, actions_are_named, outputs_are_there),
)


def complaints(template: Template) -> list[str]:
    """What every rule says of `template`."""
    return [complaint for rule in RULES for complaint in rule(template)]


def role_policy(template: Template) -> list[str]:
    """The statements of the function's role, in a form that can be compared (see canonical)."""
    roles = resources(template, "AWS::IAM::Role")
    names = {plain(function.get("Role", ""))[2:].split(".")[0] for function in _functions(template)}
    policies = [policy for name in names for policy in roles.get(name, {}).get("Policies", [])]
    documents = [plain(policy.get("PolicyDocument", {})) for policy in policies]
    return canonical([one for document in documents for one in listed(document.get("Statement"))])


def canonical(statements: list[Mapping[str, Any]]) -> list[str]:
    """Statements as sorted JSON, one string as a list of one, lists sorted."""
    return sorted(
        json.dumps(
            {
                key: sorted(listed(value)) if key in {"Action", "Resource"} else value
                for key, value in statement.items()
            },
            sort_keys=True,
        )
        for statement in statements
    )


def listed(value: Any) -> list[Any]:
    """A list of one for a single value, as IAM reads it."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _functions(template: Template) -> list[Mapping[str, Any]]:
    return list(resources(template, "AWS::Lambda::Function").values())


def _statements(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every policy statement in the template with the logical id it belongs to."""
    for name, resource in template.get("Resources", {}).items():
        yield from ((name, one) for one in _within(resource.get("Properties", {})))


def _within(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _within(one)
    elif isinstance(value, dict):
        if "Effect" in value:
            yield value
        for one in value.values():
            yield from _within(one)

"""What the deletion of a stack removes: only those functions may be taken out of their VPC.

CloudFormation sends the same Delete when a stack is deleted and when an update drops or renames the
resource; and a deleted stack may keep functions. Sources: "Stack status codes", "DeletionPolicy
attribute" and "DeleteStack", AWS CloudFormation User Guide and API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from surefoot.kit.aws_errors import AwsError

from .aws import AwsCaller, OutOfTime

# These delete every resource of the stack; the rollback of an update does not.
_DELETING = ("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")
# After an update, or the roll-back of one, these delete what the stack does not have any more.
_CLEANING = ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
_FUNCTION, _STACK = "AWS::Lambda::Function", "AWS::CloudFormation::Stack"


class Removal(NamedTuple):
    """The functions that the deletion removes, and those of the stack that it keeps, with why.

    `unknown` says why neither is known.
    """

    removed: frozenset[str]
    kept: Mapping[str, str]
    unknown: str = ""
    other: str = "it is not in this stack"

    def why_kept(self, function: str) -> str:
        """Return why a function is not removed, an empty text when it is."""
        if self.unknown:
            return self.unknown
        if function in self.removed:
            return ""
        return self.kept.get(function, self.other)


def stack_status(caller: AwsCaller, stack_id: str) -> str:
    """Return the status of a stack."""
    return str(_describe(caller, stack_id)["StackStatus"])


def is_being_deleted(status: str) -> bool:
    """Return whether a stack of this status loses its resources."""
    return status in _DELETING


def is_cleaning_up(status: str) -> bool:
    """Return whether a stack of this status deletes what an update removed or replaced."""
    return status in _CLEANING


def find_update_removal(caller: AwsCaller, stack_id: str) -> Removal:
    """Return the functions that an update removes or replaces, by the change set that made it.

    Nothing else says whether the stack retains them. What cannot be read, or was no change set,
    makes the answer unknown, never an error.

    :raises OutOfTime: AWS did not answer in time; repeat it
    """
    try:
        stack = _describe(caller, stack_id)
        change_set = str(stack.get("ChangeSetId") or "")
        if not change_set or stack["StackStatus"] != _CLEANING[0]:
            return Removal(frozenset(), {}, "whether the update retains it is not known")
        removed = frozenset(_removed_functions(caller, change_set))
    except OutOfTime:
        raise
    except Exception as error:
        return _unknown_removal("update", error)
    return Removal(removed, {}, other="the update does not remove it")


def _removed_functions(caller: AwsCaller, change_set: str) -> Iterator[str]:
    client = caller.client("cloudformation")
    token: dict[str, str] = {}
    while True:
        page: Any = caller.call(
            "describe",
            "cloudformation",
            client.describe_change_set,
            ChangeSetName=change_set,
            **token,
        )
        for one in page["Changes"]:
            change = one.get("ResourceChange", {})
            deleted = change.get("PolicyAction") in ("Delete", "ReplaceAndDelete")
            if change.get("ResourceType") == _FUNCTION and deleted:
                yield str(change.get("PhysicalResourceId") or "")
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def find_removal(caller: AwsCaller, stack_id: str) -> Removal:
    """Return what the deletion of a stack removes, its nested stacks and its parents included.

    What cannot be read makes the answer unknown, never an error: then nothing may be detached, and
    CloudFormation deletes the stack as it would alone.

    :raises OutOfTime: AWS did not answer in time; repeat it
    """
    removed: set[str] = set()
    kept: dict[str, str] = {}
    try:
        top = _find_top(caller, stack_id)
        if _is_repeated(caller, top):
            return Removal(
                frozenset(),
                {},
                "the stack's deletion failed before, and the next one may retain any resource",
            )
        for name, why in _functions(caller, top):
            if why:
                kept[name] = why
            else:
                removed.add(name)
    except OutOfTime:
        raise
    except Exception as error:
        return _unknown_removal("stack", error)
    return Removal(frozenset(removed), kept)


def _unknown_removal(what: str, error: Exception) -> Removal:
    """Return the answer for what AWS did not let us read; any other error is raised again."""
    refused = describe_refusal(error)
    return Removal(frozenset(), {}, f"what the {what} removes is not known: {refused}")


def describe_refusal(error: Exception) -> str:
    """Say what AWS did not let us read; any other error is raised again."""
    if not isinstance(getattr(error, "response", None), dict):
        raise error
    return str(AwsError.from_exception(error, "cloudformation"))


def _describe(caller: AwsCaller, stack_id: str) -> Mapping[str, Any]:
    client = caller.client("cloudformation")
    found: Mapping[str, Any] = caller.call(
        "describe", "cloudformation", client.describe_stacks, StackName=stack_id
    )["Stacks"][0]
    return found


def _find_top(caller: AwsCaller, stack_id: str) -> str:
    """The highest parent that is being deleted, too."""
    while parent := str(_describe(caller, stack_id).get("ParentId") or ""):
        if not is_being_deleted(stack_status(caller, parent)):
            return stack_id
        stack_id = parent
    return stack_id


def _is_repeated(caller: AwsCaller, stack_id: str) -> bool:
    """Whether the deletion before this one failed: only then DeleteStack takes RetainResources.

    Which resources it retains is shown by no API, so every function may be one of them.
    """
    client = caller.client("cloudformation")
    token: dict[str, str] = {}
    own: list[str] = []
    while True:
        page = caller.call(
            "describe",
            "cloudformation",
            client.describe_stack_events,
            StackName=stack_id,
            **token,
        )
        own += [
            str(event.get("ResourceStatus", ""))
            for event in page["StackEvents"]  # the newest first
            if event.get("PhysicalResourceId") == stack_id
        ]
        if len(own) > 1 or not page.get("NextToken"):
            return own[1:2] == ["DELETE_FAILED"]
        token = {"NextToken": page["NextToken"]}


def _functions(caller: AwsCaller, stack_id: str) -> Iterator[tuple[str, str]]:
    """The functions of a stack and of those nested in it, each with why it is kept, or ""."""
    creation_failed = stack_status(caller, stack_id) == "ROLLBACK_IN_PROGRESS"
    policies = _deletion_policies(caller, stack_id)
    for resource in _resources(caller, stack_id):
        name = str(resource.get("PhysicalResourceId") or "")
        policy = policies.get(str(resource["LogicalResourceId"]), "Delete")
        retained = policy == "Retain" or (policy == "RetainExceptOnCreate" and not creation_failed)
        why = f"its DeletionPolicy is {policy}" if retained else ""
        if resource["ResourceType"] == _FUNCTION:
            yield name, why
        elif resource["ResourceType"] == _STACK and name:
            for function, reason in _functions(caller, name):
                yield function, reason or (f"its stack's DeletionPolicy is {policy}" if why else "")


def _resources(caller: AwsCaller, stack_id: str) -> Iterator[Mapping[str, Any]]:
    client = caller.client("cloudformation")
    token: dict[str, str] = {}
    while True:
        page = caller.call(
            "describe",
            "cloudformation",
            client.list_stack_resources,
            StackName=stack_id,
            **token,
        )
        yield from page["StackResourceSummaries"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _deletion_policies(caller: AwsCaller, stack_id: str) -> dict[str, str]:
    """The DeletionPolicy of each resource that has one, by its logical id."""
    client = caller.client("cloudformation")
    body: Any = caller.call(
        "describe",
        "cloudformation",
        client.get_template,
        StackName=stack_id,
        TemplateStage="Processed",
    )["TemplateBody"]
    template = parse_template(body) if isinstance(body, str) else body
    return {
        name: str(resource["DeletionPolicy"])
        for name, resource in (template.get("Resources") or {}).items()
        if isinstance(resource, Mapping) and "DeletionPolicy" in resource
    }


def parse_template(text: str) -> Mapping[str, Any]:
    """Read a template in JSON or YAML, whose tags (!Ref, !Sub) don't matter here."""
    if text.lstrip().startswith("{"):
        loaded: Mapping[str, Any] = json.loads(text)
        return loaded
    import yaml

    # BaseLoader makes texts, lists and mappings only, whatever the tags say.
    found: Mapping[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    return found

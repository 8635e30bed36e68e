"""What a run makes in an account, and its removal, which must work from any point of the making.

Repository and stack have a name of the run's own, so that everything under it is the run's.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from rie.aws.account import Account, explain_errors
from rie.aws.deploy import rollout, stack_events, template
from rie.aws.deploy.parameters import Values
from rie.aws.deploy.plan import Plan
from rie.aws.deploy.stack import Stack, describe_stack, resources
from rie.console import print_progress
from rie.errors import UserError
from tests.acceptance.aws.image import TaskImages
from tests.acceptance.aws.template import ARCHITECTURE, IMAGE, SCALING_IMAGE, make_template

REMOVAL_LIMIT_S = 1800.0
_REPORT_INTERVAL_S = 30.0
_MAX_NAMED = 5


class _Part(NamedTuple):
    """Something to remove: its name for people, what removes it here, and AWS's own command."""

    name: str
    command: str
    remove: Callable[[], None]


class AwsResources:
    """The repository and the stack called `name`."""

    def __init__(self, account: Account, name: str) -> None:
        self.name = name
        self._account = account
        self._formation = account.client("cloudformation")
        self._repository_begun = False
        self._stack_begun = False

    def require_absent(self) -> None:
        """Raise UserError if a stack or a repository of that name exists: it is another's."""
        if describe_stack(self._formation, self.name) is not None:
            raise UserError(
                f"there is a stack {self.name} already, in {self._account.region}",
                f"choose another name with --stack, or remove it: {self._stack_command()}",
            )
        if self._find_repository():
            raise UserError(
                f"there is an ECR repository {self.name} already, in {self._account.region}",
                f"choose another name with --stack, or remove it: {self._repository_command()}",
            )

    def push(self, push: Callable[[], TaskImages]) -> TaskImages:
        """Push the images by `push`, which makes the repository."""
        self._repository_begun = True
        return push()

    def deploy(self, images: TaskImages, *, reserves: bool) -> None:
        """Create the stack. Raises UserError."""
        plan = self._make_plan(images, reserves=reserves)
        self._stack_begun = True
        result = rollout.deploy(plan, dry_run=False, yes=True, show=lambda _: None)
        if result.end is None or not result.end.succeeded:
            status = "was not created" if result.end is None else f"ended in {result.end.status}"
            reason = "" if result.end is None else f":\n  {result.end.describe()}"
            raise UserError(
                f"stack {self.name} {status}{reason}", "fix that, then run the command again"
            )

    def remove(self) -> None:
        """Remove all that was begun.

        Raises UserError that names what is left and how to remove it, also when interrupted.
        """
        left = []
        interrupted = False
        for part in self._list_parts():
            reason = "interrupted" if interrupted else None
            try:
                if not interrupted:
                    part.remove()
            except UserError as error:
                reason = error.reason
            except KeyboardInterrupt:
                interrupted, reason = True, "interrupted"
            if reason is not None:
                left.append((part, reason))
        if left:
            reasons = "".join(f"\n  {part.name}: {reason}" for part, reason in left)
            commands = "".join(f"\n    {part.command}" for part, _ in left)
            raise UserError(f"not everything was removed:{reasons}", f"remove it:{commands}")

    def _list_parts(self) -> list[_Part]:
        """What was begun, in the order of the removal."""
        stack = _Part(f"stack {self.name}", self._stack_command(), self._remove_stack)
        repository = _Part(
            f"ECR repository {self.name}", self._repository_command(), self._remove_repository
        )
        return [
            *([stack] if self._stack_begun else []),
            *([repository] if self._repository_begun else []),
        ]

    def _make_plan(self, images: TaskImages, *, reserves: bool) -> Plan:
        with tempfile.TemporaryDirectory(prefix="surefoot-acceptance-") as folder:
            path = Path(folder) / "template.json"
            path.write_text(make_template(reserves=reserves), encoding="utf-8")
            body = template.read(path)
        given = {
            IMAGE: images.task,
            SCALING_IMAGE: images.scaling,
            ARCHITECTURE: images.architecture,
        }
        return Plan(
            account=self._account,
            client=self._formation,
            function="acceptance",
            name=self.name,
            deployed=None,
            template=body,
            values=Values(given, ()),
            image=images.task,
        )

    def _remove_stack(self) -> None:
        found = describe_stack(self._formation, self.name)
        if found is None:
            return
        print_progress(f"Deleting the stack {self.name} …")
        with explain_errors():
            self._formation.delete_stack(StackName=found.id, ClientRequestToken=str(uuid.uuid4()))
        self._wait_for_deletion(found)
        print_progress(f"The stack {self.name} is deleted.")

    def _wait_for_deletion(self, begun: Stack) -> None:
        started = reported_at = time.monotonic()
        while True:
            # By its id a deleted stack is found for 90 days.
            found = describe_stack(self._formation, begun.id)
            if found is None or found.status == "DELETE_COMPLETE":
                return
            now = time.monotonic()
            if found.status == "DELETE_FAILED" or now - started > REMOVAL_LIMIT_S:
                raise UserError(f"it is in {found.status}: {self._describe_rest(found)}", "")
            if now - reported_at >= _REPORT_INTERVAL_S:
                print_progress(f"  {found.status} for {now - started:.0f} s …")
                reported_at = now
            time.sleep(stack_events.POLL_INTERVAL_S)

    def _describe_rest(self, found: Stack) -> str:
        rest = [
            f"{each['LogicalResourceId']} ({each['ResourceType']}): "
            f"{each.get('ResourceStatusReason') or each['ResourceStatus']}"
            for each in resources(self._formation, found.id)
            if each["ResourceStatus"] != "DELETE_COMPLETE"
        ]
        more = len(rest) - _MAX_NAMED
        tail = [f"and {more} more"] if more > 0 else []
        return "; ".join([*rest[:_MAX_NAMED], *tail]) or "it has no resource left"

    def _find_repository(self) -> bool:
        ecr: Any = self._account.client("ecr")
        with explain_errors():
            try:
                return bool(ecr.describe_repositories(repositoryNames=[self.name])["repositories"])
            except ecr.exceptions.RepositoryNotFoundException:
                return False

    def _remove_repository(self) -> None:
        ecr: Any = self._account.client("ecr")
        with explain_errors():
            try:
                ecr.delete_repository(repositoryName=self.name, force=True)
            except ClientError as error:
                if error.response["Error"]["Code"] == "RepositoryNotFoundException":
                    return
                raise
        print_progress(f"The ECR repository {self.name} is deleted, with its image.")

    def _stack_command(self) -> str:
        return (
            f"aws cloudformation delete-stack --stack-name {self.name} "
            f"--region {self._account.region}"
        )

    def _repository_command(self) -> str:
        return (
            f"aws ecr delete-repository --force --repository-name {self.name} "
            f"--region {self._account.region}"
        )

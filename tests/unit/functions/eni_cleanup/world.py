"""A world of its own: EC2, Lambda and CloudFormation with a virtual clock.

EC2 throttles by token buckets and refuses to delete what is in use; Lambda takes its time to let go
of interfaces, and repeats asynchronous invocations that fail. Whatever touches the world is a step,
and a step may fail, be slow, or be the last one of the process that makes it.
"""

from __future__ import annotations

import functools
import heapq
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from eni_cleanup import app
from eni_cleanup import cloudformation as answer
from eni_cleanup.aws import Dependencies
from eni_cleanup.config import Config
from surefoot.testing import fake_context
from tests.unit.functions.eni_cleanup.faults import Fault
from tests.unit.functions.eni_cleanup.services import STACK, Eni, Function, Services, Stack

BEGAN = 1_800_000_000.0
RETRIES_S = (60.0, 120.0)  # before Lambda's second and third try of an asynchronous invocation


class Killed(BaseException):
    """The process is dead: nothing that it does afterwards reaches the world."""


class World:
    def __init__(
        self,
        *,
        release_s: float = 300.0,
        lambda_deletes: bool = False,
        latency_s: Mapping[str, float] | None = None,
        fault: Fault | None = None,
        timeout_s: float = 900.0,
        config: Config | None = None,
    ) -> None:
        self.now = BEGAN
        self.functions: dict[str, Function] = {}  # by name, or name:version
        self.aliases: dict[tuple[str, str], list[str]] = {}  # versions by function and alias
        self.enis: dict[str, Eni] = {}
        self.stacks = {STACK: Stack()}
        self.detached: list[str] = []  # what updates named
        self.answers: list[dict[str, Any]] = []
        self.answered_at: list[float] = []
        self.steps: list[str] = []
        self.invocations = 0
        self.crimes: list[str] = []  # attempts to delete what is in use
        self.lost: list[dict[str, Any]] = []  # events that failed three times
        self.throttled = 0
        self.fault = fault
        self.fault_after_answer: Fault | None = None
        self.enis_at_answer: list[set[str]] = []
        self.page = 50
        self.concurrent: float | None = None  # seconds that a call in a pool takes
        self.most_concurrent = 0
        self._release_s, self._lambda_deletes = release_s, lambda_deletes
        self._latency_s = latency_s or {}
        self._timeout_s = timeout_s
        self._deadline = 0.0
        self._dead = False
        self._config = config or Config()
        self.queue: deque[dict[str, Any]] = deque()
        self.services = Services(self)

    @property
    def elapsed_s(self) -> float:
        return self.now - BEGAN

    # What the function sees.

    @property
    def dependencies(self) -> Dependencies:
        return Dependencies(
            client=functools.partial(_Client, self),
            clock=lambda: self.now,
            sleep=self.sleep,
            deliver=functools.partial(answer.deliver, put=self._put, sleep=self.sleep),
            config=self._config,
            pool=lambda size: VirtualPool(self, size),
        )

    def sleep(self, seconds: float) -> None:
        self._die_if(self._dead)
        self.now += max(seconds, 0.001)  # no real sleep is shorter, nor any clock this fine
        self._die_if(self.now >= self._deadline)

    def step(self, name: str) -> None:
        self._die_if(self._dead)
        self.steps.append(name)
        if self.fault is not None:
            self.fault(self, name)
        seconds = self._latency_s.get(name, 0.05)
        if self.concurrent is not None:  # others go on meanwhile: see VirtualPool
            self.concurrent += seconds
            return
        self.now += seconds
        self._die_if(self.now >= self._deadline)
        self._finish_updates()

    def kill(self) -> None:
        self._die_if(True)

    def _die_if(self, dead: bool) -> None:
        if dead:
            self._dead = True
            raise Killed

    def _put(self, _: str, content: bytes, __: tuple[float, float]) -> int:
        self.step("put")
        self.answers.append(json.loads(content))
        self.answered_at.append(self.now)
        self.let_go()
        self.enis_at_answer.append(set(self.enis))
        if self.fault_after_answer is not None:
            deed, self.fault_after_answer = self.fault_after_answer, None
            deed(self, "put")
        return 200

    # What Lambda does by itself.

    def run(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Deliver an event asynchronously, and all that follow from it; the answers."""
        self.queue.append(event)
        while self.queue:
            self._deliver(self.queue.popleft())
        return self.answers

    def by_hand(self, order: dict[str, Any]) -> Any:
        return self._invoke(order)

    def own(self, *functions: str, policy: str = "", stack: str = STACK) -> None:
        """Make functions resources of a stack, with a DeletionPolicy."""
        resources = self.stacks[stack].template.setdefault("Resources", {})
        for name in functions:
            self.stacks[stack].resources[f"Function{name}"] = ("AWS::Lambda::Function", name)
            policies = {"DeletionPolicy": policy} if policy else {}
            resources[f"Function{name}"] = {"Type": "AWS::Lambda::Function", **policies}

    def _deliver(self, event: dict[str, Any]) -> None:
        for wait in (*RETRIES_S, None):
            try:
                self._invoke(event)
            except BaseException as error:
                if not isinstance(error, (Killed, Exception)):
                    raise
                if wait is None:
                    self.lost.append(event)
                else:
                    self.now += wait
            else:
                return

    def _invoke(self, event: dict[str, Any]) -> Any:
        self._dead = False
        self.invocations += 1
        self._deadline = self.now + self._timeout_s
        context = fake_context(timeout=self._timeout_s, clock=lambda: self.now)
        return app.handle(json.loads(json.dumps(event)), context, self.dependencies)

    def _finish_updates(self) -> None:
        for function in self.functions.values():
            if function.out_at is not None and self.now >= function.out_at and not function.failed:
                function.subnets, function.groups, function.out_at = [], [], None
                self.let_go()

    def let_go(self) -> None:
        """Release the interfaces whose time has come."""
        used = {
            (subnet, frozenset(function.groups))
            for function in self.functions.values()
            for subnet in function.subnets
        }
        if not used and not any(eni.status == "in-use" for eni in self.enis.values()):
            return
        for key, eni in list(self.enis.items()):
            if (eni.subnet, frozenset(eni.groups)) in used or eni.status != "in-use":
                eni.free_at = None
            elif eni.attachment.startswith("ela-"):
                eni.free_at = self.now + self._release_s if eni.free_at is None else eni.free_at
                if self.now < eni.free_at:
                    continue
                if self._lambda_deletes:
                    del self.enis[key]
                else:
                    eni.status, eni.attachment = "available", ""


class VirtualPool:
    """Calls that overlap in virtual time: each has its effect when it begins, and ends later."""

    def __init__(self, world: World, size: int) -> None:
        self._world, self._size = world, size
        self._under_way: list[tuple[float, int, Any, Any]] = []
        self._count = 0

    @property
    def pending(self) -> int:
        return len(self._under_way)

    def submit(self, key: Any, call: Callable[[], Any]) -> None:
        assert self.pending < self._size
        world = self._world
        world.concurrent = 0.0
        try:
            result = call()
        except Exception as error:
            result = error
        finally:
            seconds, world.concurrent = world.concurrent, None
        self._count += 1
        heapq.heappush(self._under_way, (world.now + seconds, self._count, key, result))
        world.most_concurrent = max(world.most_concurrent, self.pending)

    def next(self) -> tuple[Any, Any]:
        ends_at, _, key, result = heapq.heappop(self._under_way)
        if ends_at > self._world.now:
            self._world.sleep(ends_at - self._world.now)
        return key, result

    def close(self) -> None:
        self._under_way.clear()


class _Client:
    """A client of boto3's form: every method is a step in the world."""

    def __init__(self, world: World, service: str) -> None:
        self._world, self._service = world, service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self._world.services, f"{self._service}_{operation}")

        def call(**arguments: Any) -> Any:
            self._world.step(operation)
            return method(**arguments)

        return call


# Furniture.

RESPONSE_URL = (
    "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/path"
    "?X-Amz-Signature=secret"
)
SUBNETS = ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]
GROUPS = ["sg-0a1b2c3d", "sg-1a1b2c3d"]


def request(kind: str = "Delete", **properties: Any) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": RESPONSE_URL,
        "StackId": STACK,
        "RequestId": "5d478078-13e9-baf0-464a-7ef285ecc786",
        "LogicalResourceId": "Interfaces",
        "ResourceType": "Custom::LambdaInterfaces",
        **({} if kind == "Create" else {"PhysicalResourceId": "eni-cleanup-Interfaces-1"}),
        "ResourceProperties": {
            "ServiceToken": "arn:aws:lambda:eu-west-1:123456789012:function:eni-cleanup",
            "FunctionNames": ["shop"],
            **properties,
        },
    }


def shop(world: World, count: int = 2) -> World:
    """A function in two subnets, with its interfaces."""
    world.functions["shop"] = Function(list(SUBNETS), list(GROUPS))
    world.own("shop")
    for number in range(count):
        world.enis[f"eni-{number:08x}"] = Eni(SUBNETS[number % 2], list(GROUPS))
    return world

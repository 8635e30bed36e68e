"""What can happen to one step of a function in the world."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import count
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, EndpointConnectionError

if TYPE_CHECKING:
    from tests.unit.functions.eni_cleanup.world import World

Fault = Callable[["World", str], None]  # the world, and the step's name


def at(steps: int | Collection[int], deed: Fault) -> Fault:
    """`deed` at the steps of these numbers, counted from 0, and at no other."""
    wanted = {steps} if isinstance(steps, int) else set(steps)
    numbers = count()

    def fault(world: World, name: str) -> None:
        if next(numbers) in wanted:
            deed(world, name)

    return fault


def kill(world: World, name: str) -> None:
    world.kill()


def throttle(world: World, name: str) -> None:
    if name == "put":
        raise ConnectionRefusedError
    code = "RequestLimitExceeded" if "interface" in name else "TooManyRequestsException"
    raise refused(code, name)


def fail(world: World, name: str) -> None:
    if name == "put":
        raise ConnectionResetError
    raise EndpointConnectionError(endpoint_url="https://aws.example")


def stall(world: World, name: str) -> None:
    """As slow as the client's time-outs allow."""
    world.now += 20.0


def refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said the world"}}, operation)

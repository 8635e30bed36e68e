"""AWS calls of one invocation: rate-limited, and retried while time is left."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from surefoot.kit.aws_errors import AwsError
from surefoot.kit.clients import ClientOptions, create_client
from surefoot.kit.rate_limit import TokenBucket

from . import cloudformation
from .config import Config, read
from .parallel import Pool, ThreadPool

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_lambda import LambdaClient
    from types_boto3_sts import STSClient


T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
# At 5 a second a delete may take 2 s. boto3's clients keep as many connections.
MAX_PARALLEL = 10
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 20.0
# "Lambda API requests" in "Lambda quotas": 15 a second for all but a few calls.
LAMBDA_BURST, LAMBDA_PER_S = 10, 10.0


# The time-outs are longer than any healthy call takes, and short enough that one which hangs fits
# into the reserve. One attempt each: AwsCaller retries, and only while there is time.
_OPTIONS = ClientOptions(
    user_agent="eni_cleanup", connect_timeout_s=5.0, read_timeout_s=15.0, max_attempts=1
)


@functools.cache
def boto3_client(service: str) -> Any:
    """Return the client of a service, the same one for as long as the process lives."""
    return create_client(service, _OPTIONS)


@dataclass(frozen=True)
class Dependencies:
    """What the function needs from outside; tests replace it. Times are in seconds."""

    client: Callable[[str], Any] = boto3_client
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    deliver: Callable[..., None] = cloudformation.deliver
    config: Config = field(default_factory=lambda: read(os.environ))
    pool: Callable[[int], Pool] = ThreadPool


class OutOfTime(Exception):
    """The time of this invocation, or of the whole request, is used up but for its reserve."""


class AwsCaller:
    """Makes the calls. `left_s` returns the seconds that may still be used."""

    def __init__(
        self, dependencies: Dependencies, left_s: Callable[[], float], *, fresh: bool = True
    ) -> None:
        """Begin with full buckets, or with empty ones where an invocation before used them up."""
        self.left_s = left_s
        self.last_error = ""  # the last refusal that was worth a repetition
        self._account = ""
        self._dependencies = dependencies
        config = dependencies.config
        self.buckets = {
            "describe": self._bucket(int(config.describe_burst), config.describe_per_s),
            "mutate": self._bucket(int(config.mutate_burst), config.mutate_per_s),
            "lambda": self._bucket(LAMBDA_BURST, LAMBDA_PER_S),
        }
        if not fresh:
            for pace in self.buckets.values():
                pace.empty()

    @overload
    def client(self, service: Literal["cloudformation"]) -> CloudFormationClient: ...
    @overload
    def client(self, service: Literal["ec2"]) -> EC2Client: ...
    @overload
    def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    def client(self, service: Literal["sts"]) -> STSClient: ...
    def client(self, service: str) -> Any:
        """Return the client of an AWS service, by boto3's name."""
        return self._dependencies.client(service)

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._dependencies.clock()

    def account(self) -> str:
        """Return the account that the calls are made in; asked for once."""
        if not self._account:
            identity = self.call("describe", "sts", self.client("sts").get_caller_identity)
            self._account = str(identity["Account"])
        return self._account

    def call(self, bucket: str, service: str, call: Callable[..., T], **arguments: Any) -> T:
        """Make one call and return its result.

        :param bucket: the rate limit that it counts against: describe, mutate or lambda
        :param service: the IAM prefix, for messages
        :raises OutOfTime: it was throttled, or the service unavailable, until time was up
        :raises Exception: what the client raises where a repetition would not help
        """
        wait = FIRST_WAIT_S
        while True:
            self.take_token(self.buckets[bucket])
            try:
                return call(**arguments)
            except Exception as error:
                refused = AwsError.from_exception(error, service)
                if not _is_retriable(refused):
                    raise
            self.last_error = str(refused)
            print(f"trying again in {wait:g} s: {refused}", file=sys.stderr)
            if refused.kind == "throttled":
                self.buckets[bucket].empty()
            self.pause(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    def call_all(
        self, bucket: str, service: str, calls: Iterable[tuple[K, Callable[[], T]]]
    ) -> Iterator[tuple[K, T | Exception]]:
        """Make calls, several at a time, and yield each key with its result as it comes.

        The rate limit holds for all of them. What is refused permanently is yielded as an
        exception; the rest is repeated, as in ``call``.

        :raises OutOfTime: time was up before all were made; those under way were yielded
        """
        parallel = _ParallelCalls(self, self.buckets[bucket], service, calls)
        pool = self._dependencies.pool(MAX_PARALLEL)
        try:
            yield from parallel.run(pool, self._dependencies.clock)
        finally:
            pool.close()

    def pause(self, seconds: float) -> None:
        """Sleep, or raise OutOfTime after what is left when that is less."""
        left_s = self.left_s()
        self._dependencies.sleep(max(min(seconds, left_s), 0.0))
        if left_s <= seconds:
            raise OutOfTime(self.last_error)

    def take_token(self, pace: TokenBucket) -> None:
        """Wait until a call is allowed. Raises OutOfTime where that is too late."""
        if self.left_s() <= pace.delay_s():
            raise OutOfTime(self.last_error)
        pace.acquire()

    def _bucket(self, burst: int, per_second: float) -> TokenBucket:
        return TokenBucket(
            burst, per_second, clock=self._dependencies.clock, sleep=self._dependencies.sleep
        )


def _is_retriable(refused: AwsError) -> bool:
    # An answer that is none of the service's, such as a web page, says nothing final.
    return refused.retriable or refused.code == "ResponseParserError"


class _ParallelCalls:
    """Calls that wait, and those under way in a pool."""

    def __init__(
        self,
        caller: AwsCaller,
        pace: TokenBucket,
        service: str,
        calls: Iterable[tuple[Any, Callable[[], Any]]],
    ) -> None:
        self._caller, self._pace, self._service = caller, pace, service
        self._waiting = deque(calls)
        self._out_of_time: OutOfTime | None = None
        self._wait_s = FIRST_WAIT_S
        self._paused_at = float("-inf")

    def run(self, pool: Pool, clock: Callable[[], float]) -> Iterator[tuple[Any, Any]]:
        while self._waiting or pool.pending:
            while self._waiting and pool.pending < MAX_PARALLEL:
                self._begin_one(pool, clock)
            if not pool.pending:
                break
            (key, call, began_at), result = pool.next()
            if isinstance(result, Exception):
                refused = AwsError.from_exception(result, self._service)
                if _is_retriable(refused):
                    self._waiting.append((key, call))
                    self._back_off(refused, began_at, clock)
                    continue
            else:
                self._wait_s = FIRST_WAIT_S
            yield key, result
        if self._out_of_time is not None:
            raise self._out_of_time

    def _begin_one(self, pool: Pool, clock: Callable[[], float]) -> None:
        try:
            self._caller.take_token(self._pace)
        except OutOfTime as error:
            self._stop(error)
            return
        key, call = self._waiting.popleft()
        pool.submit((key, call, clock()), call)

    def _back_off(self, refused: AwsError, began_at: float, clock: Callable[[], float]) -> None:
        self._caller.last_error = str(refused)
        if refused.kind == "throttled":
            self._pace.empty()
        if self._out_of_time is not None:
            self._waiting.clear()
            return
        # Calls that began before the last pause say nothing about what came after it.
        if began_at < self._paused_at:
            return
        print(f"trying again in {self._wait_s:g} s: {refused}", file=sys.stderr)
        try:
            self._caller.pause(self._wait_s)
        except OutOfTime as error:
            self._stop(error)
        self._paused_at = clock()
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)

    def _stop(self, error: OutOfTime) -> None:
        self._out_of_time = error
        self._waiting.clear()

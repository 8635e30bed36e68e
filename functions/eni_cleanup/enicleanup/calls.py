"""AWS calls of one invocation: in pace, and repeated while that may help and time is left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from surefoot.kit.aws_errors import AwsError
from surefoot.kit.rate_limit import TokenBucket

from .outside import Outside

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_lambda import LambdaClient
    from types_boto3_sts import STSClient

T = TypeVar("T")
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 20.0
# "Lambda API requests" in "Lambda quotas": 15 a second for all but a few calls.
LAMBDA_BURST, LAMBDA_PER_S = 10, 10.0


class OutOfTime(Exception):
    """The time of this invocation, or of the whole request, is used up but for its reserve."""


class Calls:
    """Makes the calls. `left_s` tells the seconds that may still be used."""

    def __init__(
        self, outside: Outside, left_s: Callable[[], float], *, fresh: bool = True
    ) -> None:
        """Begin with full buckets, or with empty ones where an invocation before used them up."""
        self.left_s = left_s
        self.trouble = ""  # the last refusal that was worth a repetition
        self._outside = outside
        config = outside.config
        self.paces = {
            "describe": self._pace(int(config.describe_burst), config.describe_per_s),
            "mutate": self._pace(int(config.mutate_burst), config.mutate_per_s),
            "lambda": self._pace(LAMBDA_BURST, LAMBDA_PER_S),
        }
        if not fresh:
            for pace in self.paces.values():
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
        return self._outside.client(service)

    def make(self, pace: str, service: str, call: Callable[..., T], **arguments: Any) -> T:
        """Make one call and return its result.

        :param pace: the bucket that it counts against: describe, mutate or lambda
        :param service: the IAM prefix, for messages
        :raises OutOfTime: it was throttled, or the service unavailable, until time was up
        :raises Exception: what the client raises where a repetition would not help
        """
        wait = FIRST_WAIT_S
        while True:
            self._take(self.paces[pace])
            try:
                return call(**arguments)
            except Exception as error:
                told = AwsError.from_exception(error, service)
                # An answer that is none of the service's, such as a web page, says nothing final.
                if not told.retriable and told.code != "ResponseParserError":
                    raise
            self.trouble = str(told)
            print(f"again in {wait:g} s: {told}", file=sys.stderr)
            if told.kind == "throttled":
                self.paces[pace].empty()
            self.rest(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    def rest(self, seconds: float) -> None:
        """Sleep, or raise OutOfTime after what is left when that is less."""
        left_s = self.left_s()
        self._outside.sleep(max(min(seconds, left_s), 0.0))
        if left_s <= seconds:
            raise OutOfTime(self.trouble)

    def _take(self, pace: TokenBucket) -> None:
        if self.left_s() <= pace.delay_s():
            raise OutOfTime(self.trouble)
        pace.acquire()

    def _pace(self, burst: int, per_second: float) -> TokenBucket:
        return TokenBucket(burst, per_second, clock=self._outside.clock, sleep=self._outside.sleep)

"""The functions of a deployed stack: invoked by boto3, and by signed HTTP requests."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from requests.auth import AuthBase

from rie.aws.account import CREDENTIALS_REMEDY, Account, explain_errors
from rie.errors import UserError
from tests.acceptance.aws.template import QUEUE
from tests.acceptance.functions import ALIAS, FUNCTIONS
from tests.acceptance.targets import CLIENT_SETTINGS, URL_TIMEOUT_S

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

RECORD_TIMEOUT_S = 600.0  # Lambda retries after one and two more minutes
_RECEIVE_WAIT_S = 10  # of each long poll


class AwsTarget:
    """The functions of the stack called `stack`; `concurrency` is how many may run at once."""

    name = "aws"

    def __init__(self, account: Account, stack: str, concurrency: int) -> None:
        self._account = account
        self._stack = stack
        self._concurrency = concurrency
        session: Any = account.session
        self._client: LambdaClient = session.client("lambda", config=CLIENT_SETTINGS)
        self._queues = account.client("sqs")
        with explain_errors():
            queue = self._queues.get_queue_url(QueueName=f"{stack}-{QUEUE}")
        self._queue_url = queue["QueueUrl"]
        self._urls: dict[str, str] = {}
        self._records: dict[str, dict[str, Any]] = {}

    def client(self, function: str) -> LambdaClient:
        """The same for all functions."""
        del function
        return self._client

    def name_of(self, function: str) -> str:
        """The name in the stack; with the alias where only a published version will do."""
        name = f"{self._stack}-{function}"
        return f"{name}:{ALIAS}" if FUNCTIONS[function].snap_start else name

    def request(self, function: str, method: str, path: str, **options: Any) -> requests.Response:
        """To the URL that Lambda gave the function, signed."""
        if function not in self._urls:
            answer = self._client.get_function_url_config(FunctionName=self.name_of(function))
            self._urls[function] = answer["FunctionUrl"]
        url = self._urls[function] + path
        auth = Signature(self._account)
        return requests.request(method, url, auth=auth, timeout=URL_TIMEOUT_S, **options)

    def wait_for_record(self, request_id: str) -> dict[str, Any]:
        """A message of the queue; others are kept for who asks for them."""
        end = time.monotonic() + RECORD_TIMEOUT_S
        while request_id not in self._records:
            if time.monotonic() > end:
                raise TimeoutError(f"no record of {request_id} after {RECORD_TIMEOUT_S:.0f} s")
            self._receive()
        return self._records[request_id]

    def allows(self, concurrency: int) -> bool:
        """As the account's limit says."""
        return concurrency <= self._concurrency

    def _receive(self) -> None:
        answer = self._queues.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=_RECEIVE_WAIT_S
        )
        for message in answer.get("Messages", []):
            record = json.loads(message["Body"])
            self._records[record["requestContext"]["requestId"]] = record
            self._queues.delete_message(
                QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
            )


class Signature(AuthBase):
    """Signs requests for function URLs (Signature Version 4, service lambda)."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Only headers that nothing on the way may change are signed, besides host and date.
        signed = AWSRequest(method=request.method, url=request.url, data=request.body)
        credentials = self._account.session.get_credentials()
        if credentials is None:
            raise UserError("the AWS credentials are gone", CREDENTIALS_REMEDY)
        SigV4Auth(credentials, "lambda", self._account.region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request

"""The factory of clients: what its clients send, and what it costs not to use it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ClientError

from surefoot import __version__
from surefoot.kit.clients import ClientOptions, Clients, create_client
from tests.support.awsanswer import answer


class Recorder:
    """A boto3 session whose requests are kept and answered here."""

    def __init__(self, *answers: AWSResponse) -> None:
        self.session = boto3.Session("key", "secret", region_name="eu-west-1")
        send: Any = self._send
        self.session.events.register("before-send", send)
        self.requests: list[AWSRequest] = []
        self._answers: Iterator[AWSResponse] = iter(answers)

    def _send(self, request: AWSRequest, **_: Any) -> AWSResponse:
        self.requests.append(request)
        return next(self._answers)


QUEUES = answer(200, '{"QueueUrls": []}')


def test_the_user_agent_names_surefoot_and_the_function() -> None:
    recorder = Recorder(QUEUES)
    options = ClientOptions(user_agent="scheduled_scaling")
    create_client("sqs", options, session=recorder.session).list_queues()
    sent = recorder.requests[0].headers["User-Agent"]
    text = sent.decode() if isinstance(sent, bytes) else str(sent)
    assert text.endswith(f" surefoot/{__version__} scheduled_scaling")


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_call_is_tried_as_often_as_the_options_say(attempts: int) -> None:
    throttled = answer(400, '{"__type": "ThrottlingException"}')
    recorder = Recorder(*[throttled] * attempts)
    options = ClientOptions(max_attempts=attempts)
    client = create_client("sqs", options, session=recorder.session)
    with pytest.raises(ClientError, match="ThrottlingException"):
        client.list_queues()
    assert len(recorder.requests) == attempts


def test_time_outs_connections_and_further_arguments_reach_the_client() -> None:
    options = ClientOptions(connect_timeout_s=0.5, read_timeout_s=1.2, max_connections=16)
    client = create_client(
        "sqs", options, session=Recorder().session, region_name="us-east-1", aws_session_token="t"
    )
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (0.5, 1.2)
    assert config.max_pool_connections == 16
    assert config.tcp_keepalive is True
    assert client.meta.region_name == "us-east-1"


def test_a_client_is_created_once_for_each_service() -> None:
    clients = Clients(session=Recorder().session)
    assert clients("sqs") is clients("sqs")
    assert clients("sqs") is not clients("sns")


def test_nothing_of_boto3_is_loaded_before_the_first_client() -> None:
    code = "import sys; from surefoot.kit.clients import Clients; Clients(); "
    code += "print({'boto3', 'botocore'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": "runtime"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"

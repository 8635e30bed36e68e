#!/usr/bin/env python3
"""An external extension: it records its events in the folder RECORDS, and ends as MODE says."""

import http.client
import json
import os
import sys
from pathlib import Path
from typing import Any

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
MODE = os.environ.get("MODE", "")


def call(method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, Any]:
    connection = http.client.HTTPConnection(API)
    payload = None if body is None else json.dumps(body)
    connection.request(method, f"/2020-01-01/extension/{path}", payload, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, json.loads(answer.read() or b"null")


def record(name: str, value: object) -> None:
    with (Path(os.environ["RECORDS"]) / name).open("a") as file:
        file.write(json.dumps(value) + "\n")


if MODE == "exits at once":
    sys.exit(7)
name = {"Lambda-Extension-Name": Path(__file__).name}
events = {"events": ["INVOKE", "SHUTDOWN"]}
status, fields, described = call("POST", "register", events, **name)
record("registered", [status, described])
identity = {"Lambda-Extension-Identifier": fields["Lambda-Extension-Identifier"]}
if MODE == "init error":
    kind = {"Lambda-Extension-Function-Error-Type": "Extension.NoConfig"}
    record("init error", call("POST", "init/error", {}, **identity, **kind)[0])
    sys.exit(1)
while True:
    status, _, event = call("GET", "event/next", **identity)
    record("events", event)
    if event["eventType"] == "SHUTDOWN":
        break
    if MODE == "crashes":
        os._exit(9)

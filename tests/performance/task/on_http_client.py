"""A runtime on the standard library's HTTP client."""

import http.client
import importlib
import json
import os
import sys

module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
api = "/2018-06-01/runtime/invocation"
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", f"{api}/next")
    reply = connection.getresponse()
    event = json.loads(reply.read())
    path = f"{api}/{reply.headers['Lambda-Runtime-Aws-Request-Id']}/response"
    body = json.dumps(handler(event, None)).encode()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    connection.getresponse().read()

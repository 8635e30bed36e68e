"""A runtime with one defect, to prove that the campaign notices it: ``python broken.py DEFECT``.

It speaks just enough of the Runtime API, and answers as `function.handler` does.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import zlib
from pathlib import Path

EVERY = 10
_API = "/2018-06-01/runtime/invocation"


def main(defect: str) -> None:
    """Serve with this defect at every tenth invocation; "none" has none."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    before = b"null"
    kept: list[object] = []
    while True:
        connection.request("GET", f"{_API}/next")
        reply = connection.getresponse()
        event = json.loads(reply.read())
        owner = os.getpid()
        found = {"n": event["n"], "sum": zlib.crc32(event["text"].encode()), "owner": owner}
        now = defect if event["n"] % EVERY == EVERY - 1 else ""
        if now == "loses":
            continue
        if now == "dies":
            sys.exit(1)
        if now == "leaks descriptors":
            kept.append(Path(__file__).open("rb"))
        if now == "leaks memory":
            kept.append(bytearray(os.urandom(1 << 20)))
        if now == "answers in a child":
            found["owner"] += 1
        body = json.dumps(found).encode()
        for _ in range(2 if now == "doubles" else 1):
            path = f"{_API}/{reply.headers['Lambda-Runtime-Aws-Request-Id']}/response"
            connection.request("POST", path, before if now == "answers the one before" else body)
            connection.getresponse().read()
        before = body


if __name__ == "__main__":
    main(sys.argv[1])

"""requests prepares a call with a JSON body, which is all it does without a network."""

import requests

session = requests.Session()


def handler(event: object, context: object) -> int:
    call = requests.Request("POST", "http://127.0.0.1:1/", json={"event": [1, 2, 3]})
    return len(session.prepare_request(call).body or b"")

"""moto's server in this process, spoken to over HTTP on loopback."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

REGION = "eu-west-1"
ACCOUNT = "123456789012"  # moto's own


@contextmanager
def moto_server() -> Iterator[str]:
    """The address of a running server, without a slash at its end."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each call is too much
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def reset_moto(url: str) -> None:
    """Empty every service of the server."""
    requests.post(f"{url}/moto-api/reset", timeout=30).raise_for_status()


def variables(url: str) -> Mapping[str, str]:
    """What makes boto3 talk to the server, here or in another process; it needs no more."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


@contextmanager
def local_aws() -> Iterator[dict[str, str]]:
    """Yield the variables that lead a function there; they are set here, too, meanwhile."""
    with moto_server() as url:
        leading = dict(variables(url))
        before = {name: os.environ.get(name) for name in leading}
        os.environ.update(leading)
        try:
            yield leading
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

"""moto's server for a scene, and boto3 in this process talking to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rie.demo.aws.moto_server import moto_server, variables


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

"""Who is measured, as a table of command lines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from rie.paths import ROOT
from tests.performance.lab import HERE, Lab

SUREFOOT = "surefoot"
WITH_ORJSON = "surefoot and orjson"
AWSLAMBDARIC = "awslambdaric"
C_CLIENT = "C client, no JSON"
HTTP_CLIENT = "http.client loop"
REQUESTS = "requests loop"
BASH = "bash and curl"
BARE = "bare python -c pass"


@dataclass(frozen=True)
class Contender:
    """A way to run a function; `command` makes it from the lab and the handler's function."""

    name: str
    command: Callable[[Lab, str], list[str]]
    # How many invocations it manages while another manages 100: the slow ones get fewer.
    pace: int = 100
    # Finds orjson, which is not among the packages that all share.
    orjson: bool = False


def _python(*arguments: str) -> Callable[[Lab, str], list[str]]:
    return lambda lab, function: [str(lab.python), *arguments, f"app.{function}"]


def _surefoot(_: Lab, function: str) -> list[str]:
    return [str(ROOT / "bootstrap" / "bootstrap"), f"app.{function}"]


# Measured with large events only: it is the same with small ones.
SECOND = Contender(WITH_ORJSON, _surefoot, orjson=True)
_ALL = (
    Contender(SUREFOOT, _surefoot),
    Contender(AWSLAMBDARIC, _python("-m", AWSLAMBDARIC)),
    Contender(C_CLIENT, lambda lab, _: [str(lab.client)]),
    Contender(HTTP_CLIENT, _python("-m", "on_http_client"), pace=50),
    Contender(REQUESTS, _python("-m", "on_requests"), pace=20),
    Contender(BASH, lambda _lab, _function: [str(HERE / "programs" / "polling.sh")], pace=2),
)


def contenders(lab: Lab) -> dict[str, Contender]:
    """Those this machine can run, by name, surefoot first."""
    missing = set()
    if lab.client is None:
        missing.add(C_CLIENT)
    if not (shutil.which("curl") and shutil.which("bash")):
        missing.add(BASH)
    return {each.name: each for each in _ALL if each.name not in missing}

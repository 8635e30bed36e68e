"""Fixtures: the namespaces with everything that listens in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from rie.paths import ROOT
from tests.image.conftest import unavailable
from tests.integration.functions.vpc_check.probes import network as networks
from tests.integration.functions.vpc_check.probes import real
from tests.integration.functions.vpc_check.probes.network import Network, within
from tests.unit.functions.vpc_check.probes.certificates import authority, issue


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Certificates, and the servers' folders; the servers' user may enter it."""
    path = Path(tempfile.mkdtemp(prefix="vpccheck-"))
    path.chmod(0o755)
    trusted, other = authority("Test authority"), authority("Other authority")
    trusted.write(path, "authority")
    names = ("web.test", "four.test", "six.test", networks.SERVER, networks.SERVER6)
    issue(trusted, "web.test", names).write(path, "good")
    issue(trusted, "other.test", ["other.test", "*.other.test"]).write(path, "other")
    issue(other, "web.test", names).write(path, "untrusted")
    issue(None, "web.test", names).write(path, "itself")
    issue(trusted, "web.test", names, last=-3).write(path, "expired")
    issue(trusted, "web.test", names, first=5).write(path, "early")
    between = authority("Authority between", trusted, last=-2)
    issue(between, "web.test", names).write(path, "chained", between)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def network(folder: Path) -> Iterator[Network]:
    """The namespaces, with the servers of behaviour.py and a DNS server."""
    if reason := networks.missing():
        unavailable(reason)
    with networks.network() as made, _behaving(made, folder):
        made.environment["SSL_CERT_FILE"] = str(folder / "authority.pem")
        yield made


@pytest.fixture(scope="session")
def served(network: Network, folder: Path) -> Iterator[Network]:
    """The same, with nginx, Redis and PostgreSQL."""
    if reason := real.missing():
        unavailable(reason)
    prefix = within(network.server)
    tls = (
        *("--protected-mode", "no", "--port", "0"),
        *("--tls-cert-file", str(folder / "good.pem"), "--tls-key-file", str(folder / "good.key")),
        *("--tls-ca-cert-file", str(folder / "authority.pem")),
    )
    with ExitStack() as stack:
        stack.enter_context(real.nginx(prefix, folder))
        for port, options in (
            (real.PROTECTED_REDIS, ()),
            (real.OPEN_REDIS, ("--protected-mode", "no")),
            (real.TLS_REDIS, (*tls, "--tls-auth-clients", "no")),
            (real.STRICT_REDIS, (*tls, "--tls-auth-clients", "yes")),
        ):
            stack.enter_context(real.redis(prefix, folder, port, *options))
        stack.enter_context(real.postgres(prefix, folder, real.POSTGRES, "good"))
        stack.enter_context(real.postgres(prefix, folder, real.POSTGRES_WITHOUT_TLS))
        stack.enter_context(real.postgres(prefix, folder, real.POSTGRES_WRONG_NAME, "other"))
        networks.redirect(network.server, real.POSTGRES_ELSEWHERE, real.POSTGRES)
        yield network


@contextmanager
def _behaving(made: Network, folder: Path) -> Iterator[None]:
    command = (sys.executable, "-m", f"{__package__}.behaviour", str(folder))
    process = subprocess.Popen(
        within(made.server, *command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "listening\n"
        yield
    finally:
        process.communicate(timeout=20)  # the end of its stdin ends it

"""Debian's own servers, each in a folder of its own, in the server's namespace.

They die with the tests, however those end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534
MORTAL = ("setpriv", "--pdeathsig", "TERM")
PROTECTED_REDIS, OPEN_REDIS, TLS_REDIS, STRICT_REDIS = 6379, 6380, 6381, 6382
POSTGRES, POSTGRES_WITHOUT_TLS, POSTGRES_WRONG_NAME = 5432, 6432, 5439
POSTGRES_ELSEWHERE = 15432  # led to 5432 by the server's firewall
# The name of a certificate → the port of nginx that shows it.
NGINX_TLS = {
    "good": 443,
    "other": 8443,
    "untrusted": 8444,
    "itself": 8445,
    "expired": 8446,
    "early": 8447,
    "chained": 8448,
}
_NGINX = """
daemon off; pid nginx.pid; error_log stderr notice; worker_processes 1; user nobody nogroup;
events {{ worker_connections 256; }}
http {{
  access_log off; ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl;
    ssl_certificate good.pem; ssl_certificate_key good.key;
    location / {{ return 200 "here"; }}
    location /secret {{ auth_basic "closed"; return 200 "secret"; }}
    location /401 {{ return 401; }}
    location /403 {{ add_header x-amzn-ErrorType AccessDeniedException always; return 403; }}
    location /500 {{ return 500; }}
    location /moved {{ return 302 https://elsewhere.test/; }}
  }}
  {servers}
}}
"""
_NGINX_SERVER = (
    "server {{ listen {port} ssl; ssl_certificate {name}.pem; ssl_certificate_key {name}.key;"
    ' return 200 "here"; }}\n'
)


def missing() -> str:
    """Which of the programs is not here; "" when all are."""
    absent = [name for name in ("nginx", "redis-server", "setpriv") if shutil.which(name) is None]
    if not _postgres().exists():
        absent.append("postgres")
    if not absent:
        return ""
    packages = "nginx-light postgresql redis-server util-linux"
    return f"no {', '.join(absent)} here: apt-get install {packages}"


@contextmanager
def nginx(prefix: Sequence[str], folder: Path) -> Iterator[None]:
    servers = "".join(
        _NGINX_SERVER.format(port=port, name=name)
        for name, port in NGINX_TLS.items()
        if port != 443
    )
    (folder / "nginx.conf").write_text(_NGINX.format(servers=servers))
    command = [*prefix, *MORTAL, "nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    with _running(command, "start worker process "):
        yield


@contextmanager
def redis(prefix: Sequence[str], folder: Path, port: int, *options: str) -> Iterator[None]:
    own = folder / f"redis-{port}"
    own.mkdir()
    common = ("--bind", "* -::*", "--save", "", "--dir", str(own))
    tls = "--tls-cert-file" in options
    listening = ("--tls-port" if tls else "--port", str(port))
    with _running(
        [*prefix, "redis-server", *common, *listening, *options], "Ready to accept connections"
    ):
        yield


@contextmanager
def postgres(
    prefix: Sequence[str], folder: Path, port: int, certificate: str = ""
) -> Iterator[None]:
    """It refuses to run as root, and to read a key that others may read."""
    own = folder / f"postgres-{port}"
    own.mkdir()
    tls: list[str] = []
    if certificate:
        for suffix in ("pem", "key"):
            shutil.copy(folder / f"{certificate}.{suffix}", own / f"server.{suffix}")
            (own / f"server.{suffix}").chmod(0o600)
        files = (("ssl", "on"), ("ssl_cert_file", own / "server.pem"))
        for name, value in (*files, ("ssl_key_file", own / "server.key")):
            tls += ["-c", f"{name}={value}"]
    for path in (own, *own.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    nobody = (*MORTAL, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    data = own / "data"
    initialise = [str(_postgres().parent / "initdb"), "--no-sync", "-A", "trust", "-D", str(data)]
    subprocess.run([*nobody, *initialise], check=True, capture_output=True, cwd=own, timeout=60)
    options = ["-c", "listen_addresses=*", "-c", f"port={port}", "-c", "fsync=off"]
    options += ["-c", f"unix_socket_directories={own}", *tls]
    command = [*prefix, *nobody, str(_postgres()), "-D", str(data), *options]
    with _running(command, "ready to accept connections"):
        yield


def _postgres() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1] if found else Path("/usr/lib/postgresql/missing")


@contextmanager
def _running(command: Sequence[str], ready: str) -> Iterator[None]:
    """Run a server; it says itself when it is ready."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if ready in line:
                break
        else:
            raise AssertionError(f"{command} ended: {''.join(said)}")
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)

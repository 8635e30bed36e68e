"""One run of the function with everything real that fits on one machine: `make_reports()`.

moto is AWS, and a network namespace is the function's network: the describe calls go to moto over
HTTP, and the probes to servers in the namespace, whose firewall drops what the configuration in
moto would drop. Run as a program it is the inner half: `python -m …real_page FOLDER`.
"""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rie.demo.aws.moto_server import local_aws
from rie.demo.aws.vpc_fixtures import FUNCTION, client, make
from rie.paths import ROOT

HOSTS = {
    "orders-db.internal": "10.0.5.10",
    "catalogue.internal": "10.0.5.20",
    "cache.internal": "10.0.5.30",
    "ledger.internal": "10.9.0.9",
    "api.example.com": "203.0.113.10",
    "mail.example.com": "203.0.113.25",
    "reports.example.com": "203.0.113.30",
}
TARGETS = (
    "tcp://orders-db.internal:5432",
    "http://catalogue.internal:8080",
    "http://api.example.com",
    "tcp://cache.internal:6379",
    "tcp://10.0.5.99:443",
    "tcp://ledger.internal:443",
    "tcp://mail.example.com:25",
    "tcp://reports.example.com:8443",  # where nothing listens
)
# What groups, routes and Lambda itself drop; the firewall of the namespace does it here.
_DROPPED = ("10.0.5.30", "10.0.5.99", "10.9.0.9", "203.0.113.25")


def make_reports(folder: Path) -> None:
    """Write page.html, table.txt and report.json to a folder. Needs root and iproute2."""
    name = f"vpc-page-{os.getpid()}"
    with ExitStack() as stack:
        _run("ip", "netns", "add", name)
        stack.callback(_run, "ip", "netns", "del", name)
        files = Path("/etc/netns", name)
        files.mkdir(parents=True)  # which `ip netns exec` lays over /etc
        stack.callback(shutil.rmtree, files)
        lines = ["127.0.0.1 localhost", *(f"{address} {host}" for host, address in HOSTS.items())]
        (files / "hosts").write_text("\n".join(lines) + "\n")
        _run("ip", "-n", name, "link", "set", "lo", "up")
        for address in {*HOSTS.values(), "10.0.5.99"}:
            _run("ip", "-n", name, "addr", "add", f"{address}/32", "dev", "lo")
        for address in _DROPPED:
            rule = ("-A", "INPUT", "-d", address, "-j", "DROP")
            _run("ip", "netns", "exec", name, "iptables", *rule)
        inner = (sys.executable, "-m", f"{__package__}.real_page", str(folder))
        paths = (ROOT, ROOT / "functions/vpc_check", ROOT / "runtime")
        environment = {**os.environ, "PYTHONPATH": ":".join(map(str, paths))}
        done = subprocess.run(
            ["ip", "netns", "exec", name, *inner],
            check=False,
            env=environment,
            stderr=subprocess.PIPE,  # moto's tracebacks of APIs that it does not have
            text=True,
        )
    assert done.returncode == 0, done.stderr


def main(folder: Path) -> None:
    """Run the function in this namespace, once for each format."""
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = FUNCTION  # it checks itself, so probes are from inside
    with local_aws(), _servers():
        _make_network()
        from surefoot.testing import fake_context
        from vpc_check.app import handler

        for name, shape in (("page.html", "html"), ("table.txt", "table"), ("report.json", "json")):
            event = {"targets": list(TARGETS), "format": shape}
            answer = handler(event, fake_context(timeout=60))
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            (folder / name).write_bytes(content)


def _make_network() -> None:
    """The demo's VPC, with names, a third subnet, more servers, and a peered VPC."""
    ec2, cloud = client("ec2"), make()
    first, second = cloud.private
    third = _subnet(ec2, cloud.vpc, "10.0.7.0/24", "eu-west-1c")
    public_table = ec2.describe_route_tables(
        Filters=[{"Name": "association.subnet-id", "Values": [cloud.public]}]
    )["RouteTables"][0]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=public_table, SubnetId=third)
    inner = ec2.describe_network_interfaces(NetworkInterfaceIds=[cloud.database])
    inner = inner["NetworkInterfaces"][0]["SubnetId"]
    groups = {}
    for name, port in (("catalogue", 8080), ("cache", 6380)):
        made = ec2.create_security_group(GroupName=name, Description=name, VpcId=cloud.vpc)
        groups[name] = made["GroupId"]
        pairs = [{"GroupId": cloud.group}]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}
        ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[rule])
    for name, address in (("catalogue", "10.0.5.20"), ("cache", "10.0.5.30")):
        ec2.create_network_interface(
            SubnetId=inner, PrivateIpAddress=address, Groups=[groups[name]]
        )
    _peer(ec2, cloud.vpc, cloud.private_table)
    for resource, name in (
        *((first, "app-a"), (second, "app-b"), (third, "app-c"), (inner, "data-a")),
        *((cloud.vpc, "shop"), (cloud.private_table, "private"), (public_table, "public")),
        *((cloud.group, "orders"), (cloud.nat, "nat-a"), (groups["cache"], "cache")),
    ):
        ec2.create_tags(Resources=[resource], Tags=[{"Key": "Name", "Value": name}])
    client("lambda").update_function_configuration(
        FunctionName=FUNCTION,
        VpcConfig={"SubnetIds": [first, second, third], "SecurityGroupIds": [cloud.group]},
    )


def _peer(ec2: Any, vpc: str, table: str) -> None:
    """A peered VPC whose route table has no way back."""
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    _subnet(ec2, other, "10.9.0.0/24", "eu-west-1a")
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)
    peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.create_route(
        RouteTableId=table,
        DestinationCidrBlock="10.9.0.0/16",
        VpcPeeringConnectionId=peering,
    )


def _subnet(ec2: Any, vpc: str, cidr: str, zone: str) -> str:
    return str(
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
    )


class _Waiting(socketserver.BaseRequestHandler):
    """Accepts a connection and says nothing until the client hangs up, as a database does."""

    def handle(self) -> None:
        self.request.recv(1)


class _Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _servers() -> Iterator[None]:
    """A database that accepts connections, and two web servers."""
    servers: list[socketserver.BaseServer] = [
        socketserver.ThreadingTCPServer(("10.0.5.10", 5432), _Waiting),
        ThreadingHTTPServer(("10.0.5.20", 8080), _Quiet),
        ThreadingHTTPServer(("203.0.113.10", 80), _Quiet),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

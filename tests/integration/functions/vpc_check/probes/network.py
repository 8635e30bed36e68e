"""Three network namespaces in a row: a client, a router that follows the test's rules, a server.

client 10.77.1.2, fd77:1::2 — router — server 10.77.2.2, fd77:2::2
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rie.paths import ROOT
from vpc_check.observation import Observation
from vpc_check.target import Target, parse

CLIENT, SERVER, DROPPED_SERVER = "10.77.1.2", "10.77.2.2", "10.77.2.4"
CLIENT6, SERVER6 = "fd77:1::2", "fd77:2::2"
BLACK_HOLE = "10.77.66.6"
UNUSED = "10.77.1.9"  # a free address of the client's own network
RESOLV_CONF = f"nameserver {SERVER}\noptions timeout:1 attempts:1\n"
# Ports that the router treats, whatever listens behind.
DROPPED, UNREACHABLE, PROHIBITED, LOSSY, DROPPED_IN_6, TO_RESET = range(9001, 9007)
_FORWARD = (
    ("iptables", f"-p tcp --dport {DROPPED} -j DROP"),
    ("ip6tables", f"-p tcp --dport {DROPPED} -j DROP"),
    ("ip6tables", f"-p tcp --dport {DROPPED_IN_6} -j DROP"),
    ("iptables", f"-p udp --dport {DROPPED} -j DROP"),
    ("iptables", f"-p tcp --dport {UNREACHABLE} -j REJECT --reject-with icmp-net-unreachable"),
    ("iptables", f"-p tcp --dport {PROHIBITED} -j REJECT --reject-with icmp-admin-prohibited"),
    ("ip6tables", f"-p tcp --dport {PROHIBITED} -j REJECT --reject-with icmp6-adm-prohibited"),
    # The first of two SYNs.
    (
        "iptables",
        f"-p tcp --syn --dport {LOSSY} -m statistic --mode nth --every 2 --packet 0 -j DROP",
    ),
    ("iptables", f"-d {DROPPED_SERVER} -j DROP"),
)


@dataclass
class Answer:
    observations: list[Observation]
    seconds: float
    descriptors_left_open: int

    def of(self, text: str) -> list[Observation]:
        # As it is shown: without the values of a query.
        shown = parse(text).text
        return [each for each in self.observations if each.target.text == shown]


@dataclass
class Network:
    client: str
    router: str
    server: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def resolv_conf(self) -> Path:
        return Path("/etc/netns", self.client, "resolv.conf")

    @contextmanager
    def without_route_6(self) -> Iterator[None]:
        """The client has no way out for IPv6, as most functions."""
        default = ("default", "via", "fd77:1::1")
        _run("ip", "-n", self.client, "-6", "route", "del", *default)
        try:
            yield
        finally:
            _run("ip", "-n", self.client, "-6", "route", "add", *default)

    def probe(
        self,
        targets: Sequence[Target],
        *,
        budget_s: float = 10,
        descriptors: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> Answer:
        """Run the probes in the client's namespace."""
        asked = {
            "targets": [vars(each) for each in targets],
            "budget_s": budget_s,
            "descriptors": descriptors,
        }
        paths = (ROOT, ROOT / "functions/vpc_check", ROOT / "runtime")
        done = subprocess.run(
            within(self.client, sys.executable, "-m", f"{__package__}.prober"),
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": ":".join(map(str, paths)),
                "PYTHONWARNINGS": "error",
                **self.environment,
                **(environment or {}),
            },
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr, done.stderr
        answer = json.loads(done.stdout)
        observations = [
            Observation(
                **{
                    **each,
                    "target": Target(**each["target"]),
                    "addresses": tuple(each["addresses"]),
                }
            )
            for each in answer["observations"]
        ]
        return Answer(observations, answer["seconds"], answer["descriptors_left_open"])


def missing() -> str:
    """Why there can be no namespaces here; "" when there can."""
    tools = [name for name in ("ip", "iptables", "ip6tables") if shutil.which(name) is None]
    if tools:
        return f"no {', '.join(tools)} here: apt-get install iproute2 iptables"
    tried = subprocess.run(["ip", "netns", "add", _name("try")], capture_output=True, check=False)
    if tried.returncode:
        return f"no network namespace can be made: {tried.stderr.decode().strip()}"
    _run("ip", "netns", "del", _name("try"))
    return ""


@contextmanager
def network() -> Iterator[Network]:
    """Make the namespaces; they are gone afterwards."""
    _bury()
    made = Network(_name("client"), _name("router"), _name("server"))
    with ExitStack() as stack:
        for name in (made.client, made.router, made.server):
            _run("ip", "netns", "add", name)
            stack.callback(_run, "ip", "netns", "del", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
            # Else IPv6 is silent for the second in which an interface looks for its double.
            _run(*within(name, "sysctl", "-q", "-w", "net.ipv6.conf.default.accept_dad=0"))
        folder = made.resolv_conf.parent
        folder.mkdir(parents=True)  # which `ip netns exec` lays over /etc
        stack.callback(shutil.rmtree, folder)
        made.resolv_conf.write_text(RESOLV_CONF)
        _link(made.client, made.router, 1)
        _link(made.server, made.router, 2)
        for address in ("10.77.2.3/24", f"{DROPPED_SERVER}/24"):
            _run("ip", "-n", made.server, "addr", "add", address, "dev", "to-router")
        _run("ip", "-n", made.router, "route", "add", "blackhole", "10.77.66.0/24")
        switches = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        _run(*within(made.router, "sysctl", "-q", "-w", *switches))
        for program, rule in _FORWARD:
            _run(*within(made.router, program, "-A", "FORWARD", *rule.split()))
        yield made


def within(namespace: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", namespace, *command]


def redirect(namespace: str, port: int, to: int) -> None:
    """Have a server answer on one more port."""
    rule = f"-p tcp --dport {port} -j REDIRECT --to-ports {to}"
    _run(*within(namespace, "iptables", "-t", "nat", "-A", "PREROUTING", *rule.split()))


def _link(namespace: str, router: str, number: int) -> None:
    near, far = f"10.77.{number}.2/24", f"10.77.{number}.1/24"
    near6, far6 = f"fd77:{number}::2/64", f"fd77:{number}::1/64"
    peer = ("type", "veth", "peer", "name", f"side-{number}", "netns", router)
    _run("ip", "link", "add", "to-router", "netns", namespace, *peer)
    for where, device, addresses in (
        (namespace, "to-router", (near, near6)),
        (router, f"side-{number}", (far, far6)),
    ):
        for address in addresses:
            _run("ip", "-n", where, "addr", "add", address, "dev", device)
        _run("ip", "-n", where, "link", "set", device, "up")
    for gateway in (far, far6):
        _run("ip", "-n", namespace, "route", "add", "default", "via", gateway.partition("/")[0])


def _bury() -> None:
    """Remove what tests left that were killed."""
    for path in (*Path("/run/netns").glob("vpccheck-*"), *Path("/etc/netns").glob("vpccheck-*")):
        if Path("/proc", path.name.split("-")[1]).exists():
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            _run("ip", "netns", "del", path.name)


def _name(role: str) -> str:
    return f"vpccheck-{os.getpid()}-{role}"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"

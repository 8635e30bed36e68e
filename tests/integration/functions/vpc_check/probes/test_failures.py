"""Each way to fail, across a router: the word, and what the detail tells."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.integration.functions.vpc_check.probes import behaviour
from tests.integration.functions.vpc_check.probes import network as net
from tests.integration.functions.vpc_check.probes.network import Answer, Network
from vpc_check.target import parse

S4, S6 = net.SERVER, f"[{net.SERVER6}]"
# target → (word, a part of the detail)
CASES: Mapping[str, tuple[str, str]] = {
    # TCP
    f"tcp://{S4}:{behaviour.HOLDS}": ("ok", "connected"),
    f"tcp://{S6}:{behaviour.HOLDS}": ("ok", "connected"),
    f"tcp://{S4}:{net.DROPPED}": ("dropped", "no answer to a connection in 4.0 s"),
    f"tcp://{S6}:{net.DROPPED}": ("dropped", "no answer to a connection in 4.0 s"),
    f"tcp://{net.BLACK_HOLE}:443": ("dropped", "no answer to a connection in 4.0 s"),
    f"tcp://{S4}:{net.UNREACHABLE}": ("unreachable", "Network is unreachable (ENETUNREACH)"),
    f"tcp://{S4}:{net.PROHIBITED}": ("unreachable", "No route to host (EHOSTUNREACH)"),
    f"tcp://{S6}:{net.PROHIBITED}": ("unreachable", "Permission denied (EACCES)"),
    f"tcp://{net.UNUSED}:80": ("unreachable", "No route to host (EHOSTUNREACH)"),
    f"tcp://{S4}:1": ("refused", "Connection refused (ECONNREFUSED)"),
    f"tcp://{S6}:1": ("refused", "Connection refused (ECONNREFUSED)"),
    f"tcp://{S4}:{behaviour.RESETS}": ("reset", "(ECONNRESET)"),
    f"tcp://{S4}:{behaviour.CLOSES}": ("reset", "closed by the other side right after"),
    f"tcp://{S4}:{net.LOSSY}": ("slow", "packets get lost: 1 had to be sent again"),
    f"tcp://{S4}:{behaviour.SPEAKS}": ("ok", "the server speaks first"),
    f"tcp://{S4}:{behaviour.MYSQL}": ("denied", "Host '10.77.1.2' is not allowed to connect"),
    f"tcp://{S4}:{behaviour.SMTP}": ("denied", "554 5.7.1 go away?[31m"),
    # UDP
    f"udp://{S4}:{behaviour.ECHOES_UDP}": ("ok", "an answer of 4 bytes"),
    f"udp://{S4}:{behaviour.SILENT_UDP}": ("sent", "nothing back"),
    f"udp://{S4}:{net.DROPPED}": ("sent", "nothing back"),
    f"udp://{S4}:1": ("refused", "(ECONNREFUSED)"),
    f"udp://{S4}:53": ("ok", "DNS"),
    f"udp://{S4}:123": ("dropped", "no answer to 2 questions in NTP"),
    f"udp://{net.UNUSED}:514": ("unreachable", "(EHOSTUNREACH)"),
    # TLS
    f"tls://{S4}:{net.DROPPED}": ("dropped", "no answer to a connection"),
    f"tls://{S4}:{behaviour.HOLDS}": ("slow", "no answer in the TLS handshake"),
    f"tls://{S4}:{behaviour.SHAKES_AND_RESETS}": ("reset", "in the TLS handshake"),
    f"tls://{S4}:{behaviour.CLOSES}": ("reset", "in the TLS handshake"),
    f"tls://{S4}:{behaviour.SPEAKS}": ("tls_failed", "what answers there is no TLS"),
    f"tls://{S4}:{behaviour.WANTS_CERTIFICATE}": ("denied", "wants a client's certificate"),
    # HTTP
    f"http://{S4}:{behaviour.HOLDS}": ("slow", "no answer to the request"),
    f"http://{S4}:{behaviour.RESETS}": ("reset", "(ECONNRESET)"),
    f"http://{S4}:{behaviour.CLOSES}": ("reset", ""),
    f"http://{S4}:{behaviour.SPEAKS}": (
        "failed",
        "what answers there is no HTTP/1: b'SSH-2.0-Test",
    ),
    f"http://{S4}:{behaviour.WANTS_CERTIFICATE}": ("reset", ""),
    f"https://{S4}:{behaviour.WANTS_CERTIFICATE}": ("denied", "wants a client's certificate"),
    f"https://{S4}:{behaviour.HOLDS}": ("slow", "no answer in the TLS handshake"),
    f"https://{S4}:1": ("refused", "(ECONNREFUSED)"),
    # names
    "tcp://missing.test:80": ("dns_failed", f"the name servers know no such name ({S4})"),
    "tcp://empty.test:80": (
        "dns_failed",
        f"the name servers know the name, and no address of it ({S4})",
    ),
    "tcp://failing.test:80": ("dns_failed", f"the name servers don't answer, or fail ({S4})"),
    "tcp://silent.test:80": ("dns_failed", f"the name servers don't answer, or fail ({S4})"),
    f"tcp://{'a' * 64}.test:80": ("dns_failed", "no name can look like this"),
    f"tcp://four.test:{behaviour.HOLDS}": ("ok", "connected"),
    f"tcp://six.test:{behaviour.HOLDS}": ("ok", "connected"),
}


@pytest.fixture(scope="module")
def answer(network: Network) -> Answer:
    """All of them at once, as a function does it."""
    return network.probe([parse(text) for text in CASES], budget_s=20)


@pytest.mark.parametrize("text", CASES)
def test_its_word_is_told(answer: Answer, text: str) -> None:
    word, detail = CASES[text]
    (seen,) = answer.of(text)
    assert (seen.word, detail in seen.detail) == (word, True), seen


def test_all_are_probed_at_once_and_told_in_order(answer: Answer) -> None:
    one_by_one = sum(seen.milliseconds for seen in answer.observations) / 1000
    assert answer.seconds < one_by_one / 2
    assert [seen.target.text for seen in answer.observations] == list(CASES)


def test_nothing_is_left_open(answer: Answer) -> None:
    assert answer.descriptors_left_open == 3


def test_time_goes_with_each(answer: Answer) -> None:
    (dropped,) = answer.of(f"tcp://{S4}:{net.DROPPED}")
    (refused,) = answer.of(f"tcp://{S4}:1")
    (silent,) = answer.of("tcp://silent.test:80")
    assert dropped.milliseconds >= 4000
    assert refused.milliseconds < 4000
    assert silent.milliseconds >= 1000  # the resolver's time-out: names are part of it

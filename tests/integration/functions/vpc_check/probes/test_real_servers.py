"""nginx, Redis and PostgreSQL of Debian, probed across a router."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.integration.functions.vpc_check.probes import network as net
from tests.integration.functions.vpc_check.probes import real
from tests.integration.functions.vpc_check.probes.network import Answer, Network
from vpc_check.target import Target, parse

PORT = real.NGINX_TLS
GOOD = "certificate of web.test (names: web.test, four.test, six.test, 10.77.2.2, fd77:2::2)"
CASES: Mapping[str, tuple[str, str]] = {
    # nginx
    "http://four.test": ("ok", "200 OK"),
    f"http://[{net.SERVER6}]": ("ok", "200 OK"),
    "https://four.test": ("ok", f"200 OK; TLSv1.3, {GOOD} by Test authority, valid until "),
    "https://six.test": ("ok", "200 OK; TLSv1.3, "),
    f"https://{net.SERVER}": ("ok", "200 OK; TLSv1.3, "),
    "https://four.test/moved": ("ok", "302 Moved Temporarily, location: https://elsewhere.test/"),
    "https://four.test/401": ("denied", "401 Unauthorized"),
    "https://four.test/403": (
        "denied",
        "403 Forbidden, x-amzn-errortype: AccessDeniedException; TLSv1.3",
    ),
    "https://four.test/500": ("http_status", "500 Internal Server Error"),
    "http://four.test/500?q=a b": ("http_status", "500 Internal Server Error"),
    "http://four.test:443": ("http_status", "400 Bad Request"),
    "https://four.test:80": ("tls_failed", "what answers there is no TLS"),
    "tls://four.test": ("ok", f"TLSv1.3, {GOOD} by Test authority, valid until "),
    f"https://four.test:{PORT['other']}": (
        "tls_name",
        "not valid for 'four.test'; certificate of other.test (names: other.test, *.other.test)",
    ),
    f"https://{net.SERVER}:{PORT['other']}": ("tls_name", "not valid for '10.77.2.2'"),
    f"tls://four.test:{PORT['untrusted']}": (
        "tls_authority",
        f"unable to get local issuer certificate; {GOOD} by Other authority, valid until ",
    ),
    f"https://four.test:{PORT['itself']}": (
        "tls_authority",
        f"self-signed certificate; {GOOD} by web.test, valid until ",
    ),
    f"https://four.test:{PORT['expired']}": (
        "tls_expired",
        f"certificate has expired; {GOOD} by Test authority, expired on ",
    ),
    f"tls://four.test:{PORT['early']}": (
        "tls_expired",
        f"certificate is not yet valid; {GOOD} by Test authority, valid only from ",
    ),
    f"tls://four.test:{PORT['chained']}": (
        "tls_expired",
        f"has expired (not the server's own: one that it was issued by); {GOOD} by Authority betw",
    ),
    # Redis
    f"tcp://four.test:{real.OPEN_REDIS}": ("ok", "connected"),
    f"tcp://four.test:{real.PROTECTED_REDIS}": (
        "denied",
        "DENIED Redis is running in protected mode",
    ),
    f"tls://four.test:{real.TLS_REDIS}": ("ok", f"TLSv1.3, {GOOD}"),
    f"tls://four.test:{real.STRICT_REDIS}": ("denied", "the server wants a client's certificate"),
    # It waits for the end of a line.
    f"tls://four.test:{real.OPEN_REDIS}": ("slow", "no answer in the TLS handshake, waited 4."),
    # PostgreSQL
    f"tcp://four.test:{real.POSTGRES}": ("ok", "connected"),
    f"tls://four.test:{real.POSTGRES}": ("ok", f"TLSv1.3, {GOOD}"),
    f"tls://four.test:{real.POSTGRES_WITHOUT_TLS}": ("tls_failed", "does no TLS (ssl = off)"),
    f"tls://four.test:{real.POSTGRES_WRONG_NAME}": (
        "tls_name",
        "certificate of other.test (names: other.test, *.other.test)",
    ),
}


@pytest.fixture(scope="module")
def answer(served: Network) -> Answer:
    return served.probe([parse(text) for text in CASES], budget_s=20)


@pytest.mark.parametrize("text", CASES)
def test_its_word_is_told(answer: Answer, text: str) -> None:
    word, detail = CASES[text]
    (seen,) = answer.of(text)
    assert (seen.word, detail in seen.detail) == (word, True), seen


def test_days_are_counted(answer: Answer) -> None:
    (good,) = answer.of("https://four.test")
    assert good.detail.endswith((" 29 days left", " 30 days left"))


def test_without_the_authority_all_of_it_is_untrusted(served: Network) -> None:
    nothing = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nonexistent"}
    seen = served.probe([parse("https://four.test")], environment=nothing).observations[0]
    assert seen.word == "tls_authority"
    assert "(no authority at all is known here)" in seen.detail


def test_where_it_was_found_says_that_it_is_postgresql(served: Network) -> None:
    """On a port of its own the handshake needs SSLRequest as well."""
    found = Target("tls", "four.test", real.POSTGRES_ELSEWHERE, about="postgres instance orders")
    unsaid = Target("tls", "four.test", real.POSTGRES_ELSEWHERE)
    seen = served.probe([found, unsaid]).observations
    assert [each.word for each in seen] == ["ok", "reset"]

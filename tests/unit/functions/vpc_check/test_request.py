"""Events and targets: what is read, and what is refused with a name, a reason and a remedy."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from surefoot.kit.errors import UserError
from vpc_check.request import read_request
from vpc_check.target import parse


def test_everything_but_the_function_has_a_default() -> None:
    request = read_request({"function": "orders"})
    assert (request.targets, request.discover, request.plan) == ((), frozenset(), None)
    assert (request.format, request.probe, request.vpc_config) == ("json", True, None)


def test_the_function_itself_is_meant_when_none_is_named() -> None:
    assert read_request({}, "vpc-check").function == "vpc-check"
    assert read_request({"vpc_config": {"SubnetIds": ["subnet-1"]}}, "vpc-check").function == ""


def test_targets_are_read_in_all_their_forms() -> None:
    event = {
        "function": "orders",
        "targets": [
            "https://example.com/health?deep=1",
            "tcp://[2001:db8::1]:6379",
            {"url": "tls://db.internal:5432", "address": "10.0.5.10"},
            {"discover": ["endpoints", "rds"]},
            {"discover": "docdb"},
            "https://example.com/health?deep=1",
        ],
    }
    request = read_request(event)
    assert [target.text for target in request.targets] == [
        "https://example.com/health?deep=***",
        "tcp://[2001:db8::1]:6379",
        "tls://db.internal:5432",
    ]
    assert request.targets[0].port == 443
    assert request.targets[2].address == "10.0.5.10"
    assert request.discover == {"endpoints", "rds", "docdb"}


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "the event is not a JSON object"),
        ({}, 'neither a "function" nor a "vpc_config"'),
        ({"function": "f", "target": []}, "unknown member 'target'; known are function"),
        ({"function": "f", "vpc_config": {"SubnetIds": ["s"]}}, "exclude each other"),
        ({"function": 5}, "function is 5; give a name or an ARN"),
        ({"vpc_config": {"SubnetIds": []}}, 'vpc_config needs "SubnetIds"'),
        ({"vpc_config": {"SubnetIds": "subnet-1"}}, "vpc_config.SubnetIds is not a list of ids"),
        ({"vpc_config": {"SubnetIds": ["s"], "Vpc": 1}}, "vpc_config has 'Vpc'; known are"),
        ({"function": "f", "targets": "https://a"}, "targets is not a list"),
        ({"function": "f", "targets": [5]}, "targets[0] is 5; a target is"),
        ({"function": "f", "targets": [{"discover": ["s3"]}]}, "discover is 's3'; it is one of"),
        ({"function": "f", "targets": ["example.com:443"]}, "has no protocol of"),
        ({"function": "f", "targets": ["tcp://example.com"]}, "needs a port"),
        (
            {"function": "f", "targets": ["tcp://example.com:70000"]},
            "a port is a number from 1 to 65535",
        ),
        ({"function": "f", "targets": ["https://"]}, "names no host"),
        (
            {"function": "f", "targets": [{"url": "tcp://a:1", "address": "b"}]},
            "is not an IP address",
        ),
        ({"function": "f", "format": "pdf"}, "format is 'pdf'; it is one of json, table, html"),
        ({"function": "f", "probe": "yes"}, "probe is 'yes'; it is true or false"),
        ({"function": "f", "capacity": {"concurrency": -1}}, "capacity.concurrency is -1"),
    ],
)
def test_a_wrong_event_is_reported_by_its_member(event: Any, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read_request(event)
    assert message in str(raised.value)


def test_a_password_in_a_target_is_refused_and_not_repeated() -> None:
    with pytest.raises(UserError) as raised:
        read_request({"function": "f", "targets": ["https://me:hunter2@example.com"]})
    assert "hunter2" not in str(raised.value)
    assert "user name" in str(raised.value)


SECRET = "hunter2"
USERINFO = [f"me:{SECRET}@", f"{SECRET}@", f":{SECRET}@", f"me:{SECRET}%40x@", f"a@b:{SECRET}@"]
USERINFO += [f"me:{SECRET}/x@", f"me:{SECRET}?x@", f"me:#{SECRET}@"]
FORMS = [
    "https://{}example.com",
    "https://{}example.com:99999",
    "https://{}example.com:port",
    "https://{}",
    "https://{}[::1",
    "https://{}exa mple.com",
    "https://{}example\N{FULLWIDTH COLON}com",
    "tcp://{}example.com",
    "postgres://{}db.internal:5432/orders",
    "{}example.com:443",
    "//{}example.com",
    "tcp:/{}example.com:1",
    "https://{}example.com/\x1b[31m",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "userinfo", [*USERINFO, f"me:{SECRET}/x@", f"me:{SECRET}?x@", f"me:#{SECRET}@"]
)
@pytest.mark.parametrize("member", ["plain", "address", "typo", "extra", "list"])
def test_no_error_repeats_a_password(form: str, userinfo: str, member: str) -> None:
    url = form.format(userinfo)
    target: Any = {
        "plain": url,
        "address": {"url": url, "address": f"10.0.0.1{SECRET}"},
        "typo": {"urll": url},
        "extra": {"url": url, "address": "10.0.0.1", url: 1},
        "list": [url],
    }[member]
    with pytest.raises(UserError) as raised:
        read_request({"function": "f", "targets": ["https://a", target]})
    trace = "".join(traceback.format_exception(raised.value))
    assert SECRET not in trace
    assert "targets[1]" in str(raised.value)


URL = f"https://me:{SECRET}@example.com"


@pytest.mark.parametrize(
    "event",
    [
        {URL: 1},
        {"function": URL},
        {"function": [URL]},
        {"targets": URL},
        {"targets": {URL: 1}},
        {"targets": [{"discover": URL}]},
        {"targets": [{"discover": [URL]}]},
        {"format": URL},
        {"probe": URL},
        {"capacity": URL},
        {"capacity": {URL: 1}},
        {"capacity": {"concurrency": URL}},
        {"capacity": {"historic": URL}},
        {"capacity": {"subnets": [URL]}},
        {"capacity": {"functions": [URL]}},
        {"capacity": {"functions": [{}], URL: 1}},
        {"vpc_config": {"SubnetIds": [URL]}, "function": ""},
        {"vpc_config": {"SubnetIds": ["subnet-1"], URL: 1}, "function": ""},
    ],
)
def test_no_member_repeats_a_password_that_is_in_the_wrong_place(event: Any) -> None:
    with pytest.raises(UserError) as raised:
        read_request({"function": "f", **event})
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_port_that_is_not_a_number_is_not_repeated() -> None:
    with pytest.raises(UserError) as raised:
        read_request({"function": "f", "targets": [f"https://me:{SECRET}"]})
    assert SECRET not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "event",
    [
        {"function": "f", "targets": ["tcp://a\x1b[2Jb:1"]},
        {"function": "f", "targets": ["https://a/\x1b]0;t\x07"]},
        {"function": "f", "targets": ["https://a\u202eb"]},
        {"vpc_config": {"SubnetIds": ["subnet-1\x1b[31m"]}},
        {"function": "f", "capacity": {"subnets": ["subnet-1\n"]}},
        {"function": "f", "\x1b[2J": 1},
        {"function": "f", "format": "\x1b[2J"},
    ],
)
def test_control_characters_are_refused_and_not_repeated(event: Any) -> None:
    with pytest.raises(UserError) as raised:
        read_request(event)
    assert str(raised.value).isprintable()


def test_the_values_of_a_query_are_probed_and_not_shown() -> None:
    target = parse(f"https://example.com/a?token={SECRET}&b={SECRET}")
    assert target.path == f"/a?token={SECRET}&b={SECRET}"
    assert target.text == "https://example.com/a?token=***&b=***"
    assert parse(f"https://example.com/?{SECRET}").text == "https://example.com/?***"


@pytest.mark.parametrize(
    "text",
    ["https://example.com", "http://example.com:8080/x", "udp://10.0.0.2:53", "tls://[::1]:853"],
)
def test_a_targets_text_reads_back_as_the_same_target(text: str) -> None:
    assert parse(text).text == text
    assert parse(parse(text).text) == parse(text)

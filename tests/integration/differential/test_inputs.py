"""Events arrive alike, and events that are no JSON are refused with the same words."""

from __future__ import annotations

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.pair import Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.invocation import Invocation
from tests.support.route import Route

EVENTS: dict[str, bytes] = {
    "object": b'{"b": 1, "a": [true, false, null, 1.5]}',
    "whitespace": b' \t\r\n{"a" : 1 }\n ',
    "string": "é 日 😀".encode().join([b'"', b'"']),
    "escapes": rb'"\u00e9\ud83d\ude00\n\/\"\\\b\f"',
    "lone-surrogate-escape": rb'"\ud800"',
    "duplicate-keys": b'{"a": 1, "a": 2}',
    "big-int": b"1" + b"0" * 300,
    "int-past-digits-limit": b"1" * 5000,
    "float": b"[0.1, -0.0, 1e22, 1E-7, 1e400, -1e400, 5e-324, 0.1000000000000000055]",
    "minus-zero": b"-0",
    "scalar-true": b"true",
    "scalar-null": b"null",
    "deep": b"[" * 80 + b"]" * 80,
    "bom": b'\xef\xbb\xbf{"a": 1}',
    "nul-escape": rb'"\u0000"',
    "del": b'"\x7f"',
    "large": b'"' + b"x" * 300_000 + b'"',
    # From here on: no JSON.
    "empty": b"",
    "blank": b" \n",
    "truncated-object": b'{"a": 1',
    "truncated-list": b"[1, 2",
    "truncated-string": b'"abc',
    "truncated-escape": b'"a\\',
    "truncated-unicode-escape": rb'"\u00e',
    "truncated-surrogate-pair": rb'"\ud83d\ude"',
    "truncated-literal": b"tru",
    "truncated-after-key": b'{"a"',
    "truncated-after-colon": b'{"a":',
    "truncated-after-comma": b'{"a": 1,',
    "truncated-empty-object": b"{",
    "truncated-empty-list": b"[",
    "trailing-garbage": b'{"a": 1} x',
    "two-values": b"{}{}",
    "second-line": b'{\n "a": 1,\n "b" 2}',
    "trailing-comma-list": b"[1,]",
    "trailing-comma-object": b'{"a": 1,}',
    "missing-colon": b'{"a" 1}',
    "missing-comma": b"[1 2]",
    "missing-comma-object": b'{"a": 1 "b": 2}',
    "nan": b"NaN",
    "infinity": b"[Infinity]",
    "minus-infinity": b'{"a": -Infinity}',
    "single-quotes": b"{'a': 1}",
    "bare-word": b"hello",
    "bare-key": b"{a: 1}",
    "int-key": b"{1: 1}",
    "comment": b"// no\n{}",
    "control-character": b'"a\x01b"',
    "raw-newline": b'["a\nb"]',
    "raw-tab-in-key": b'{"a\tb": 1}',
    "nul": b'"a\x00b"',
    "invalid-escape": rb'"a\x41"',
    "invalid-unicode-escape": rb'"\u00zz"',
    "unicode-escape-with-0x": rb'"\u0x41"',
    "leading-zero": b"01",
    "leading-zero-minus": b"-01",
    "leading-plus": b"+1",
    "leading-dot": b".5",
    "trailing-dot": b"1.",
    "no-exponent": b"1e",
    "minus-alone": b"-",
    "hex": b"0x10",
    "underscore": b"1_000",
    "invalid-utf8": b'"a\xffb"',
    "latin-1": '"é"'.encode("latin-1"),
    "utf8-surrogate": b'"\xed\xa0\x80"',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "utf-16-le": '{"a": 1}'.encode("utf-16-le"),
    "utf-32": '{"a": 1}'.encode("utf-32"),
    "two-boms": b"\xef\xbb\xbf\xef\xbb\xbf1",
    "bom-alone": b"\xef\xbb\xbf",
    "bom-then-garbage": b"\xef\xbb\xbf{]",
    "not-breaking-space": "\u00a0{}".encode(),
    "form-feed": b"\f{}",
    "error-after-multibyte": '["é", x]'.encode(),
    "capital-true": b"True",
    "python-none": b"None",
}

CONTENT_TYPES = [
    *[
        "application/json; charset=utf-8",
        "Application/JSON",
        "text/plain",
        "application/cloudevents",
    ],
    *["application/json ", "application/octet-stream"],
]

INVOCATIONS = {
    **{name: Invocation(event) for name, event in EVENTS.items()},
    **{
        f"{name} in chunks": Invocation(EVENTS[name], chunks=[7, 4096])
        for name in ("object", "large")
    },
    **{
        f"type {name}": Invocation(b'{"a": "\xc3\xa9"}', headers={"Content-Type": name})
        for name in CONTENT_TYPES
    },
    "type and no JSON": Invocation(b"\xff{", headers={"Content-Type": "image/png"}),
}
SCENARIO = Scenario("inputs", "echo.handler", tuple(INVOCATIONS.values()))
SCENARIOS = [SCENARIO]


@pytest.mark.parametrize("case", INVOCATIONS)
def test_events_are_unmarshalled_alike(pairs: Pairs, case: str) -> None:
    pair = pairs.run(SCENARIO)
    expected = comparable.post(pair.awslambdaric.post(INVOCATIONS[case]))
    assert comparable.post(pair.surefoot.post(INVOCATIONS[case])) == expected


def test_refused_events_are_logged_alike(pairs: Pairs) -> None:
    pair = pairs.run(SCENARIO)
    expected = comparable.log(pair.awslambdaric.outcome)
    assert comparable.log(pair.surefoot.outcome) == expected


def test_both_kinds_of_events_were_tried(pairs: Pairs) -> None:
    reference = pairs.run(SCENARIO).awslambdaric
    routes = [reference.post(each).route for each in INVOCATIONS.values()]
    assert min(routes.count(Route.RESPONSE), routes.count(Route.ERROR)) > 20

"""Large payloads through orjson: the same values as without it, or not through it at all."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot._payload import marshaller, orjson_backend
from surefoot._payload.marshaller import Marshaller

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**63 - 3, max_value=2**64 + 3)
    | st.floats()
    | st.text(st.characters()),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters()), inner) | st.tuples(inner)
    ),
    max_leaves=12,
)
TEXTS = [
    '{"a": 1, "a": 2, "b": 3, "a": 4}',
    "[NaN]",
    "[Infinity, -Infinity]",
    "[-0, -0.0, 0e9, 1E400, -1e400, 1e-400]",
    "[18446744073709551615, 18446744073709551616, -9223372036854775809]",
    "[1.7976931348623157e308, 5e-324, 0.1, 123456789012345678]",
    '["\\ud800", "\\ud83d\\ude00", "\\u0000"]',
    '"a\tb"',
    "[" * 300 + "]" * 300,
    "[" * 2000 + "]" * 2000,
    "\ufeff[1]",
    " [1] ",
    "[1] x",
    "[1,]",
    "[01]",
]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in type, order and sign of zero, too."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return bool(one == other)


def test_it_is_orjson_that_does_the_work() -> None:
    assert orjson_backend.loads(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
    # Without the spaces that the standard library, and awslambdaric, put in.
    assert (
        orjson_backend.dumps({"a": [1, 2.5, None, "\u00e4"]})
        == '{"a":[1,2.5,null,"\u00e4"]}'.encode()
    )


@given(VALUES)
def test_decoding_gives_the_same_value(value: Any) -> None:
    try:
        text = json.dumps(value, allow_nan=False).encode()
    except ValueError:
        return
    try:
        decoded = orjson_backend.loads(text)
    except orjson_backend.FallbackToStdlib:
        return
    assert same(decoded, Marshaller().loads(text.decode()))


@pytest.mark.parametrize("text", TEXTS)
def test_odd_texts_give_the_same_value_or_are_left_to_the_usual_parser(text: str) -> None:
    try:
        value = orjson_backend.loads(text.encode())
    except orjson_backend.FallbackToStdlib:
        return
    assert same(value, Marshaller().loads(text))


@given(VALUES)
def test_encoding_gives_text_of_the_same_value(value: Any) -> None:
    try:
        text = orjson_backend.dumps(value)
    except orjson_backend.FallbackToStdlib:
        return
    assert same(json.loads(text), json.loads(Marshaller().dumps(value)))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_orjson_would_turn_into_null_is_left_to_the_usual_encoder(number: float) -> None:
    with pytest.raises(orjson_backend.FallbackToStdlib):
        orjson_backend.dumps([{"deep": [number]}])


def large(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    used: list[str] = []
    monkeypatch.setattr(marshaller, "ORJSON_THRESHOLD", 64)
    for name in ("loads", "dumps"):
        plain = getattr(orjson_backend, name)

        def spy(value: Any, name: str = name, plain: Any = plain) -> Any:
            used.append(name)
            return plain(value)

        monkeypatch.setattr(orjson_backend, name, spy)
    return used


def test_large_payloads_take_this_way_and_small_ones_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = large(monkeypatch)
    marshaller = Marshaller()
    marshaller.dump(marshaller.load(b"[1]", "application/json"))
    assert used == []
    text = json.dumps(["x" * 100]).encode()
    assert marshaller.dump(marshaller.load(text, "application/json"))[0] == text
    assert used == ["loads", "dumps"]


def test_without_orjson_large_payloads_go_the_usual_way() -> None:
    code = (
        "import sys; sys.modules['orjson'] = None\n"
        "from surefoot._payload.marshaller import Marshaller; m = Marshaller()\n"
        "text = b'[\"' + b'x' * 300000 + b'\"]'\n"
        "assert m.dump(m.load(text, 'application/json'))[0] == text\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_a_small_payload_imports_nothing() -> None:
    code = (
        "import sys\nfrom surefoot._payload.marshaller import Marshaller; m = Marshaller()\n"
        "m.dump(m.load(b'[1]', 'application/json'))\n"
        "assert not {'orjson', 'json', 'surefoot._payload.orjson_backend'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


@pytest.mark.parametrize(
    ("version", "used"),
    [
        *[("3.9.15", True), ("3.9.16", True), ("3.10.0", True), ("3.11.3", True), ("4.0", True)],
        *[("3.10.0rc1", True), ("10.0.0", True), ("3.9.15.post1", True)],
        *[("3.9.14", False), ("3.8.3", False), ("3.9", False), ("2.10.99", False)],
        *[("3.9.9", False), ("", False), ("unknown", False), ("3.9.x15", False), (None, False)],
        *[(3, False), ("\u0663.\u0661\u0660", False), ("9" * 5000, False)],
    ],
)
def test_orjson_is_used_from_the_version_on_that_limits_depth(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    version: object,
    used: bool,
) -> None:
    module = types.ModuleType("orjson")
    if version is not None:
        module.__version__ = version  # type: ignore[attr-defined]
    module.loads = lambda _: "used"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "orjson", module)
    monkeypatch.setattr(orjson_backend._Lookup, "looked", False)
    monkeypatch.setattr(orjson_backend._Lookup, "module", None)
    for _ in range(2):
        if used:
            assert orjson_backend.loads(b"[]") == "used"
        else:
            with pytest.raises(orjson_backend.FallbackToStdlib):
                orjson_backend.loads(b"[]")
    lines = capfd.readouterr().err.splitlines()
    if used:
        assert lines == []
    else:
        (line,) = lines
        assert line.startswith(f"surefoot: orjson {version or 'of an unknown version'} is not used")
        assert "Install orjson>=3.9.15" in line


def test_the_orjson_of_the_tests_has_such_a_version() -> None:
    import orjson

    assert orjson_backend._is_safe(orjson)

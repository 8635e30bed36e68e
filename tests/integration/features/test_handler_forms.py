"""Handlers that are no module-level functions."""

from __future__ import annotations

import json

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.route import Route

SOURCE = """
    class Plain:
        made = 0
        def __init__(self):
            Plain.made += 1
        def method(self, event, context):
            return ["method", event, Plain.made]
        @staticmethod
        def static(event, context):
            return ["static", event, Plain.made]
        @classmethod
        def of_class(cls, event, context):
            return ["class method", event, cls.__name__]
        def __call__(self, event, context):
            return ["called", event]
        async def later(self, event, context):
            return ["async method", event]
        not_callable = 1
    class Derived(Plain):
        pass
    class Broken:
        def __init__(self):
            raise ValueError("no instance")
        def method(self, event, context):
            return None
    instance = Plain()
    import functools
    partial = functools.partial(Plain.static)
    lambda_ = lambda event, context: ["lambda", event]
    """


@pytest.mark.parametrize(
    ("handler", "answer"),
    [
        ("app.Plain.method", ["method", 1, 2]),
        ("app.Derived.method", ["method", 1, 2]),
        ("app.Plain.static", ["static", 1, 1]),
        ("app.Derived.static", ["static", 1, 1]),
        ("app.Plain.of_class", ["class method", 1, "Plain"]),
        ("app.Derived.of_class", ["class method", 1, "Derived"]),
        ("app.Plain.later", ["async method", 1]),
        ("app.instance", ["called", 1]),
        ("app.instance.method", ["method", 1, 1]),
        ("app.partial", ["static", 1, 1]),
        ("app.lambda_", ["lambda", 1]),
    ],
)
def test_it_is_called(start: Start, handler: str, answer: list[object]) -> None:
    function = start(SOURCE, handler=handler)
    assert json.loads(function.call(Invocation(b"1")).body) == answer
    assert json.loads(function.call(Invocation(b"1")).body) == answer


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        ("app.Plain.nope", "Unable to import module 'app.Plain': No module named 'app.Plain'"),
        ("app.Nope.method", "Unable to import module 'app.Nope': No module named 'app.Nope'"),
        ("app.Plain.not_callable", "Unable to import module 'app.Plain'"),
        ("app.nope", "Handler 'nope' missing on module 'app'"),
    ],
)
def test_what_is_missing_is_reported_in_awslambdarics_words(
    start: Start, handler: str, message: str
) -> None:
    function = start(SOURCE, handler=handler)
    (report,) = function.api.wait_for(1, Route.INIT_ERROR)
    assert json.loads(report.body)["errorMessage"].startswith(message)


def test_a_class_that_cannot_be_made_is_an_init_error_with_its_trace(start: Start) -> None:
    function = start(SOURCE, handler="app.Broken.method")
    (report,) = function.api.wait_for(1, Route.INIT_ERROR)
    body = json.loads(report.body)
    assert (body["errorType"], body["errorMessage"]) == ("ValueError", "no instance")
    assert "in __init__" in body["stackTrace"][0]


def test_a_missing_module_is_distinguished_from_a_missing_import(start: Start) -> None:
    function = start("def helper():\n    import nowhere\nhelper()")
    (report,) = function.api.wait_for(1, Route.INIT_ERROR)
    nested = json.loads(report.body)
    assert nested["errorMessage"] == "Unable to import module 'app': No module named 'nowhere'"
    assert "in helper" in nested["stackTrace"][-1]
    assert b"Looked in" not in function.process.finish().stderr

    function = start("", handler="absent.handler")
    (report,) = function.api.wait_for(1, Route.INIT_ERROR)
    assert json.loads(report.body)["stackTrace"] == []
    assert b", and for absent.sh in " in function.process.finish().stderr

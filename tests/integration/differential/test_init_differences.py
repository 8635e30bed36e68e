"""Init errors that awslambdaric loses, or shows through frames that are not the function's."""

from __future__ import annotations

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.differences import proves
from tests.integration.differential.pair import Pair, Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.reply import status_reply
from tests.support.route import Route


def run(pairs: Pairs, handler: str) -> Pair:
    """One run with a handler that fails to load."""
    pair = pairs.run(Scenario(f"init {handler}", handler, ()))
    assert pair.surefoot.outcome.code != 0
    assert [each.route for each in pair.surefoot.requests] == [Route.INIT_ERROR]
    return pair


@proves("exit-at-import")
@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        ("system_exit.h", "SystemExit", "bye"),
        ("system_exit_zero.h", "SystemExit", ""),
        ("interrupted.h", "KeyboardInterrupt", ""),
        ("base_exception.h", "Base", "at import"),
    ],
)
def test_a_base_exception_at_import_is_an_init_error(
    pairs: Pairs, handler: str, error_type: str, message: str
) -> None:
    pair = run(pairs, handler)
    assert pair.awslambdaric.requests == []
    report = pair.surefoot.init_report
    assert report["errorType"] == error_type
    assert message in report["errorMessage"]
    assert handler.replace(".h", ".py") in report["stackTrace"][0]


@proves("mute-exception")
@proves("header-safety")
@proves("lone-surrogates")
@pytest.mark.parametrize(
    ("handler", "message"),
    [
        ("str_raises.h", None),
        ("breaking_name.h", "text"),
        ("unicode_name.h", "text"),
        ("surrogate_message.h", None),
    ],
)
def test_a_strange_exception_at_import_is_an_init_error(
    pairs: Pairs, handler: str, message: str | None
) -> None:
    pair = run(pairs, handler)
    assert Route.INIT_ERROR not in [each.route for each in pair.awslambdaric.requests]
    assert (pair.surefoot.init_error.header("Lambda-Runtime-Function-Error-Type") or b"").isascii()
    assert message in (None, pair.surefoot.init_report["errorMessage"])


@proves("import-frames")
@proves("init-error-headers")
@pytest.mark.parametrize(
    "handler",
    [
        *["raises.h", "raises_nothing.h", "raises_key.h", "raises_unicode.h", "raises_class.h"],
        *["raises_attribute.h", "raises_deep.h", "raises_os.h", "raises_assert.h"],
        *["breaking_message.h", "getattr_raises.h"],
    ],
)
def test_a_trace_at_import_starts_in_the_function(pairs: Pairs, handler: str) -> None:
    pair = run(pairs, handler)
    ours, theirs = pair.surefoot.init_report, pair.awslambdaric.init_report
    own = [frame for frame in theirs["stackTrace"] if "importlib" not in frame]
    assert ours == {**theirs, "stackTrace": own}
    assert comparable.headers(pair.surefoot.init_error) == {
        **comparable.headers(pair.awslambdaric.init_error),
        "content-length": str(len(pair.surefoot.init_error.body)).encode(),
    }
    assert pair.awslambdaric.init_error.header("Accept-Encoding") == b"identity"
    assert pair.awslambdaric.init_error.header("Content-Type") is None
    assert pair.surefoot.init_error.header("Content-Type") == b"application/json"


@proves("error-type-grammar")
@pytest.mark.parametrize(
    ("handler", "theirs", "ours"),
    [
        ("raises_key.h", b"KeyError", b"Function.KeyError"),
        ("nomod.h", b"Runtime.ImportModuleError", b"Runtime.ImportModuleError"),
    ],
)
def test_the_error_type_header_follows_the_grammar_of_lambda(
    pairs: Pairs, handler: str, theirs: bytes, ours: bytes
) -> None:
    pair = run(pairs, handler)
    name = "Lambda-Runtime-Function-Error-Type"
    assert pair.awslambdaric.init_error.header(name) == theirs
    assert pair.surefoot.init_error.header(name) == ours


@proves("import-frames")
def test_what_is_logged_at_import_is_logged_alike(pairs: Pairs) -> None:
    pair = run(pairs, "raises_logged.h")
    theirs, ours = (
        comparable.log(each.outcome).split(b"Traceback")
        for each in (pair.awslambdaric, pair.surefoot)
    )
    assert ours[0] == theirs[0]
    assert b"importlib" in theirs[1]
    assert b"importlib" not in ours[1]


@proves("import-error-trace")
@pytest.mark.parametrize(
    ("handler", "culprit"),
    [
        ("imports_missing.h", "imports_missing.py"),
        ("imports_name.h", "imports_name.py"),
        ("deep_import.h", "imports_missing.py"),
        ("raises_import_error.h", "raises_import_error.py"),
    ],
)
def test_an_import_error_says_where(pairs: Pairs, handler: str, culprit: str) -> None:
    pair = run(pairs, handler)
    ours, theirs = pair.surefoot.init_report, pair.awslambdaric.init_report
    assert theirs["stackTrace"] == []
    assert culprit in ours["stackTrace"][-1]
    assert "importlib" not in "".join(ours["stackTrace"])
    assert {**ours, "stackTrace": []} == theirs


@proves("update-warning")
def test_no_init_error_is_blamed_on_a_runtime_update(pairs: Pairs) -> None:
    pair = run(pairs, "raises_key.h")
    assert pair.awslambdaric.outcome.stdout.count(b"LAMBDA_WARNING") == 1
    assert pair.surefoot.outcome.stdout.count(b"LAMBDA_WARNING") == 0


@proves("no-module-path")
@pytest.mark.parametrize("handler", ["./ok.h", "/ok.h", "..h", "a//b.h", "pkg/.h", ".h"])
def test_a_handler_that_is_no_module_path_is_malformed(pairs: Pairs, handler: str) -> None:
    pair = run(pairs, handler)
    assert pair.awslambdaric.init_report["errorType"] != "Runtime.MalformedHandlerName"
    report = pair.surefoot.init_report
    assert report["errorType"] == "Runtime.MalformedHandlerName"
    assert report["errorMessage"].startswith(f"Bad handler '{handler}': ")
    assert report["stackTrace"] == []


@proves("init-error-refused")
def test_a_refused_init_error_still_ends_as_one(pairs: Pairs) -> None:
    accepted = run(pairs, "raises_key.h")
    scenario = Scenario(
        "init refused", "raises_key.h", (), init_answer=status_reply(403, "InvalidState")
    )
    refused = pairs.run(scenario)
    assert b"LambdaRuntimeClientError" in refused.awslambdaric.outcome.stderr
    assert refused.surefoot.outcome.code == accepted.surefoot.outcome.code
    assert b"Traceback" not in refused.surefoot.outcome.stderr

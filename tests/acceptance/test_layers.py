from __future__ import annotations

from tests.acceptance.conftest import Caller


def test_a_module_of_a_layer_is_imported(call: Caller) -> None:
    seen = call.invoke("layered", {}).json
    assert seen["layer"] == "layer"
    assert seen["file"].endswith("/opt/python/from_a_layer.py")
    assert seen["wrapped_by"] is None


def test_a_wrapper_runs_before_the_runtime_and_changes_its_environment(call: Caller) -> None:
    answer = call.invoke("wrapped", {})
    assert answer.error is None
    assert answer.json["wrapped_by"].endswith("/opt/wrapper")
    assert answer.json["wrapped_handler"] == "layered.handler"
    assert answer.json["layer"] == "layer"


def test_a_wrapper_that_is_missing_ends_the_runtime(call: Caller) -> None:
    answer = call.invoke("unwrapped", {})
    assert answer.error == "Unhandled"
    assert answer.json["errorType"] == "Runtime.ExitError"
    assert answer.json["errorMessage"].endswith("Runtime exited with error: exit status 127")

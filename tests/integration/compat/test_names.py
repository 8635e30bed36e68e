"""AWS's client by name: where packages find it, and what has an effect that they replace there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.integration.compat.conftest import Start
from tests.integration.features.conftest import Start as Run
from tests.support.invocation import Invocation
from tests.support.process import RUNTIME, Client
from tests.support.route import Route

BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: str(client.value))

# How packages come by the module: in an order and with checks that are theirs.
PLACES = {
    "main": "import __main__; bootstrap = __main__.bootstrap",
    "AWS's images": "import __main__; bootstrap = __main__.awslambdaricmain.bootstrap",
    "imported": "import awslambdaric.bootstrap as bootstrap",
    "from the package": "from awslambdaric import bootstrap",
    "by its old name": "import bootstrap; import sys; assert sys.modules['bootstrap'] is bootstrap",
    "its main module": "from awslambdaric.__main__ import bootstrap",
}

WRAPPED = """
calls = []
assert not hasattr(bootstrap, "handle_http_request")
original = bootstrap.handle_event_request
def handle_event_request(lambda_runtime_client, request_handler, *args, **kwargs):
    def wrapped(event, context):
        calls.append(["handler", event])
        try:
            result = request_handler(event, context)
        except Exception as error:
            calls.append(["raised", repr(error)])
            raise
        calls.append(["returned", result])
        return result
    return original(lambda_runtime_client, wrapped, *args, **kwargs)
bootstrap.handle_event_request = handle_event_request

def report(name):
    method = getattr(bootstrap.LambdaRuntimeClient, name)
    def posting(self, *args, **kwargs):
        print(json.dumps([name, calls, *args]), flush=True)
        calls.clear()
        return method(self, *args, **kwargs)
    setattr(bootstrap.LambdaRuntimeClient, name, posting)
for name in ("post_init_error", "post_invocation_result", "post_invocation_error"):
    report(name)
"""


def wrapped(place: str, handler: str) -> str:
    return "import json\n" + place + WRAPPED + textwrap.dedent(handler)


def printed(text: str) -> list[list[object]]:
    """What the wrappers printed, without the request ids."""
    return [json.loads(line) for line in text.splitlines() if line.startswith('["')]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_replaced_function_is_called_wherever_it_was_found(start: Start, place: str) -> None:
    function = start(wrapped(place, "def handler(event, context): return event"), None)
    for number in range(2):
        assert function.call(b'{"a": %d}' % number) == b'{"a": %d}' % number
        (line, *_) = printed(function.log(f'"{function.request_ids[number]}"'))[number:]
        result = f'{{"a": {number}}}'
        assert line == [
            "post_invocation_result",
            [["handler", {"a": number}], ["returned", {"a": number}]],
            *[function.request_ids[number], result, "application/json", None],
        ]


@BOTH
def test_arguments_and_results_are_awslambdarics(start: Start, client: Client) -> None:
    source = wrapped(
        PLACES["main"],
        """
        def handler(event, context):
            if event:
                raise ValueError("boom")
            return b"raw".decode()
        inner = bootstrap.handle_event_request
        def show(client, handler, *args, **kwargs):
            *shown, sink, invocation_id = args
            print(json.dumps([shown[0], str(shown[1]), *shown[2:], invocation_id]), flush=True)
            assert callable(sink.log) and callable(sink.log_error)
            return inner(client, handler, *args, **kwargs)
        bootstrap.handle_event_request = show
        """,
    )
    function = start(source, None, client=client)
    assert function.call() == b'"raw"'
    assert json.loads(function.call(b"1"))["errorMessage"] == "boom"
    first, second = function.request_ids
    shown, result, also_shown, error = printed(function.log('["post_invocation_error", '))
    deadline = 4_102_444_800_000
    arn = "arn:aws:lambda:eu-north-1:123456789012:function:bench"
    usual = ["application/json", None, None, arn, deadline, None, None]
    assert shown == [first, "b'{}'", *usual]
    assert also_shown == [second, "b'1'", *usual]
    assert result[2:] == [first, '"raw"', "application/json", None]
    _, calls, request_id, content, cause, invocation_id = error
    assert calls == [["handler", 1], ["raised", "ValueError('boom')"]]
    assert (request_id, invocation_id) == (second, None)
    assert json.loads(str(content))["errorType"] == "ValueError"
    assert json.loads(str(cause))["exceptions"][0]["message"] == "boom"


@BOTH
def test_an_init_error_goes_through_the_client_class(start: Start, client: Client) -> None:
    function = start(wrapped(PLACES["main"], "raise KeyError('table')"), None, client=client)
    assert json.loads(function.init_error())["errorType"] == "KeyError"
    ((name, _, content),) = printed(function.log('["post_init_error", '))
    assert name == "post_init_error"
    assert isinstance(content, dict)
    assert (content["errorType"], content["requestId"]) == ("KeyError", "")
    assert len(content["stackTrace"]) == 1 or client is Client.AWSLAMBDARIC


@BOTH
def test_a_failed_snapshot_hook_goes_through_the_client_class(start: Start, client: Client) -> None:
    source = """
    import snapshot_restore_py
    @snapshot_restore_py.register_before_snapshot
    def fails():
        raise KeyError("table")
    def handler(event, context):
        return 1
    """
    variables = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    if client is Client.SUREFOOT:
        source = source.replace("snapshot_restore_py.register_", "surefoot.")
        source = source.replace("snapshot_restore_py", "surefoot")
    function = start(wrapped(PLACES["main"], source), None, client=client, environ=variables)
    assert json.loads(function.init_error())["errorType"] == "KeyError"
    ((_, _, content, error_type),) = printed(function.log('["post_init_error", '))
    assert isinstance(content, dict)
    assert (content["errorMessage"], error_type) == ("'table'", "Runtime.BeforeSnapshotError")
    (report,) = function.running.api.complete(Route.INIT_ERROR)
    kind = report.header("Lambda-Runtime-Function-Error-Type")
    assert kind == b"Runtime.BeforeSnapshotError"


HANDLERS = {
    "coroutine": """
        import asyncio
        async def handler(event, context):
            await asyncio.sleep(0)
            calls.append(["done"])
            return 1
        """,
    "stream": """
        def handler(event, context):
            yield "one"
            calls.append(["done"])
            yield "two"
        """,
    "async stream": """
        async def handler(event, context):
            yield "one"
            calls.append(["done"])
            yield "two"
        """,
}


@pytest.mark.parametrize("name", HANDLERS)
def test_a_wrapper_is_around_all_that_a_handler_does(start: Start, name: str) -> None:
    function = start(wrapped(PLACES["main"], HANDLERS[name]), None)
    body, result = (b"1", 1) if name == "coroutine" else (b"onetwo", None)
    assert function.call() == body
    ((posted, calls, *_),) = printed(function.log('["post_invocation'))
    assert posted == "post_invocation_result"
    assert calls == [["handler", {}], ["done"], ["returned", result]]


def test_a_wrapper_may_change_event_result_and_error(start: Start) -> None:
    source = """
    import __main__, json
    bootstrap = __main__.bootstrap
    original = bootstrap.handle_event_request
    def changed(client, handler, request_id, body, *rest, **more):
        event = json.dumps({"changed": json.loads(body)}).encode()
        return original(client, handler, request_id, event, *rest, **more)
    bootstrap.handle_event_request = changed
    client = bootstrap.LambdaRuntimeClient
    result, error = client.post_invocation_result, client.post_invocation_error
    client.post_invocation_result = lambda self, name, data, *rest: result(
        self, name, json.dumps([json.loads(data)]), *rest)
    client.post_invocation_error = lambda self, name, data, *rest: error(
        self, name, json.dumps({**json.loads(data), "link": "here"}), *rest)
    def handler(event, context):
        return event["changed"][0]
    """
    function = start(source, None)
    assert function.call(b"[1]") == b"[1]"
    report = json.loads(function.call(b"[]"))
    assert (report["errorType"], report["link"]) == ("IndexError", "here")


BROKEN = {
    "before the handler": "def broken(*args): raise OSError('broken')",
    "after the answer": "def broken(*args): original(*args); raise OSError('broken')",
    "instead of an answer": "def broken(*args): pass",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_wrapper_that_fails_costs_one_invocation_at_most(start: Start, name: str) -> None:
    source = f"""
    import __main__
    original = __main__.bootstrap.handle_event_request
    {BROKEN[name]}
    def handler(event, context):
        return 1
    __main__.bootstrap.handle_event_request = broken
    """
    function = start(source, None)
    for _ in range(2):
        answer = json.loads(function.call())
        if name == "after the answer":
            assert answer == 1
        elif name == "before the handler":
            assert answer["errorMessage"] == "broken"
        else:
            assert answer["errorType"] == "Runtime.Unanswered"
            assert "app.broken" in answer["errorMessage"]
    if name == "after the answer":
        assert "a package around the invocation failed: OSError: broken" in function.log("broken")


def test_an_answer_is_posted_when_a_wrapper_of_posting_fails(start: Start) -> None:
    source = """
    import __main__
    def broken(*args, **kwargs):
        raise OSError("broken")
    client = __main__.bootstrap.LambdaRuntimeClient
    client.post_invocation_result = client.post_invocation_error = broken
    def handler(event, context):
        return 1 / event
    """
    function = start(source, None)
    assert function.call(b"2") == b"0.5"
    assert json.loads(function.call(b"0"))["errorType"] == "ZeroDivisionError"
    assert "a package around the invocation failed: OSError: broken" in function.log("broken")


def test_an_init_error_is_posted_when_its_wrapper_fails(start: Start) -> None:
    source = """
    import __main__
    def broken(*args, **kwargs):
        raise OSError("broken")
    __main__.bootstrap.LambdaRuntimeClient.post_init_error = broken
    raise KeyError("table")
    """
    function = start(source, None)
    assert json.loads(function.init_error())["errorType"] == "KeyError"


def test_an_invocation_is_answered_once_whatever_a_wrapper_posts(start: Start) -> None:
    source = """
    import __main__
    original = __main__.bootstrap.handle_event_request
    def twice(client, handler, request_id, *rest):
        client.post_invocation_result(request_id, '"mine"')
        original(client, handler, request_id, *rest)
    __main__.bootstrap.handle_event_request = twice
    def handler(event, context):
        return "theirs"
    """
    function = start(source, None)
    assert [function.call(), function.call()] == [b'"mine"', b'"mine"']
    function.log(f"request {function.request_ids[1]} is answered already")


@BOTH
def test_a_marshaller_of_awss_kind_has_an_effect(start: Start, client: Client) -> None:
    source = """
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient
    from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
    class Shouting(LambdaMarshaller):
        def unmarshal_request(self, request, content_type="application/json"):
            return super().unmarshal_request(request, content_type).upper()
        def marshal_response(self, response):
            body, content_type = super().marshal_response(response)
            return body + "!", content_type
    LambdaRuntimeClient.marshaller = Shouting()
    def handler(event, context):
        return event
    """
    assert start(source, None, client=client).call(b'"a"') == b'"A"!'


@BOTH
def test_what_else_packages_read_there(start: Start, client: Client) -> None:
    source = """
    import logging
    import awslambdaric
    from awslambdaric import bootstrap
    from awslambdaric.lambda_context import ClientContext, CognitoIdentity, LambdaContext
    from awslambdaric.lambda_runtime_exception import FaultException
    handlers = logging.getLogger().handlers
    def handler(event, context: LambdaContext):
        assert isinstance(context, LambdaContext)
        assert isinstance(context.identity, CognitoIdentity)
        assert bootstrap._GLOBAL_AWS_REQUEST_ID == context.aws_request_id
        assert isinstance(handlers[0], bootstrap.LambdaLoggerHandler)
        assert isinstance(handlers[0].filters[0], bootstrap.LambdaLoggerFilter)
        assert bootstrap.to_json({"a": 1}) == '{"a": 1}'
        assert bootstrap._get_handler("app.handler") is handler
        try:
            bootstrap._get_handler("app.missing")
        except FaultException as fault:
            assert fault.exception_type == FaultException.HANDLER_NOT_FOUND
            assert "'missing'" in fault.msg
        made = LambdaContext("id", {"client": {"app_title": "t"}}, {"cognitoIdentityId": "i"}, 1,
            "arn")
        assert made.client_context.client.app_title == "t"
        assert (made.aws_request_id, made.invoked_function_arn) == ("id", "arn")
        assert (made.function_name, made.identity.cognito_identity_id) == ("bench", "i")
        assert made.get_remaining_time_in_millis() == 0
        raise FaultException("Function.Mine", awslambdaric.__version__.split(".")[0], None)
    """
    function = start(source, None, client=client)
    report = json.loads(function.call())
    if client is Client.SUREFOOT:
        assert (report["errorType"], report["errorMessage"]) == ("Function.Mine", "4")
    else:
        # No context of its own is ever an instance of another class; the rest holds.
        assert report["errorType"] == "Function.Mine"


def test_the_installed_package_is_one_with_ours(start: Start, run: Run) -> None:
    _ = start
    # This interpreter has awslambdaric itself.
    source = """
    import awslambdaric, sys
    from awslambdaric.bootstrap import make_error
    import awslambdaric.bootstrap
    from awslambdaric.lambda_context import LambdaContext
    import __main__
    assert "site-packages" in awslambdaric.__file__
    assert awslambdaric.bootstrap is __main__.bootstrap is sys.modules["awslambdaric.bootstrap"]
    original = awslambdaric.bootstrap.handle_event_request
    def wrapped(client, handler, *rest):
        return original(client, lambda event, context: [handler(event, context)], *rest)
    awslambdaric.bootstrap.handle_event_request = wrapped
    def handler(event, context):
        assert isinstance(context, LambdaContext)
        return make_error("m", "t", [], "i")["errorMessage"]
    """
    running = run(source)
    assert running.call(Invocation()).body == b'["m"]'


def test_a_functions_own_bootstrap_module_is_its_own(start: Start, tmp_path: Path) -> None:
    (tmp_path / "bootstrap.py").write_text("def make(): return 'mine'")
    source = "import bootstrap\ndef handler(event, context): return bootstrap.make()"
    assert start(source, None).call() == b'"mine"'


def test_awss_name_of_the_program_starts_the_runtime(start: Start) -> None:
    # As SAM's debugger settings name it: by its path, with the handler in _HANDLER.
    function = start(
        "def handler(event, context): return 'debugged'",
        None,
        command=["/bin/sh", "-c", f"exec {sys.executable} {RUNTIME}/bootstrap.py"],
    )
    assert function.call() == b'"debugged"'


def test_spawned_children_find_the_names_too(start: Start) -> None:
    source = """
    import multiprocessing
    from awslambdaric.lambda_context import LambdaContext
    def work(connection):
        connection.send(LambdaContext.__module__)
    def handler(event, context: LambdaContext):
        spawn = multiprocessing.get_context("spawn")
        receiver, sender = spawn.Pipe()
        child = spawn.Process(target=work, args=(sender,))
        child.start()
        sender.close()
        found = receiver.recv()
        child.join()
        return [found, child.exitcode]
    """
    assert json.loads(start(source, None).call()) == ["surefoot.compat.lambda_context", 0]


def test_the_names_work_in_a_plain_interpreter(home: Path) -> None:
    program = """
    from awslambdaric.lambda_context import LambdaContext
    from surefoot.testing import fake_context, invoke
    assert isinstance(fake_context(), LambdaContext)
    print(invoke(lambda event, context: event, {"a": 1}))
    """
    path = f"{RUNTIME}:{RUNTIME}/surefoot/compat/packages"
    environ = {"PYTHONHOME": str(home), "PYTHONPATH": path, "PATH": os.defpath}
    python = str(Path(sys.executable).resolve())
    command = [python, "-c", textwrap.dedent(program)]
    assert subprocess.check_output(command, env=environ, text=True) == "{'a': 1}\n"


def test_concurrent_coroutines_each_go_through_the_wrappers(start: Start) -> None:
    handler = """
    import asyncio
    both = asyncio.Barrier(2) if hasattr(asyncio, "Barrier") else None
    async def handler(event, context):
        if both is not None:
            await both.wait()
        return event
    """
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_ASYNC_CONCURRENCY": "1"}
    function = start(wrapped(PLACES["main"], handler), None, environ=variables)
    invocations = [function.deliver(b'"%c"' % name) for name in b"ab"]
    answers = [function.running.answer(each) for each in invocations]
    assert [bytes(each.body) for each in answers] == [b'"a"', b'"b"']
    assert {each.route for each in answers} == {Route.RESPONSE}


def test_workers_each_go_through_the_wrappers(start: Start) -> None:
    source = wrapped(PLACES["main"], "def handler(event, context): return event")
    function = start(source, None, environ={"AWS_LAMBDA_MAX_CONCURRENCY": "2"})
    invocations = [function.deliver(b'"%c"' % name) for name in b"ab"]
    for each in invocations:
        function.running.answer(each)
        function.log(each.request_id)


def test_exit_in_a_wrapped_handler_fails_one_invocation(start: Start) -> None:
    handler = "import sys\ndef handler(event, context): sys.exit(3) if event else None"
    function = start(wrapped(PLACES["main"], handler), None)
    assert json.loads(function.call(b"1"))["errorType"] == "SystemExit"
    assert function.call(b"0") == b"null"


def test_a_child_that_a_wrapped_handler_forks_answers_nothing(start: Start) -> None:
    handler = """
    import os
    def handler(event, context):
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return "the child"
    """
    function = start(wrapped(PLACES["main"], handler), None)
    assert [function.call(), function.call()] == [b"0", b"0"]


def test_awss_own_loop_is_refused_with_the_way_to_start_a_function(start: Start) -> None:
    function = start("import awslambdaric.bootstrap as b\nb.run('app.handler', None)", None)
    assert (
        'name the handler in CMD, such as ["app.handler"]'
        in json.loads(function.init_error())["errorMessage"]
    )

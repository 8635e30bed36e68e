"""`rie compare` as a user runs it: both real clients, a function on disk."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support.rie_command import rie

FUNCTION = """
import logging, os, socket, sys, tempfile, uuid

def echo(event, context):
    print("a line of the log")
    return event

def client(event, context):
    return "awslambdaric" if "awslambdaric" in sys.modules else "surefoot"

def chatty(event, context):
    print("awslambdaric" in sys.modules)

def exits(event, context):
    print("before")
    if event:
        sys.exit("bye")
    return "well"

def fails(event, context):
    try:
        {}["missing"]
    except KeyError as error:
        raise ValueError(context.aws_request_id) from error

def order(event, context):
    return {client(0, 0)[0]: 1, "a": 1, "s": 1}

def varies(event, context):
    print("id", uuid.uuid4())
    return {"id": str(uuid.uuid4()), "same": 1}

def varies_and_differs(event, context):
    return {"id": str(uuid.uuid4()), "client": client(event, context)}

def umlauts(event: object, context: object) -> str:
    return "äöü"


def generates(event, context):
    yield "a"
    yield "b"

async def awaits(event, context):
    return event

def large(event, context):
    return "x" * 6_291_556

def hangs(event, context):
    while True:
        pass

def dies(event, context):
    os._exit(3)

def variables(event, context):
    return sorted(os.environ.items())

def surrogate(event, context):
    raise ValueError("\\ud800 broken")

def logs_exceptions(event, context):
    log = logging.getLogger()
    for number in range(2):
        try:
            {}["missing"]
        except KeyError:
            log.exception("failed")
    log.error("at last")

def logs_nan(event, context):
    logging.getLogger().error("x", extra={"a": float("nan"), "b": [float("-inf")]})
    logging.getLogger().error({"c": float("inf")})

def is_on_surefoot():
    return "awslambdaric" not in sys.modules

def connects(event, context):
    for port in event:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            pass

def connects_on_one(event, context):
    connects(event[:1] if is_on_surefoot() else event, context)

def writes(event, context):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("x")
    if is_on_surefoot():
        os.mkdir(event)
        os.rmdir(event)

def connects_in_c(event, context):
    if is_on_surefoot():
        return
    import ctypes, struct
    libc, host = ctypes.CDLL(None), bytes([127, 0, 0, 1])
    found = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    address = struct.pack("=H", socket.AF_INET) + struct.pack(">H", event) + host + bytes(8)
    libc.connect(found, address, len(address))

def looks_up(event, context):
    if is_on_surefoot():
        socket.gethostbyname("localhost")

def sends(event, context):
    if is_on_surefoot():
        if event[0] == "udp":
            socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", event[1]))
        elif event[0] == "connect_ex":
            socket.socket().connect_ex(("127.0.0.1", event[1]))
        elif event[0] == "unix":
            socket.socket(socket.AF_UNIX).connect_ex(f"/nowhere:{event[1]}")
        elif event[0] == "asyncio":
            import asyncio
            async def open_one():
                await asyncio.open_connection("127.0.0.1", event[1])
            asyncio.run(open_one())
        elif event[0] == "thread":
            import threading
            connect = socket.create_connection
            thread = threading.Thread(target=connect, args=[("127.0.0.1", event[1])])
            thread.start()
            thread.join()
        elif event[0] == "fork":
            child = os.fork()
            if not child:
                socket.create_connection(("127.0.0.1", event[1]))
                os._exit(0)
            os.waitpid(child, 0)

def changes(event, context):
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "file")
    open(path, "w").close()
    if is_on_surefoot():
        if event == "chmod":
            os.chmod(path, 0o600)
        elif event == "utime":
            os.utime(path, (1, 1))
        elif event == "rename":
            os.rename(path, path + "-new")
        elif event == "sqlite":
            import sqlite3
            sqlite3.connect(os.path.join(folder, "db")).close()
        elif event == "unlink":
            descriptor = os.open(folder, os.O_RDONLY)
            os.unlink("file", dir_fd=descriptor)
            os.close(descriptor)

def draws_names(event, context):
    with tempfile.NamedTemporaryFile(prefix="mine-", suffix=".json") as file:
        os.rename(file.name, file.name + ".bak")
        os.rename(file.name + ".bak", file.name)
    folder = tempfile.mkdtemp("-end", "begin-")
    open(os.path.join(folder, "file"), "w").close()

def starts(event, context):
    os.system("exit 0" if is_on_surefoot() else "exit 0 # as a tracer does")

def starts_with(event, context):
    import subprocess
    subprocess.run(["true", "--same", "ours" if is_on_surefoot() else "theirs"])

def not_json(event, context):
    return float("nan")
"""
# As error trackers do: AWS's client by its names in the main module, a wrapper in their place.
PATCHES = """
import sys
client = getattr(sys.modules["__main__"], "bootstrap", None)
if client is not None:
    def wrap(function):
        return lambda *args, **kwargs: function(*args, **kwargs)
    client.handle_event_request = wrap(client.handle_event_request)
    client.LambdaRuntimeClient.post_init_error = wrap(client.LambdaRuntimeClient.post_init_error)
"""
# A name that surefoot does not have.
PATCHES_ONE_MORE = """
    if hasattr(client.LambdaRuntimeClient, "wait_next_invocation"):
        client.LambdaRuntimeClient.wait_next_invocation = wrap(
            client.LambdaRuntimeClient.wait_next_invocation
        )
"""
BROKEN = "print('loading')\nimport not_installed_anywhere\n"
Compare = Callable[..., CompletedProcess[bytes]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Compare a handler of a function in a directory of its own; once each, without warm ones."""
    task = tmp_path / "task"
    task.mkdir()
    (task / "app.py").write_text(FUNCTION)
    (task / "broken.py").write_text(BROKEN)

    def compared(handler: str, *words: str, runs: int = 1) -> CompletedProcess[bytes]:
        usual = ["--task", str(task), "--runs", str(runs), "--warm", "0"]
        return rie("compare", handler, *usual, *words)

    return compared


def record(done: CompletedProcess[bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["version"], found["exit_code"]) == (1, done.returncode)
    return found


def facts(found: dict[str, Any]) -> list[str]:
    return [each["fact"] for each in found["differences"]]


def names(found: dict[str, Any]) -> set[str]:
    return {name for each in found["differences"] for name in each["intended"]}


def test_what_is_the_same_takes_a_line_and_the_result_alone_is_on_stdout(
    compare: Compare,
) -> None:
    done = compare("app.echo", "--event", '{"a": 1}', "--event", "[2]")
    assert done.returncode == 0, done.stderr.decode()
    shown = done.stdout.decode().splitlines()
    assert shown[0].startswith("app.echo under awslambdaric 4.2.2 (-) and surefoot ")
    assert shown[1:4] == [
        "start: same, ready, 0 log lines",
        'event 1 ({"a": 1}): same, result, 8 bytes, 1 log line',
        "event 2 ([2]): same, result, 3 bytes, 1 log line",
    ]
    assert shown[-1] == "Same: app.echo behaves the same on both."
    assert b"\033[" not in done.stdout
    assert b"run 1 of 1: app.echo under awslambdaric" in done.stderr


def test_a_difference_is_a_small_diff_and_the_exit_code_says_it(compare: Compare) -> None:
    done = compare("app.client")
    assert done.returncode == 1
    shown = done.stdout.decode()
    assert '  body: differs\n    -"awslambdaric"\n    +"surefoot"\n' in shown
    assert shown.endswith("Different: 1 difference not intended.\n")
    assert "--runs 2" in shown


def test_a_line_of_the_log_that_differs_is_shown(compare: Compare) -> None:
    done = compare("app.chatty")
    assert done.returncode == 1
    assert "  log: differs\n    -True\n    +False\n" in done.stdout.decode()


def test_a_document_is_shown_line_by_line(compare: Compare) -> None:
    done = compare("app.order")
    assert done.returncode == 1
    assert '     {\n    -  "a": 1,\n' in done.stdout.decode()


def test_intended_differences_are_explained_and_have_an_exit_code_of_their_own(
    compare: Compare,
) -> None:
    done = compare("app.fails")
    assert done.returncode == 3
    shown = done.stdout.decode()
    assert "+Function.ValueError" in shown
    assert "+Caused by KeyError: 'missing'" in shown
    assert "  exception-chain: Causes, contexts, notes and group members explain" in shown
    assert shown.endswith("surefoot makes every one of these differences on purpose.\n")
    assert names(record(compare("app.fails", "--json"))) == {"error-type-header", "exception-chain"}


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("app.generates", {"streaming"}),
        ("app.awaits", {"async-handlers"}),
        ("app.large", {"refused-answers", "own-words"}),
        ("app.not_json", {"no-nan"}),
        ("app.umlauts", {"utf8-in-images"}),
        ("app.surrogate", {"lone-surrogates"}),
        ("broken.handler", {"import-error-trace", "init-error-headers", "update-warning"}),
    ],
)
def test_each_intended_difference_is_recognized(
    compare: Compare, handler: str, expected: set[str]
) -> None:
    done = compare(handler, "--json", "--env", "PYTHONTRACEMALLOC=0")
    assert done.returncode == 3, done.stdout.decode()
    assert names(record(done)) == expected


def test_after_a_death_the_next_event_gets_a_new_process(compare: Compare) -> None:
    found = record(compare("app.exits", "--json", "--event", "1", "--event", "0"))
    assert found["exit_code"] == 3
    assert names(found) == {"exit-in-handler"}
    died, well = found["events"]
    assert died["awslambdaric"]["outcome"] == "exited with status 1"
    assert died["surefoot"]["error message"] == "bye"
    assert well["awslambdaric"] == well["surefoot"]
    assert well["surefoot"]["body"] == '"well"'


def test_a_process_that_ends_itself_ends_alike_under_both(compare: Compare) -> None:
    found = record(compare("app.dies", "--json"))
    assert found["exit_code"] == 0
    assert found["events"][0]["surefoot"]["outcome"] == "exited with status 3"


def test_a_time_out_kills_both_and_shows_where_the_function_hung(compare: Compare) -> None:
    found = record(compare("app.hangs", "--json", "--timeout", "1"))
    assert names(found) >= {"deadline-guard"}
    assert facts(found) == ["log"]
    assert found["events"][0]["awslambdaric"]["outcome"] == "timed out after 1 s"


def test_what_varies_by_itself_is_no_difference(compare: Compare) -> None:
    found = record(compare("app.varies", "--json", runs=2))
    assert found["exit_code"] == 0
    assert [each["fact"] for each in found["varying"]] == ["body", "log"]
    done = compare("app.varies_and_differs", runs=2)
    assert done.returncode == 1
    assert "     $.id = <varies>" in done.stdout.decode()
    assert '-$.client = "awslambdaric"' in done.stdout.decode()


def test_timings_are_given_for_both(compare: Compare) -> None:
    found = record(compare("app.echo", "--json", "--warm", "3"))
    assert set(found["milliseconds"]) == {"start wall", "start CPU", "warm wall", "warm CPU"}
    assert all(value > 0 for both in found["milliseconds"].values() for value in both.values())
    assert b"start \xe2\x86\x92 first answer" in compare("app.echo").stdout


def test_variables_come_from_a_file_and_from_words(compare: Compare, tmp_path: Path) -> None:
    file = tmp_path / "variables"
    file.write_text("# of the function\nA=from the file\n\nB='2'\nSUREFOOT_CLIENT=awslambdaric\n")
    done = compare("app.variables", "--json", "--env-file", str(file), "--env", "A=from a word")
    variables = dict(json.loads(record(done)["events"][0]["surefoot"]["body"]))
    assert (variables["A"], variables["B"]) == ("from a word", "'2'")
    assert variables["SUREFOOT_CLIENT"] == "surefoot"
    assert not [name for name in variables if name.startswith("AWS_ACCESS")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["app.echo", "--task", "no/such"], "there is no directory no/such"),
        (["app.echo", "--event", "{"], "is not JSON"),
        (["app.echo", "--env", "_HANDLER=x"], "_HANDLER is reserved"),
        (["app.echo", "--env-file", "no-such"], "cannot read the variables of no-such"),
        (["app.echo", "--runs", "0"], "0 is less than 1"),
        ([], "arguments are required: HANDLER"),
    ],
)
def test_wrong_usage_runs_nothing(words: list[str], said: str) -> None:
    done = rie("compare", *words)
    assert done.returncode == 2
    assert done.stdout == b""
    assert said in done.stderr.decode()


def test_without_awslambdaric_the_remedy_installs_it(compare: Compare, tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    bare.chmod(0o755)
    done = compare("app.echo", "--python", str(bare))
    assert done.returncode == 4
    assert f"{bare} -m pip install awslambdaric" in done.stderr.decode()


def test_an_interpreter_that_is_none_is_named(compare: Compare) -> None:
    done = compare("app.echo", "--python", "no-such-python")
    assert done.returncode == 4
    assert b"there is no interpreter no-such-python" in done.stderr


def test_records_that_share_a_line_are_an_intended_difference(compare: Compare) -> None:
    done = compare("app.logs_exceptions", "--json")
    assert (done.returncode, names(record(done))) == (3, {"record-line-ends"})


def test_json_records_with_nan_are_an_intended_difference(compare: Compare) -> None:
    done = compare("app.logs_nan", "--json", "--env", "AWS_LAMBDA_LOG_FORMAT=JSON")
    assert (done.returncode, names(record(done))) == (3, {"no-nan-in-logs"})


def difference(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    sides = [(each["awslambdaric"], each["surefoot"]) for each in found["differences"]]
    return [
        (each["place"], each["fact"], *both)
        for each, both in zip(found["differences"], sides, strict=True)
    ]


def test_connections_are_compared_by_address(compare: Compare) -> None:
    address = ("127.0.0.1", 0)
    with socket.create_server(address) as one, socket.create_server(address) as other:
        ports = [server.getsockname()[1] for server in (one, other)]
        done = compare("app.connects_on_one", "--json", "--event", json.dumps(ports))
        same = compare("app.connects", "--event", json.dumps(ports))
    both = [f"127.0.0.1:{port}" for port in ports]
    found = difference(record(done))
    assert found == [("whole run", "connections", "\n".join(sorted(both)), both[0])]
    assert done.returncode == 1
    assert same.returncode == 0, same.stdout.decode()


@pytest.mark.parametrize(
    "kind", ["udp", "connect_ex", "unix", "asyncio", "thread", "fork", "connects_in_c"]
)
def test_connections_are_seen_however_they_are_made(compare: Compare, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if kind == "connects_in_c":
            done = compare("app.connects_in_c", "--json", "--event", str(port))
        else:
            done = compare("app.sends", "--json", "--event", json.dumps([kind, port]))
    host = "/nowhere" if kind == "unix" else "127.0.0.1"
    [(place, fact, theirs, ours)] = difference(record(done))
    assert (place, fact) == ("whole run", "connections")
    assert sorted([theirs, ours]) == ["(none)", f"{host}:{port}"]


def test_names_that_are_looked_up_are_compared(compare: Compare) -> None:
    found = difference(record(compare("app.looks_up", "--json")))
    assert found == [("whole run", "connections", "(none)", "localhost")]


@pytest.mark.parametrize("kind", ["chmod", "utime", "rename", "sqlite", "unlink"])
def test_changes_of_files_are_compared_however_they_are_made(compare: Compare, kind: str) -> None:
    found = difference(record(compare("app.changes", "--json", "--event", json.dumps(kind))))
    [(place, fact, theirs, ours)] = found
    assert (place, fact) == ("whole run", "files written")
    folder = f"{tempfile.gettempdir()}/tmp…"
    more = {
        "chmod": f"{folder}/file (changed)",
        "utime": f"{folder}/file (changed)",
        "rename": f"{folder}/file -> {folder}/file-new",
        "sqlite": f"{folder}/db",
        "unlink": f"{folder}/file (removed)",
    }
    assert theirs == f"{folder}\n{folder}/file"
    assert set(ours.splitlines()) - set(theirs.splitlines()) == {more[kind]}


def test_files_that_are_written_are_compared_whatever_temporary_names_are_drawn(
    compare: Compare, tmp_path: Path
) -> None:
    path = str(tmp_path / "made")
    done = compare("app.writes", "--event", json.dumps(path))
    assert done.returncode == 1
    shown = done.stdout.decode()
    assert "whole run:\n  files written: differs\n" in shown
    assert f"\n    +{path}\n    +{path} (removed)\n     {tempfile.gettempdir()}/tmp…\n" in shown


def test_names_that_tempfile_draws_are_no_difference(compare: Compare) -> None:
    done = compare("app.draws_names")
    assert done.returncode == 0, done.stdout.decode()


def test_programs_that_are_started_are_compared(compare: Compare) -> None:
    found = difference(record(compare("app.starts", "--json")))
    assert found == [
        ("whole run", "programs started", "exit 0 # as a tracer does", "exit 0"),
    ]


def test_programs_are_compared_by_their_command_lines(compare: Compare) -> None:
    found = difference(record(compare("app.starts_with", "--json")))
    assert found == [("whole run", "programs started", "true --same theirs", "true --same ours")]


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        ("functools.partial(wrap, client.handle_event_request)", "handle_event_request"),
        ("Wrapper(client.handle_event_request)", "handle_event_request"),
        ("Wrapper(client.handle_event_request).call", "handle_event_request"),
        ("type('LambdaRuntimeClient', (client.LambdaRuntimeClient,), {})", "LambdaRuntimeClient"),
        ("staticmethod(wrap)", "LambdaRuntimeClient.post_init_error"),
        ("wrap", "LambdaContext.log"),
    ],
)
def test_a_name_is_patched_whatever_takes_its_place(
    compare: Compare, tmp_path: Path, patch: str, name: str
) -> None:
    source = f"""
import functools, sys

class Wrapper:
    def __init__(self, function): self.function = function
    def __call__(self, *args, **kwargs): return self.function(*args, **kwargs)
    def call(self, *args, **kwargs): return self.function(*args, **kwargs)

def wrap(*args, **kwargs): return None

def handler(event, context):
    if "awslambdaric" in sys.modules:
        from awslambdaric.lambda_context import LambdaContext
        client = sys.modules["awslambdaric.bootstrap"]
        client.LambdaContext = LambdaContext
        *path, last = {name!r}.split(".")
        setattr(getattr(client, path[0]) if path else client, last, {patch})
    return 1
"""
    (tmp_path / "task" / "patched.py").write_text(source)
    found = difference(record(compare("patched.handler", "--json")))
    assert found == [("whole run", "patched names", name, "(none)")]


def test_patched_names_of_awss_client_are_compared(compare: Compare, tmp_path: Path) -> None:
    (tmp_path / "task" / "patched.py").write_text(PATCHES + FUNCTION)
    found = difference(record(compare("patched.echo", "--json")))
    assert [each for each in found if each[0] != "start"] == []
    (tmp_path / "task" / "patched.py").write_text(PATCHES + PATCHES_ONE_MORE + FUNCTION)
    found = difference(record(compare("patched.echo", "--json")))
    names = (
        "LambdaRuntimeClient.post_init_error\nLambdaRuntimeClient.wait_next_invocation\n"
        "handle_event_request"
    )
    ours = "LambdaRuntimeClient.post_init_error\nhandle_event_request"
    assert [each for each in found if each[0] != "start"] == [
        ("whole run", "patched names", names, ours)
    ]


def test_the_observer_leaves_no_trace_and_hides_no_sitecustomize(
    compare: Compare, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import builtins\nbuiltins.customized = True\n")
    source = """
        import json, os, sys
        path = os.environ["SEEN"]
        def handler(event, context):
            with open(path, "a") as file:
                print(json.dumps([customized, os.environ["PYTHONPATH"], sys.path.count(SITE),
                    [name for name in os.environ if name.startswith("SUREFOOT_OBS")],
                    [place for place in sys.path if place.endswith("compare/observer")],
                ]), file=file)
        """
    source = textwrap.dedent(source).replace("SITE", repr(str(site)))
    (tmp_path / "task" / "looks.py").write_text(source)
    seen = tmp_path / "seen"
    words = ["--env", f"PYTHONPATH={site}", "--env", f"SEEN={seen}"]
    done = compare("looks.handler", *words)
    assert done.returncode == 0, done.stdout.decode()
    lines = [json.loads(line) for line in seen.read_text().splitlines()]
    assert lines == [[True, str(site), 1, [], []]] * 4

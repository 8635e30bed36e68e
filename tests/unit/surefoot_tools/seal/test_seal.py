"""Sealing: what a start touches is recorded, in order; an init that fails says so."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import pytest

from surefoot._runtime.readahead import PIECE
from surefoot_tools.console import UserError
from surefoot_tools.seal import command
from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.readahead.child import (
    LISTED,
    LOOKED_UP,
    MAPPED,
    OPENED,
    Recorder,
    mappings,
)
from surefoot_tools.seal.readahead.init_trace import InitFailed, trace_init
from surefoot_tools.seal.readahead.manifest import (
    _without_nondeterminism,
    build_manifest,
    missing_paths,
    write_manifest,
)

# Files of the interpreter: wherever the repository lies, even in /tmp, which is never recorded.
LIBRARY = Path(json.__file__).parent.parent
DATA = LIBRARY / "this.py"
PATIENCE = 60.0


def record_of(trace: list[str]) -> list[str]:
    return build_manifest(trace, outside_image=("/proc/",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("small", "a/small", "a/b/c/small"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "large").write_bytes(bytes(2 * PIECE + 1))
    (tmp_path / "empty").write_bytes(b"")
    return tmp_path


class TestFootprint:
    def test_files_stand_in_the_order_of_their_first_touch(self, tree: Path) -> None:
        trace = [f"{OPENED}{tree}/{name}" for name in ("small", "a/small", "small")]
        assert record_of(trace) == [f"{tree}/small", f"{tree}/a/small"]

    def test_of_an_opened_file_all_is_read(self, tree: Path) -> None:
        assert record_of([f"{OPENED}{tree}/large"]) == [f"{tree}/large\t0 1 2"]

    def test_of_a_mapped_file_just_what_was_in_memory(self, tree: Path) -> None:
        trace = [f"{OPENED}{tree}/large", f"{MAPPED}{tree}/large\t2 0", f"{MAPPED}{tree}/small\t0"]
        assert record_of(trace) == [f"{tree}/large\t0 2", f"{tree}/small"]

    def test_pieces_beyond_the_end_are_left_out(self, tree: Path) -> None:
        assert record_of([f"{MAPPED}{tree}/large\t1 7"]) == [f"{tree}/large\t1"]

    @pytest.mark.parametrize("name", ["gone", "empty", "a", "a/b"])
    def test_what_has_nothing_to_read_is_left_out(self, tree: Path, name: str) -> None:
        assert record_of([f"{OPENED}{tree}/{name}"]) == []

    def test_what_is_not_of_the_image_is_left_out(self) -> None:
        assert (
            build_manifest([f"{OPENED}/proc/self/status", f"{LISTED}/sys", f"{LISTED}/proc/1"])
            == []
        )

    def test_a_listed_folder_is_recorded(self, tree: Path) -> None:
        assert record_of([f"{LISTED}{tree}/a/b"]) == [f"{tree}/a/b/"]

    def test_of_what_was_looked_up_its_folder(self, tree: Path) -> None:
        assert record_of([f"{LOOKED_UP}{tree}/a/b/nothing"]) == [f"{tree}/a/b/"]

    def test_a_folder_on_the_way_to_another_is_left_out(self, tree: Path) -> None:
        trace = [f"{LISTED}{tree}", f"{LISTED}{tree}/a", f"{LISTED}{tree}/a/b"]
        assert record_of(trace) == [f"{tree}/a/b/"]

    def test_a_folder_on_the_way_to_a_file_is_left_out(self, tree: Path) -> None:
        trace = [f"{LISTED}{tree}/a/b", f"{LISTED}{tree}/a", f"{OPENED}{tree}/a/b/c/small"]
        assert record_of(trace) == [f"{tree}/a/b/c/small"]

    def test_a_folder_that_is_gone_is_left_out(self, tree: Path) -> None:
        assert record_of([f"{LISTED}{tree}/gone", f"{LOOKED_UP}{tree}/gone/too/it"]) == []

    def test_a_record_is_out_of_date_when_something_is_gone(self, tree: Path) -> None:
        record = record_of([f"{OPENED}{tree}/large", f"{LISTED}{tree}/a/b"])
        assert missing_paths(record) == []
        (tree / "large").unlink()
        assert missing_paths(record) == [f"{tree}/large"]


class TestRecorder:
    def heard(self, *events: tuple[str, tuple[object, ...]]) -> list[str]:
        reader, writer = os.pipe()
        recorder = Recorder(writer)
        for event, arguments in events:
            recorder.on_audit_event(event, arguments)
        os.close(writer)
        with os.fdopen(reader) as trace:
            return trace.read().splitlines()

    def test_each_thing_is_noted_once(self) -> None:
        event = ("open", ("/a", "r", os.O_RDONLY))
        assert self.heard(event, event) == [f"{OPENED}/a"]

    @pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_CREAT])
    def test_what_is_written_is_not_noted(self, flags: int) -> None:
        assert self.heard(("open", ("/a", "w", flags))) == []

    def test_relative_and_binary_paths_are_noted_in_full(self) -> None:
        events = ("open", (b"b/a", "r", 0)), ("os.listdir", (None,)), ("os.scandir", ("s",))
        here = Path.cwd()
        wanted = [f"{OPENED}{here}/b/a", f"{LISTED}{here}/.", f"{LISTED}{here}/s"]
        assert self.heard(*events) == wanted

    @pytest.mark.parametrize("path", [3, "two\nlines", "a\ttab", None])
    def test_what_no_line_can_name_is_passed_over(self, path: object) -> None:
        assert self.heard(("open", (path, "r", 0))) == []

    def test_connections_of_the_function_do_not_end_the_record(self) -> None:
        events = ("socket.connect", (None, ("127.0.0.1", 9001))), ("open", ("/a", "r", 0))
        assert self.heard(*events) == [f"{OPENED}/a"]


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seal(task: Path, source: str) -> list[str]:
    (task / "app.py").write_text(source)
    # Where the tests are measured, coverage would be recorded as the function's.
    environ = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    environ["LAMBDA_TASK_ROOT"] = str(task)
    return trace_init("app.handler", environ, PATIENCE)


HANDLER = "def handler(event, context): raise SystemError('sealing invokes nothing')\n"


class TestRecording:
    def test_modules_files_folders_and_shared_objects_are_recorded(self, task: Path) -> None:
        lines = seal(
            task,
            f"import os, json.tool, _ctypes\nopen({str(DATA)!r}).read()\n"
            f"os.listdir({str(LIBRARY / 'wsgiref')!r})\n"
            f"os.path.exists({str(LIBRARY / 'xmlrpc' / 'nothing')!r})\n{HANDLER}",
        )
        paths = [line.partition("\t")[0] for line in lines]
        assert str(DATA) in paths
        assert f"{LIBRARY}/wsgiref/" in paths
        assert f"{LIBRARY}/xmlrpc/" in paths
        names = [Path(path).name for path in paths]
        assert any(name.startswith("_ctypes.") for name in names)
        assert any(name.startswith("tool.") for name in names)
        assert not any("/surefoot_tools/" in path for path in paths)

    def test_it_is_the_same_each_time(self, task: Path) -> None:
        source = f"import json, decimal, uuid\n{HANDLER}"
        first, again = (_without_nondeterminism("\n".join(seal(task, source))) for _ in range(2))
        assert again == first
        assert any("decimal" in line for line in first)

    def test_the_function_finds_what_lambda_sets(self, task: Path) -> None:
        seal(
            task,
            "import os\n"
            "for name in ('AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_LAMBDA_FUNCTION_NAME'):\n"
            f"    os.environ[name]\nassert os.environ['_HANDLER'] == 'app.handler'\n{HANDLER}",
        )

    def test_it_leaves_no_bytecode_behind(self, task: Path) -> None:
        (task / "other.py").write_text("")
        seal(task, f"import other\n{HANDLER}")
        assert not list(task.rglob("*.pyc"))

    def test_an_init_that_raises_keeps_what_it_touched(self, task: Path) -> None:
        with pytest.raises(InitFailed, match="reported above") as failed:
            seal(task, f"open({str(DATA)!r}).read()\n1 / 0\n")
        assert str(DATA) in [line.partition("\t")[0] for line in failed.value.lines]

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("import os; os._exit(7)", "exit code 7"),
            ("import os; os.kill(os.getpid(), 9)", "signal 9"),
            ("raise SystemExit(3)", "reported above"),
            ("", "reported above"),  # no handler in it
        ],
    )
    def test_an_init_that_ends_badly_says_how(self, task: Path, source: str, reason: str) -> None:
        with pytest.raises(InitFailed, match=reason):
            seal(task, source)

    def test_an_init_that_does_not_end_is_ended(self, task: Path) -> None:
        (task / "app.py").write_text("import signal; signal.pause()")
        with pytest.raises(InitFailed, match=r"longer than 0\.5 s"):
            trace_init("app.handler", os.environ, 0.5)


class TestReadAhead:
    def record(self, task: Path, source: str, *, allow_failure: bool = False) -> Path:
        (task / "app.py").write_text(source)
        record = task / "record"
        command.record_start("app.handler", str(record), PATIENCE, allow_failure)
        return record

    def test_it_writes_a_record_that_everybody_may_read(
        self, task: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = os.umask(0o077)
        try:
            record = self.record(task, f"import json\n{HANDLER}")
        finally:
            os.umask(before)
        assert record.stat().st_mode & 0o777 == 0o644
        assert record.read_bytes().endswith(b"\n")
        assert "files and" in capsys.readouterr().out

    def test_the_same_record_is_not_written_again(self, task: Path) -> None:
        record = self.record(task, HANDLER)
        before = record.stat()
        self.record(task, HANDLER)
        after = record.stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    @pytest.mark.parametrize(
        "source",
        [
            "import os; os.environ['TABLE']",
            "import socket; socket.create_connection(('127.0.0.1', 1))",
            "1 / 0",
            "import os; os._exit(1)",
        ],
    )
    def test_a_failing_init_is_a_warning_and_leaves_no_record(
        self, task: Path, source: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (task / "record").write_text("of an earlier build\n")
        assert not self.record(task, source).exists()
        said = capsys.readouterr().err
        assert "warning: app.handler: its init" in said
        assert "--env NAME=VALUE" in said
        assert "--strict" in said

    @pytest.mark.parametrize("allow_failure", [False, True])
    def test_a_failing_init_fails_a_strict_build(self, task: Path, allow_failure: bool) -> None:
        (task / "record").write_text("of an earlier build\n")
        (task / "app.py").write_text("1 / 0")
        record = str(task / "record")
        with pytest.raises(UserError, match=r"app\.handler: its init failed") as failed:
            command.record_start("app.handler", record, PATIENCE, allow_failure, strict=True)
        assert failed.value.exit_code == 1
        assert "--env" in failed.value.remedy
        assert not (task / "record").exists()

    def test_init_gets_the_variables_that_the_build_names(self, task: Path) -> None:
        (task / "app.py").write_text(f"import os; assert os.environ['TABLE'] == 'a=b'\n{HANDLER}")
        variables = {**os.environ, **command._parse_variables(["TABLE=a=b"])}
        record = task / "record"
        command.record_start("app.handler", str(record), PATIENCE, environ=variables, strict=True)
        assert record.exists()

    @pytest.mark.parametrize(
        ("word", "reason"),
        [("TOKEN", "--env TOKEN has no value"), ("=secret", "--env has no name")],
    )
    def test_a_variable_without_a_name_or_value_is_refused(self, word: str, reason: str) -> None:
        with pytest.raises(UserError, match=reason) as refused:
            command._parse_variables([word])
        assert refused.value.exit_code == 2
        assert "secret" not in refused.value.reason

    def test_a_failing_init_may_be_allowed(self, task: Path) -> None:
        record = self.record(task, "import decimal; 1 / 0", allow_failure=True)
        assert b"decimal" in record.read_bytes()


def test_outside_an_image_nothing_is_touched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LAMBDA_TASK_ROOT", raising=False)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.execute(parser.parse_args(["app.handler"])) == 1
    said = capsys.readouterr().err
    assert "LAMBDA_TASK_ROOT is not set" in said
    assert "surefoot doctor DIR" in said


def test_what_the_kernel_mapped_by_chance_makes_no_other_record(tmp_path: Path) -> None:
    interpreters_own = mappings()[0][0]
    record = tmp_path / "record"
    first = "/lib/a.so\t1 2\n/data\t0 1\n"
    write_manifest(first.splitlines(), str(record))
    write_manifest(["/lib/a.so\t1 2 3", "/data\t0 1", f"{interpreters_own}\t31"], str(record))
    assert record.read_text() == first


@pytest.mark.parametrize("line", ["/data\t0 1 2", "/lib/b.so", "/more"])
def test_what_init_touched_besides_makes_another_record(tmp_path: Path, line: str) -> None:
    record = tmp_path / "record"
    write_manifest(["/lib/a.so\t1 2"], str(record))
    write_manifest(["/lib/a.so\t1 2", line], str(record))
    assert record.read_text() == f"/lib/a.so\t1 2\n{line}\n"


CALLS = """
def handler(event, context):
    import wsgiref.headers
    assert context.get_remaining_time_in_millis() > 1000
    import socket
    try:
        socket.create_connection((event["host"], 80), timeout=5)
    except ConnectionRefusedError as error:
        return {"refused": "without a network" in str(error), "id": context.aws_request_id}
"""


class TestSampleEvent:
    def facts_of(self, task: Path, source: str, event: str) -> InitFacts:
        (task / "app.py").write_text(source)
        facts = InitFacts()
        environ = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
        trace_init("app.handler", environ, PATIENCE, facts=facts, event=event)
        return facts

    @pytest.mark.parametrize("host", ["127.0.0.1", "example.invalid"])
    def test_what_the_call_loads_is_sealed_and_nothing_leaves_the_build(
        self, task: Path, host: str
    ) -> None:
        facts = self.facts_of(task, CALLS, json.dumps({"host": host}))
        answer = json.loads(bytes.fromhex(facts.answer))
        assert answer["refused"] is True
        assert "wsgiref.headers" in facts.modules

    def test_without_an_event_nothing_is_called(self, task: Path) -> None:
        facts = self.facts_of(task, CALLS, "")
        assert facts.answer == ""
        assert "wsgiref.headers" not in facts.modules
        assert facts.modules["app"] == str(task / "app.py")

    def test_a_call_that_fails_is_reported_and_what_it_loaded_is_kept(
        self, task: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (task / "app.py").write_text("def handler(e, c):\n    import wsgiref.util\n    1 / 0\n")
        command.record_start("app.handler", str(task / "record"), PATIENCE, event="{}")
        assert "ended with ZeroDivisionError" in capsys.readouterr().err
        assert b"wsgiref.util" in (task / "record.init").read_bytes()

    def test_an_event_that_is_not_json_is_refused(self, task: Path) -> None:
        (task / "event.json").write_text("{")
        with pytest.raises(UserError, match="is not JSON"):
            command.read_event(str(task / "event.json"))
        (task / "event.json").write_text("[1]")
        assert command.read_event(str(task / "event.json")) == "[1]"

from __future__ import annotations

import compileall
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.surefoot_tools.profile.conftest import Profile


def test_the_stages_follow_each_other_from_spawn_to_answer(profile: Profile) -> None:
    found = profile("app.handler", "--json").profile
    stages = found["stages"]
    assert [stage["name"] for stage in stages] == ["interpreter", "runtime", "handler", "call"]
    assert stages[0]["begin_ms"] == 0
    for before, after in itertools.pairwise(stages):
        assert before["begin_ms"] < before["end_ms"] == after["begin_ms"]
    assert stages[-1]["end_ms"] == pytest.approx(found["total_ms"], abs=0.01)
    assert stages[-1]["begin_ms"] < found["first_byte_ms"] <= found["total_ms"] + 0.01


@pytest.mark.usefixtures("unmeasured")
def test_every_import_has_its_place_times_chain_and_bytecode(profile: Profile) -> None:
    imports = profile("app.handler", "--json").imports()
    app, heavy, decimal = (imports[name] for name in ("app", "heavy", "decimal"))
    assert (app["stage"], app["area"], app["bytecode"]) == ("handler", "function", "missing")
    assert heavy["chain"] == ["app (app.py:2)"]
    assert decimal["chain"] == ["heavy (heavy.py:601)", "app (app.py:2)"]
    assert (decimal["area"], decimal["stage"]) == ("interpreter", "handler")
    assert imports["html"]["stage"] == "call"
    assert imports["surefoot._runtime.loop"]["stage"] == "runtime"
    assert imports["encodings"]["stage"] == "interpreter"
    assert not any(name.startswith("surefoot_tools.profile") for name in imports)


def test_imports_lie_within_their_parents(profile: Profile) -> None:
    rows: list[Any] = profile("app.handler", "--json").profile["imports"]
    for row in rows:
        assert row["self_ms"] <= row["cumulative_ms"]
        if row["parent"] is not None:
            parent = rows[row["parent"]]
            assert row["depth"] == parent["depth"] + 1
            assert parent["begin_ms"] <= row["begin_ms"] + 0.01
            ends = [each["begin_ms"] + each["cumulative_ms"] for each in (row, parent)]
            assert ends[0] <= ends[1] + 0.01


def test_modules_that_are_compiled_and_imports_that_are_not_used_are_pointed_at(
    profile: Profile,
) -> None:
    done = profile("app.handler", "--json")
    (compiled,) = done.advice("SP101", "of the function")
    assert sorted(compiled["modules"]) == ["app", "heavy", "idle"]
    assert compiled["saving_ms"] > 0
    assert "RUN surefoot seal" in compiled["remedy"]
    (unused,) = done.advice("SP201")
    assert "idle, imported at app.py:3, was used neither" in unused["message"]
    assert {"idle", "fractions"} <= set(unused["modules"])
    assert "decimal" not in unused["modules"]  # heavy needs it, too


def test_with_bytecode_nothing_is_compiled(profile: Profile, task: Path) -> None:
    compileall.compile_dir(task, quiet=2)
    done = profile("app.handler", "--json")
    assert done.imports()["heavy"]["bytecode"] == "used"
    assert done.advice("SP101", "of the function") == []


def test_bytecode_of_an_older_source_is_stale(profile: Profile, task: Path) -> None:
    compileall.compile_dir(task, quiet=2)
    (task / "heavy.py").write_text((task / "heavy.py").read_text() + "\nchanged = True\n")
    done = profile("app.handler", "--json")
    assert [each["modules"] for each in done.advice("SP102")] == [["heavy"]]


def test_no_bytecode_is_written(profile: Profile, task: Path) -> None:
    before = sorted(path.name for path in task.iterdir())
    assert profile("app.handler").code == 0
    assert sorted(path.name for path in task.iterdir()) == before


@pytest.mark.usefixtures("unmeasured")
def test_files_and_bytes_are_told(profile: Profile, task: Path) -> None:
    found = profile("app.handler", "--json").profile
    files = {file["path"]: file for file in found["files"]}
    heavy = task / "heavy.py"
    assert files[str(heavy)]["bytes"] == heavy.stat().st_size
    assert (files[str(heavy)]["how"], files[str(heavy)]["stage"]) == ("read", "init")
    assert any(file["how"] == "mapped" for file in found["files"])
    init, call = found["reads"]
    assert (init["stage"], call["stage"]) == ("init", "call")
    assert init["bytes"] > heavy.stat().st_size
    assert init["files"] > call["files"] >= 1  # html is imported in the call


def test_the_result_alone_is_on_stdout_and_the_functions_output_is_marked(
    profile: Profile,
) -> None:
    done = profile("app.handler")
    assert done.code == 0
    assert done.stdout.startswith("Cold start of app.handler: ")
    assert "app is imported" not in done.stdout
    assert done.stderr.count("surefoot profile: function stdout | app is imported\n") == 1
    assert "import time:" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("source", ["file", "stdin", "inline"])
def test_the_event_comes_from_a_file_stdin_or_the_command(
    profile: Profile, task: Path, source: str
) -> None:
    (task / "event.json").write_text('{"a": 1}')
    word = {"file": "event.json", "stdin": "-", "inline": '{"a": 1}'}[source]
    assert profile("app.handler", "--event", word, stdin='{"a": 1}').code == 0


@pytest.mark.parametrize("event", ["{", "no-such.json"])
def test_what_is_no_event_is_refused_before_anything_runs(profile: Profile, event: str) -> None:
    done = profile("app.handler", "--event", event)
    assert (done.code, done.stdout) == (2, "")
    assert "is not JSON" in done.stderr
    assert "remedy: " in done.stderr
    assert "run 1" not in done.stderr


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        ("broken.handler", "init failed: ValueError: not today"),
        ("app.missing", "init failed: Runtime.HandlerNotFound: Handler 'missing' missing on"),
        ("nowhere.handler", "init failed: Runtime.ImportModuleError: "),
        ("app.dies", "the invocation failed: ProcessEnded: the process ended (exit status 3)"),
    ],
)
def test_without_an_answer_there_is_an_error_and_no_profile(
    profile: Profile, handler: str, said: str
) -> None:
    done = profile(handler)
    assert (done.code, done.stdout) == (1, "")
    assert f"error: {said}" in done.stderr
    assert "remedy: " in done.stderr


@pytest.mark.parametrize(
    ("handler", "said"), [("app.fails", "no such thing"), ("app.breaks", "in the middle")]
)
def test_an_invocation_that_fails_is_profiled_and_reported(
    profile: Profile, handler: str, said: str
) -> None:
    done = profile(handler, "--json")
    assert done.code == 1
    assert f"error: the invocation failed: KeyError: '{said}'" in done.stderr
    assert done.profile["failure"]["kind"] == "KeyError"
    assert "app.py" in "".join(done.profile["failure"]["stack"])
    assert done.advice("SP201") == []  # who knows what it would have used


@pytest.mark.parametrize("handler", ["app.streams", "app.waits", "script.handler"])
def test_every_kind_of_handler_is_profiled(profile: Profile, handler: str) -> None:
    done = profile(handler, "--json")
    assert done.code == 0, done.stderr
    found = done.profile
    assert [stage["name"] for stage in found["stages"]][-2:] == ["handler", "call"]
    assert 0 < found["first_byte_ms"] <= found["total_ms"] + 0.01


def test_the_stderr_of_a_shell_handler_is_shown(profile: Profile) -> None:
    done = profile("script.handler", "--event", '"x"')
    assert "surefoot profile: function stderr | sourced\n" in done.stderr
    assert 'surefoot profile: function stderr | called with "x"\n' in done.stderr


def test_imports_of_other_python_processes_are_left_out(profile: Profile) -> None:
    done = profile("app.starts_python", "--json")
    assert "html.parser" not in done.imports()
    assert any("other Python processes" in note for note in done.profile["notes"])


def test_the_median_run_is_shown(profile: Profile) -> None:
    found = profile("app.handler", "--runs", "3", "--json").profile
    assert found["runs"] == len(found["totals_ms"]) == 3
    assert found["total_ms"] == sorted(found["totals_ms"])[1]


def test_a_function_that_never_answers_is_ended(profile: Profile) -> None:
    done = profile("app.never_ends", "--timeout", "0.5")
    assert (done.code, done.stdout) == (1, "")
    assert "NoAnswer: no answer within 0.5 s. A longer time is given by --timeout" in done.stderr


def test_page_and_json_are_written_to_files(profile: Profile, task: Path) -> None:
    done = profile("app.handler", "--html", "page.html", "--json", "profile.json")
    assert done.code == 0
    assert done.stdout.startswith("Cold start of")
    assert json.loads((task / "profile.json").read_text())["handler"] == "app.handler"
    assert "<!DOCTYPE html>" in (task / "page.html").read_text()


def test_a_place_that_cannot_be_written_is_named(profile: Profile) -> None:
    done = profile("app.handler", "--html", "no/such/page.html")
    assert done.code == 1
    assert "cannot write no/such/page.html: No such file or directory" in done.stderr


def test_a_task_root_that_is_not_there_is_named(profile: Profile) -> None:
    done = profile("app.handler", LAMBDA_TASK_ROOT="/no/such/root")
    assert done.code == 1
    assert "the runtime cannot be started in /no/such/root" in done.stderr


def test_with_and_without_its_seal_a_function_is_compared(profile: Profile) -> None:
    done = profile("app.handler", "--runs", "1", "--compare")
    assert done.code == 0
    table = done.stdout.partition("Compared")[2]
    assert "not sealed" in table
    assert "modules loaded" in table

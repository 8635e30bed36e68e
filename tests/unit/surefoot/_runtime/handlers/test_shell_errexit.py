"""A command that fails in a shell function fails the invocation, and the report names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot._runtime.handlers.shell import ShellFunction
from surefoot.errors import Fault
from tests.unit.shells import call, shell

HELPERS = """
inner() {
  false
}
fetch() { printf x; return 7; }
"""
# The body begins in line 9.
FAILING = {
    "false-deploy --output /tmp/cdk.out": "127: `false-deploy --output /tmp/cdk.out` failed in "
    "handler, function.sh line 9",
    "inner": "1: `false` failed in inner, function.sh line 3",
    "x=$(inner)": "1: `false` failed in inner, function.sh line 3",
    'x="<$(inner; echo on)>"': "1: `false` failed in inner, function.sh line 3",
    "local x; x=$(fetch)": "7: `return 7` failed in handler, function.sh line 9",
    "false | cat": "1: `false | cat` failed in handler, function.sh line 9 "
    "(the exit statuses of the pipeline are 1 0)",
    "inner | cat": "1: `false` failed in inner, function.sh line 3",
    "(\nexit 4\n)": "4: `( exit 4 )` failed in handler, function.sh line 11",
    "(\nfalse\n)": "1: `false` failed in handler, function.sh line 10",
    "echo $nope": "1: `echo $nope` failed in handler, function.sh line 9",
    "exit 3": "3: `exit 3` failed in handler, function.sh line 9",
    "return 3": "3: `return 3` failed in handler, function.sh line 9",
    "i=0; ((i++)); echo $i": "1: `((i++))` failed in handler, function.sh line 9",
    "echo a | grep b": "1: `echo a | grep b` failed in handler, function.sh line 9 "
    "(the exit statuses of the pipeline are 0 1)",
    "grep -q b <<<a": "1: `grep -q b <<< a` failed in handler, function.sh line 9",
    "[[ a == b ]]": "1: `[[ a == b ]]` failed in handler, function.sh line 9",
    "false & wait $!": "1: `wait $!` failed in handler, function.sh line 9",
    "for i in 1 2; do\nfalse\ndone": "1: `false` failed in handler, function.sh line 10",
    "trap 'echo own >&2' ERR\nfalse --x": "1: `false --x` failed in handler, function.sh line 10",
    "trap 'echo own >&2' EXIT\nfalse": "1: `false` failed in handler, function.sh line 10",
    "set -e\nlocal masked=$(false)\nfalse --x": "1: `false --x` failed in handler, "
    "function.sh line 11",
    "set +e\nfalse\nset -e\nfalse --x": "1: `false --x` failed in handler, function.sh line 12",
    "read -r line": "1: `read -r line` failed in handler, function.sh line 9",
}


@pytest.mark.parametrize("body", FAILING)
def test_a_command_that_fails_is_named(tmp_path: Path, body: str) -> None:
    with pytest.raises(Fault) as caught:
        call(shell(tmp_path, f"{body}\necho on", f"{HELPERS}\n"))
    assert caught.value.kind == "Function.ShellError"
    expected = f"handler in function.sh exited with status {FAILING[body]}; "
    assert caught.value.message.startswith(expected)


@pytest.mark.parametrize(
    "body",
    [
        "false || true",
        "if false; then :; fi",
        "! true",
        "false && true",
        "while false; do :; done",
        "local x=$(false)",
        "false &",
        "set +e; false; set -e",
        "x=$(false) || true",
        "x=$(false; echo) || true",
        "cat <(false)",
        "shopt -u inherit_errexit; x=$(false; echo)",
        "echo ${nope:-} ${nope-} >&2",
        "trap 'echo own >&2' EXIT ERR",
        "trap - ERR EXIT",
        "i=0; ((++i)); ((i += 1)); i=$((i + 1))",
        "grep -q b <<<a || [[ $? == 1 ]]",
    ],
)
def test_what_handles_its_failure_goes_on(tmp_path: Path, body: str) -> None:
    assert call(shell(tmp_path, f"{body}\necho on")) == b"on"


@pytest.mark.parametrize(
    ("top", "body"),
    [
        ("set +e", "false"),
        ("set +u", "echo $nope >&2"),
        ("set +o pipefail", "false | true"),
        ("set +eu", "false $nope"),
        ("set +e; shopt -u inherit_errexit", "x=$(false; echo)"),
    ],
)
def test_a_flag_that_the_file_turns_off_stays_off(tmp_path: Path, top: str, body: str) -> None:
    assert call(shell(tmp_path, f"{body}\necho on", top)) == b"on"


@pytest.mark.parametrize(
    ("top", "body"),
    [
        ("set +e", "echo $nope"),
        ("set +u", "false"),
        ("set +u", "false | true"),
        ("set +o pipefail", "false"),
        ("set +o pipefail", "echo $nope"),
        ("set +u", "x=$(false; echo)"),
    ],
)
def test_the_other_flags_stay_on(tmp_path: Path, top: str, body: str) -> None:
    with pytest.raises(Fault, match="exited with status 1"):
        call(shell(tmp_path, f"{body}\necho on", top))


def test_the_stack_shows_the_way_to_the_command(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        call(shell(tmp_path, "inner", HELPERS))
    file = tmp_path / "function.sh"
    assert caught.value.stack == [
        f'  File "{file}", line 8, in handler\n',
        f'  File "{file}", line 3, in inner\n    false\n',
    ]


def test_traps_of_the_file_and_of_the_function_still_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    top = "trap 'echo \"top $?\" >&2' ERR"
    with pytest.raises(Fault, match=r"`grep -q b` failed in handler, function.sh line 4"):
        call(shell(tmp_path, "trap 'echo bye >&2' EXIT\ngrep -q b", top))
    assert capsys.readouterr().err == "top 1\nbye\n"


def test_an_exit_trap_of_the_file_runs_when_bash_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(shell(tmp_path, "echo out", "trap 'echo bye >&2' EXIT")) == b"out"
    assert capsys.readouterr().err == "bye\n"


TOP = {
    "false": "1: `false` failed, function.sh line 1; ",
    "deep() { false; }; deep": "1: `false` failed in deep, function.sh line 1; ",
    "x=$(cat /nonexistent/a)": "1: `cat /nonexistent/a` failed, function.sh line 1; ",
    "echo $nope": "1: `echo $nope` failed, function.sh line 1; ",
    "trap 'echo bye >&2' EXIT; false": "1: `false` failed, function.sh line 1; ",
    "exit 5": "5, which its last command, `return` or `exit` set; ",
    "return 5": "5, which its last command, `return` or `exit` set; ",
    "if": "2",
}


@pytest.mark.parametrize("top", TOP)
def test_a_failure_at_the_top_of_the_file_is_an_init_error(tmp_path: Path, top: str) -> None:
    with pytest.raises(Fault) as caught:
        shell(tmp_path, ":", top)
    assert caught.value.kind == "Runtime.ImportModuleError"
    expected = f"Unable to source '{tmp_path}/function.sh': it ended with exit status {TOP[top]}"
    assert caught.value.message.startswith(expected)


def test_command_substitutions_end_at_a_failure_without_inherit_errexit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bash 4.2, of Amazon Linux 2, knows no such option.
    server = "surefoot._runtime.handlers.shell_process.SERVER"
    from surefoot._runtime.handlers.shell_server import SERVER

    old = SERVER.replace("shopt -s inherit_errexit", "shopt -s option-of-a-later-bash")
    assert old != SERVER
    monkeypatch.setattr(server, old)
    with pytest.raises(Fault, match=r"`false` failed in handler, function.sh line 3"):
        call(shell(tmp_path, 'x="<$(false; echo on)>"; echo "$x"'))
    assert call(shell(tmp_path, 'x=$(false; echo on) || true; echo "<$x>"')) == b"<on>"
    with pytest.raises(Fault, match=r"`false` failed, function.sh line 1"):
        shell(tmp_path, ":", 'x="<$(false; echo on)>"')


def test_the_field_report_is_a_failure(tmp_path: Path) -> None:
    script = tmp_path / "function.sh"
    script.write_text(
        "function handler () {\n"
        "  EVENT_DATA=$1\n"
        '  echo "Event: ${EVENT_DATA}" 1>&2;\n'
        "  false-deploy --output /tmp/cdk.out\n"
        '  echo "Deployed"\n'
        "}\n"
    )
    with pytest.raises(Fault, match="127: `false-deploy --output"):
        call(ShellFunction(str(script), "handler"))

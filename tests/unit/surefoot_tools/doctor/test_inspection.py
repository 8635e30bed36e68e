from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from surefoot_tools.console import UserError
from surefoot_tools.doctor import checks, inspection, internal_findings
from surefoot_tools.doctor.context import TASK, CheckContext, Image
from surefoot_tools.doctor.finding import Finding, Result
from surefoot_tools.doctor.ignores import Ignore
from surefoot_tools.doctor.image.tree import Tree, from_folder
from tests.unit.surefoot_tools.doctor.trees import plant, sound_root


def codes(result: Result) -> set[str]:
    return {judged.finding.code for judged in result.findings}


def test_a_sound_folder_and_a_sound_root_have_no_errors(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    assert not inspection.inspect_root(str(root), "app.handler").failed
    assert not inspection.inspect_folder(str(root / "var/task"), "app.handler").failed


def test_findings_have_the_severity_of_their_rule_and_the_worst_come_first(tmp_path: Path) -> None:
    plant(tmp_path, {"app.py": "", ".env": ""})
    plant(tmp_path, {"tool": ""}, 0o4755)
    result = inspection.inspect_folder(str(tmp_path))
    severities = [judged.severity for judged in result.findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert {"SF109", "SF402"} <= codes(result)
    assert result.counts["error"] == severities.count("error") > 0
    assert result.failed


def test_a_warning_alone_does_not_fail(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"tmp/data": ""})
    result = inspection.inspect_root(str(root))
    assert "SF111" in codes(result)
    assert not result.failed


def test_an_ignored_finding_keeps_its_reason_and_does_not_count(tmp_path: Path) -> None:
    plant(tmp_path, {"a/.env": "", "b/.env": ""})
    ignore = Ignore("SF402", "holds no secret", "/var/task/a/*")
    result = inspection.inspect_folder(str(tmp_path), ignores=[ignore])
    [ignored] = result.ignored
    assert (ignored.finding.path, ignored.reason) == ("/var/task/a/.env", "holds no secret")
    assert [judged.finding.path for judged in result.findings] == ["/var/task/b/.env"]


def test_the_function_s_own_file_can_ignore_too(tmp_path: Path) -> None:
    text = '{"version": 1, "ignore": {"SF402": "a template"}}'
    plant(tmp_path, {".env": "", ".surefoot-doctor.json": text})
    result = inspection.inspect_folder(str(tmp_path))
    assert [judged.reason for judged in result.ignored] == ["a template"]
    assert not result.failed


def test_a_check_that_crashes_is_an_error_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(context: CheckContext) -> Iterator[Finding]:
        yield Finding("SF108", "seen before it crashed", "")
        raise ZeroDivisionError("odd input")

    odd = ModuleType("surefoot_tools.doctor.checks.odd")
    vars(odd).update(check=crash)
    monkeypatch.setattr(inspection, "all_checks", lambda: [odd, *checks.all_checks()])
    result = inspection.inspect_folder(str(plant(tmp_path, {".env": ""})))
    assert {"SF001", "SF108", "SF402"} <= codes(result)
    [crashed] = [each.finding for each in result.findings if each.finding.code == "SF001"]
    assert "odd ended early: ZeroDivisionError: odd input (test_inspection.py:" in crashed.message
    assert result.failed


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    def refuse(path: str, size: int) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    plain = sound_root(tmp_path / "root")
    tree = Tree(from_folder(str(plain)).entries, refuse, {"/var/task/locked": "locked"})
    image = Image(entrypoint=["/lambda-entrypoint.sh"])
    context = CheckContext(tree, image, "app.handler")
    found = [each.finding for each in inspection.run_checks(context, "it").findings]
    unread = {finding.path: finding.message for finding in found if finding.code == "SF002"}
    assert unread["/var/task/locked"] == "cannot be read here: locked"
    assert "Permission denied" in unread["/lambda-entrypoint.sh"]
    assert not [finding for finding in found if finding.code == "SF001"]


def test_many_files_that_cannot_be_read_are_few_findings() -> None:
    tree = Tree({}, lambda *_: b"", {f"/x/{number}": "locked" for number in range(1000)})
    findings = list(internal_findings.unreadable_paths(tree))
    assert len(findings) == 20
    assert "and 980 more" in findings[-1].message


def test_what_installed_packages_brought_is_not_read(tmp_path: Path) -> None:
    files = [f"pkg/m{number}.py" for number in range(300)]
    plant(tmp_path, {"app.py": "x = 1\n", **dict.fromkeys(files, "import os\n")})
    plant(tmp_path, {"pkg-1.dist-info/RECORD": "".join(f"{name},,\n" for name in files)})
    plain = from_folder(str(tmp_path), TASK)
    reads: list[str] = []

    def read(path: str, size: int) -> bytes:
        reads.append(path)
        return plain.read(path, size)

    context = CheckContext(Tree(plain.entries, read), whole=False)
    assert inspection.run_checks(context, "it").findings == []
    assert set(reads) == {"/var/task/app.py", "/var/task/pkg-1.dist-info/RECORD"}


def test_odd_trees_end_in_findings_and_never_in_a_crash(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    odd = os.fsdecode(b"\xff\xfe\n.py")
    plant(
        root,
        {
            f"var/task/{odd}": b"\xff\xfe\x00",
            "var/task/nul.py": b"a = 1\0",
            "var/task/deep.py": "(" * 5000,
            "var/task/function.sh": b"\xff'\"$(`\n<<",
            "var/task/empty.sh": b"",
            "var/task/nested.sh": b"$(" * 5000,
            "var/task/chain.py": "import os\nprint('a'" + "+'a'" * 1500 + ", os.environ)",
            "var/task/comment.sh": b"# only this",
            "var/task/.npmrc": b"\xff\xfe",
            "var/task/x-1.dist-info/RECORD": b'"unclosed,\xff\0',
            "var/task/elf.so": b"\x7fELF",
        },
    )
    (root / "var/task/round").symlink_to("round")
    os.mkfifo(root / "var/task/pipe")
    assert "SF001" not in codes(inspection.inspect_root(str(root), "app.handler"))
    assert "SF001" not in codes(inspection.inspect_root(str(root), "..//\0"))


def test_an_empty_root_and_an_empty_folder_are_inspected(tmp_path: Path) -> None:
    assert "SF001" not in codes(inspection.inspect_root(str(tmp_path)))
    assert "SF001" not in codes(inspection.inspect_folder(str(tmp_path)))


def test_the_handler_of_a_folder_is_that_of_its_dockerfile(tmp_path: Path) -> None:
    plant(tmp_path, {"app.py": "", "Dockerfile": 'FROM x\nCMD ["old.h"]\nCMD ["app.nope"]\n'})
    named = inspection.inspect_folder(str(tmp_path))
    assert any("nope" in judged.finding.message for judged in named.findings)
    assert "old" not in " ".join(judged.finding.message for judged in named.findings)


@pytest.mark.parametrize("text", ["CMD app.handler\n", "CMD [broken]\n", "CMD []\n", ""])
def test_a_dockerfile_without_a_plain_command_names_no_handler(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"app.py": "", "Dockerfile": text})
    assert inspection.inspect_folder(str(tmp_path)).findings == []


def test_a_command_whose_module_comes_from_elsewhere_names_no_handler(tmp_path: Path) -> None:
    plant(tmp_path, {"src/app.py": "", "Dockerfile": 'COPY src/ ./\nCMD ["app.nope"]\n'})
    assert inspection.inspect_folder(str(tmp_path)).findings == []


def test_what_dockerignore_names_is_not_looked_at(tmp_path: Path) -> None:
    reasons = '{"version": 1, "ignore": {"SF109": "ours"}}'
    plant(
        tmp_path,
        {
            ".dockerignore": "**/.env\n*.json\n",
            ".env": "",
            "sub/.env": "",
            ".surefoot-doctor.json": reasons,
        },
    )
    plant(tmp_path, {"tool": ""}, 0o4755)
    result = inspection.inspect_folder(str(tmp_path))
    assert result.findings == []
    assert [rated.reason for rated in result.ignored] == ["ours"]


def test_the_variables_of_a_running_container_are_looked_at(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    result = inspection.inspect_root(str(root), variables={"HOME": "/root", "AWS_REGION": "x"})
    assert {"SF303", "SF308"} <= codes(result)
    assert "SF305" not in codes(result)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    for call in (inspection.inspect_folder, inspection.inspect_root):
        with pytest.raises(UserError, match="is not a folder"):
            call(str(tmp_path / "gone"))


def test_links_that_lead_to_themselves_are_no_problem(tmp_path: Path) -> None:
    plant(tmp_path, {"main.py": "def handler(event, context): ...\n"})
    loops = ("Dockerfile", ".dockerignore", ".surefoot-doctor.json", "x.py", "pkg", "function.sh")
    for name in loops:
        (tmp_path / name).symlink_to(name)
    (tmp_path / "self").symlink_to(".")
    assert inspection.inspect_folder(str(tmp_path)).findings == []
    root = tmp_path / "root"
    root.mkdir()
    for name in ("lambda-entrypoint.sh", "var", "opt", "tmp", "etc", "usr"):
        (root / name).symlink_to(name)
    assert "SF001" not in codes(inspection.inspect_root(str(root)))


def test_a_cmd_that_is_nested_too_deeply_names_no_handler(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    plant(tmp_path, {"Dockerfile": f"CMD {deep}\n", "main.py": "x = " + deep})
    assert "SF001" not in codes(inspection.inspect_folder(str(tmp_path)))


@pytest.mark.parametrize("rules", ["*\n!main.py\n!pkg/inner.py\n", "**\n!main.py\n!pkg/inner.py\n"])
def test_what_a_dockerignore_includes_again_is_inspected(tmp_path: Path, rules: str) -> None:
    plant(
        tmp_path,
        {
            ".dockerignore": rules,
            "main.py": "from pkg import inner\ndef handler(event, context): ...\n",
            "pkg/inner.py": "open('/var/task/x', 'w')\n",
            "pkg/other.py": "",
            ".env": "",
        },
    )
    [found] = [each.finding for each in inspection.inspect_folder(str(tmp_path)).findings]
    assert (found.code, found.path) == ("SF204", "/var/task/pkg/inner.py")


ENTRY = ("/lambda-entrypoint.sh",)
SHELL = ("/bin/sh", "-c")


@pytest.mark.parametrize(
    ("entrypoint", "command", "handler"),
    [
        (ENTRY, ("app.handler",), "app.handler"),
        (ENTRY, ("app.handler", "extra"), "app.handler"),
        (("/lambda-entrypoint.sh", "app.handler"), (), "app.handler"),
        (("python3", "-m", "surefoot"), ("surefoot_app.handler",), "surefoot_app.handler"),
        (("/usr/local/bin/aws-lambda-rie", "/var/runtime/bootstrap"), ("a.b",), "a.b"),
        (("/bin/sh", "/lambda-entrypoint.sh"), ("a.b",), "a.b"),
        ((*SHELL, "exec /lambda-entrypoint.sh app.handler"), (), "app.handler"),
        ((*SHELL, 'exec /lambda-entrypoint.sh "$0"'), ("app.handler",), "app.handler"),
        ((), ("python", "-m", "awslambdaric", "app.handler"), "app.handler"),
        (ENTRY, (*SHELL, "app.handler"), "app.handler"),
        (ENTRY, (), ""),
        (("node", "server.js"), ("x",), ""),
    ],
)
def test_the_handler_is_the_word_that_the_runtime_gets_first(
    entrypoint: tuple[str, ...], command: tuple[str, ...], handler: str
) -> None:
    image = Image(entrypoint=entrypoint, command=command)
    assert inspection._handler_from_cmd(image) == handler

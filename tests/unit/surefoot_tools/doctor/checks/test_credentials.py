"""The secrets here are made up while the tests run, so that no scanner finds one in this file."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import credentials
from surefoot_tools.doctor.context import Layer, OverwrittenFile, load_check_data
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, task, whole

KEY_ID = "AKIA" + "QWERTYUIOPASDFGH"
SECRET = "wJalr/XUtn+" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o"
ARMOUR = "-----BEGIN RSA PRIVATE" + " KEY-----"
BODY = "MIIEpAIBAAKCAQEA" + "x7Kq" * 12
TEXTS = {
    "the id of an AWS access key": f"key = '{KEY_ID}'",
    "an AWS secret access key": f"aws_secret_access_key = {SECRET}",
    "a private key": f"{ARMOUR}\n{BODY}\n{BODY}\n",
    "a GitHub token": "token: gh" + "p_" + "aB3" * 12,
    "a Slack token": "xox" + "b-123456789012-" + "aB3" * 8,
    "a Stripe key": "sk_" + "live_" + "aB3" * 8,
    "an npm token": "np" + "m_" + "aB3" * 12,
    "a PyPI token": "pypi-" + "AgEIcHlwaS5vcmc" + "aB3" * 20,
    "a password in an address": "https://me:" + "hunter2hunter2" + "@git.corp/x.git",
}


def test_every_kind_of_the_check_data_has_its_text_here() -> None:
    assert set(TEXTS) == set(load_check_data()["secrets"])


@pytest.mark.parametrize("kind", TEXTS)
def test_catches_each_kind_in_a_text_file_and_does_not_show_it(tmp_path: Path, kind: str) -> None:
    plant(tmp_path, {"settings.py": f"# first line\n{TEXTS[kind]}\n"})
    [finding] = credentials.check(task(tmp_path))
    assert (finding.code, finding.path, finding.line) == ("SF401", "/var/task/settings.py", 2)
    assert kind in finding.message
    secret = max(TEXTS[kind].split(), key=len)
    assert secret not in finding.message + finding.remedy
    assert secret[8:] not in finding.message + finding.remedy


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".aws/credentials", f"[default]\naws_secret_access_key={SECRET}\n"),
        (".netrc", "machine github.com\nlogin me password hunter2\n"),
        (".npmrc", "\n//packages.example.com/:_authToken=1234-5678\n"),
        (".pypirc", "[pypi]\npassword = hunter2\n"),
        (".git-credentials", "\nhttps://me:pass1@git.corp\n"),
        (".docker/config.json", '{"auths": {"https://index.docker.io/v1/":\n {"auth": "bWU6"}}}'),
        (".ssh/id_rsa", f"\n{ARMOUR}\nx\n"),
        (".ssh/id_ed25519", "\n-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"),
        (".ssh/id_ecdsa", "\n-----BEGIN EC PRIVATE KEY-----\nx\n"),
    ],
)
def test_catches_files_of_tools_in_a_home(tmp_path: Path, name: str, content: str) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {f"root/{name}": content}, 0o600)
    assert places(credentials, whole(root), "SF401") == [f"/root/{name}:2"]


def test_every_file_of_the_check_data_has_its_case() -> None:
    marks = vars(test_catches_files_of_tools_in_a_home)["pytestmark"]
    assert {f"/{name}" for name, _ in marks[0].args[1]} == set(load_check_data()["secret_files"])


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_catches_variables_of_the_image(tmp_path: Path, name: str) -> None:
    variables = {name: "anything", "OTHER": TEXTS["a GitHub token"], "ODD": "\ud800"}
    findings = found(
        credentials, whole(sound_root(tmp_path / "root"), variables=variables), "SF401"
    )
    assert [finding.message.split()[2] for finding in findings] == [name, "OTHER"]
    assert all("anything" not in finding.message for finding in findings)


def test_catches_a_file_of_a_tool_that_a_later_layer_deletes(tmp_path: Path) -> None:
    lost = [OverwrittenFile("/root/.npmrc", 5, 1), OverwrittenFile("/root/.profile", 5, 1)]
    context = whole(sound_root(tmp_path / "root"), layers=[Layer(10, "", lost), Layer(5)])
    assert places(credentials, context, "SF401") == ["/root/.npmrc"]


def test_does_not_catch_examples_placeholders_and_names(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "README.md": "AKIAIOSFODNN7EXAMPLE\n"
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
            "code.py": "PEM = '-----BEGIN PRIVATE KEY-----'\n"
            "key = os.environ['AWS_SECRET_ACCESS_KEY']\n"
            "url = f'https://{user}:{password}@host/'\nother = 'https://user:password@host/'\n"
            "third = 'https://me:hunter2@api.example.com'\n",
            ".npmrc": "//packages.example.com/:_authToken=${NPM_TOKEN}\n",
            "certificate.pem": "-----BEGIN CERTIFICATE-----\nMIIB\n",
            "hash.txt": "sha1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12\nXAKIAQWERTYUIOPASDFGHX\n",
        },
    )
    assert list(credentials.check(task(tmp_path))) == []


@pytest.mark.parametrize("name", ["tests/data.py", "rule/RULE_test.py", "conftest.py"])
def test_ids_of_keys_are_data_in_tests_unless_secrets_are_with_them(
    tmp_path: Path, name: str
) -> None:
    plant(tmp_path, {name: f"key = '{KEY_ID}'\nsha = '{'2fd4e1c67a' * 4}'\n"})
    assert list(credentials.check(task(tmp_path))) == []
    plant(tmp_path, {name: f"key = '{KEY_ID}'\nother = '{SECRET}'\n"})
    assert places(credentials, task(tmp_path), "SF401") == [f"/var/task/{name}:1"]
    plant(tmp_path, {name: f"key = '{KEY_ID}'\n{TEXTS['a GitHub token']}\n"})
    assert places(credentials, task(tmp_path), "SF401") == [f"/var/task/{name}:2"]


def test_does_not_catch_what_installed_packages_and_binaries_hold(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "pkg/test.key": TEXTS["a private key"],
            "pkg-1.dist-info/RECORD": "pkg/test.key,,\n",
            "data.bin": b"\0" + KEY_ID.encode(),
            "large.txt": KEY_ID + " " * (1 << 20),
            "empty": "",
        },
    )
    assert list(credentials.check(task(tmp_path))) == []


def test_does_not_catch_harmless_variables(tmp_path: Path) -> None:
    variables = {"AWS_ACCESS_KEY_ID": "", "HOME": "/tmp", "TOKEN_URL": "https://sts/x"}
    context = whole(sound_root(tmp_path / "root"), variables=variables)
    assert list(credentials.check(context)) == []

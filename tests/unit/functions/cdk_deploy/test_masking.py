"""Secrets in what the CDK and the app print, and in context values."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from cdk_deploy import declared_secrets
from cdk_deploy.masking import MASK, Masker
from tests.unit.functions.fake_aws import Client

SECRETS = {
    "access key": "AKIAIOSFODNN7EXAMPLE",
    "temporary key": "ASIAIOSFODNN7EXAMPLE",
    "GitHub token": "ghp_" + "a1B2" * 9,
    "fine-grained GitHub token": "github_pat_" + "a1B2_" * 8,
    "Slack token": "xoxb-123456789012-abcdefABCDEF",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "Google key": "AIza" + "Sy0123456789abcdefghijklmnopqrstu_-",
    "Stripe key": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
}
ENVIRON = {
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjE//////////wEaCXVzLWVhc3QtMSJHMEUCIQ",
    "DB_PASSWORD": "correct horse",
    "PATH": "/usr/local/bin:/usr/bin",
    "API_KEY": "abc",  # too short to be distinguished from ordinary words
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_known_by_their_form(name: str) -> None:
    masked = Masker({}, {}).mask(f"using {SECRETS[name]} now")
    assert masked == f"using {MASK} now"


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "DB_PASSWORD"])
def test_values_of_variables_with_secret_names_are_masked(name: str) -> None:
    assert Masker(ENVIRON, {}).mask(f"got [{ENVIRON[name]}]") == f"got [{MASK}]"


def test_other_values_are_not_masked() -> None:
    text = "abc /usr/local/bin:/usr/bin desired_count=4 arn:aws:iam::123456789012:role/x"
    assert Masker(ENVIRON, {"desired_count": "4"}).mask(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "password=hunter22",
        "PASSWORD: hunter22",
        '"dbPassword": "hunter22"',
        "api_key = 'hunter22'",
        "--token hunter22",
        "Authorization: Bearer hunter22",
        "client-secret=hunter22",
        "postgres://admin:hunter22@db.example.com/orders",
        "MasterUserPassword: hunter22",
    ],
)
def test_values_after_a_secret_s_name_are_masked(line: str) -> None:
    masked = Masker({}, {}).mask(line)
    assert "hunter22" not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "line",
    [
        "[+] AWS::SecretsManager::Secret DbSecret DbSecret8A3C",
        "AWS::SecretsManager::Secret DbSecret: CREATE_FAILED: the name is taken",
        "AWS::SecretsManager::Secret DbSecret",
        "TokenValidity: 3600",
        "SecretArn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
        '"MasterUserPassword": {"Ref": "Password"}',
        "ManageMasterUserPassword: true",
        "[~] MasterUserPassword",
        "the author: John",
    ],
)
def test_names_types_and_references_stay_readable(line: str) -> None:
    assert Masker({}, {}).mask(line) == line


def test_context_values_with_secret_names_are_masked_also_within_a_line() -> None:
    masker = Masker({}, {"dbPassword": "s3cr3t-value", "size": "large"})
    assert masker.mask("app got s3cr3t-value and large") == f"app got {MASK} and large"


def test_a_private_key_is_masked_line_by_line() -> None:
    masker = Masker({}, {})
    lines = [
        "-----BEGIN RSA PRIVATE KEY-----",
        "MIIEpAIBAAKCAQEA04up8hoqzS1",
        "-----END RSA PRIVATE KEY-----",
        "after",
    ]
    masked = [masker.mask_line(line) for line in lines]
    assert "MIIEpAIBAAKCAQEA04up8hoqzS1" not in "\n".join(masked)
    assert masked[-1] == "after"


def test_values_inside_of_a_template_are_masked() -> None:
    template = {"Resources": {"A": {"Properties": {"Key": f"x{SECRETS['access key']}"}}}, "N": 1}
    masked = Masker({}, {}).mask_json(template)
    assert masked == {"Resources": {"A": {"Properties": {"Key": f"x{MASK}"}}}, "N": 1}


PIN, QUOTED = "4711", 'p"ss/w rd+é'


@pytest.mark.parametrize(
    "printed",
    [
        QUOTED,
        json.dumps(QUOTED),
        json.dumps(QUOTED, ensure_ascii=False),
        "https://x/?p=" + quote(QUOTED, safe=""),
        "https://x/?p=" + quote_plus(QUOTED),
        base64.b64encode(QUOTED.encode()).decode(),
        base64.urlsafe_b64encode(QUOTED.encode()).decode(),
    ],
)
def test_a_secret_is_masked_in_the_forms_that_programs_print(printed: str) -> None:
    masker = Masker({"DB_PASSWORD": QUOTED}, {})
    masked = masker.mask_json(f"got {printed} there")
    assert masked.startswith("got ")
    assert masked.endswith(" there")
    assert MASK in masked
    assert not {"ss/w", "ss%2Fw", printed} & {masked, masked.strip('"')}
    assert "ss" not in masked
    assert f"p{MASK}" not in masked


def test_a_short_value_that_the_app_declares_is_masked_as_a_word() -> None:
    masker = Masker({}, {})
    assert masker.mask_line(f"::add-mask::{PIN}") == f"::add-mask::{MASK}"
    assert masker.mask_line(f"pin {PIN}, 47110 and x{PIN}") == f"pin {MASK}, 47110 and x{PIN}"


def test_declared_secrets_are_fetched_from_where_they_are() -> None:
    clients = {
        "ssm": Client({"get_parameter": {"Parameter": {"Value": "of ssm"}}}),
        "secretsmanager": Client({"get_secret_value": {"SecretString": "of the manager"}}),
    }
    declared = ["env:A", "context:b", "ssm:/p", "secretsmanager:id", "env:Unset", "context:unset"]
    found = declared_secrets.values(
        declared, {"A": "of a variable"}, {"b": "of a key"}, clients.__getitem__
    )
    assert found == ["of a variable", "of a key", "of ssm", "of the manager", "", ""]
    asked = [("get_parameter", {"Name": "/p", "WithDecryption": True})]
    assert clients["ssm"].calls == asked
    assert clients["secretsmanager"].calls == [("get_secret_value", {"SecretId": "id"})]


def test_a_binary_secret_is_no_text() -> None:
    client = Client({"get_secret_value": {"SecretBinary": b"x"}})
    assert declared_secrets.values(["secretsmanager:id"], {}, {}, lambda _: client) == [""]


def test_an_empty_declaration_masks_nothing() -> None:
    masker = Masker({}, {})
    masker.mask_line("::add-mask::  ")
    assert masker.mask_line("as it is") == "as it is"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", []),
        ("one\ntwo", ["one", "two"]),
        ('{"user": "admin", "pin": 123456, "on": true, "n": null}', ["admin", "123456"]),
        ('["a", {"b": ["c"]}]', ["a", "c"]),
        ("123456", ["123456"]),
    ],
)
def test_parts_of_a_secret_are_secrets(text: str, expected: list[str]) -> None:
    assert list(declared_secrets.parts(text)) == expected

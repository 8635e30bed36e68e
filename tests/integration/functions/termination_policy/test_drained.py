from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from termination_policy.kubernetes import eks_token
from tests.integration.functions.termination_policy.cluster import Cluster, running
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event, names
from tests.support import certificate
from tests.support.awsanswer import answer

ONE, TWO, THREE = names(3)
POLICY = "drained:kubernetes"


def pod(phase: str = "Running", **metadata: Any) -> dict[str, Any]:
    return {"metadata": metadata, "status": {"phase": phase}}


DAEMON = pod(ownerReferences=[{"kind": "DaemonSet", "controller": True}])
MIRROR = pod(annotations={"kubernetes.io/config.mirror": "1"})
REPLICA = pod(ownerReferences=[{"kind": "ReplicaSet", "controller": True}])


@pytest.fixture
def cluster(fleet: Fleet, tmp_path: Path) -> Iterator[Cluster]:
    with running(tmp_path) as cluster:
        boto3.client("secretsmanager").create_secret(
            Name="kubernetes", SecretString=cluster.secret()
        )
        yield cluster


@pytest.fixture
def eks(fleet: Fleet, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The same server as an EKS cluster, which knows the role by a request to STS."""
    found = {
        "endpoint": cluster.url,
        "certificateAuthority": {"data": base64.b64encode(cluster.ca.encode()).decode()},
    }
    fleet.wire.trouble = lambda name: (
        answer(200, json.dumps({"cluster": found})) if name == "DescribeCluster" else None
    )
    cluster.allow = is_for_the_cluster
    return cluster


def is_for_the_cluster(authorization: str) -> bool:
    """As aws-iam-authenticator checks a token, short of asking STS."""
    text = authorization.removeprefix("Bearer k8s-aws-v1.")
    url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    return (
        query["Action"] == "GetCallerIdentity"
        and query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
        and query["X-Amz-Expires"] == "60"
        and "/sts/aws4_request" in query["X-Amz-Credential"]
        and "X-Amz-Signature" in query
        and "=" not in text
    )


def test_an_eks_cluster_is_asked_with_the_functions_role(fleet: Fleet, eks: Cluster) -> None:
    eks.node(ONE)
    eks.node(TWO, REPLICA)
    assert fleet.decide(sent(ONE, TWO, THREE), "drained:eks://blue") == [ONE]
    # STS is asked by the API server, not by this function.
    assert fleet.wire.operations[-1] == "DescribeCluster"
    assert "GetCallerIdentity" not in fleet.wire.operations


def test_a_token_is_signed_for_one_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    sts = boto3.client("sts", region_name="eu-west-1")
    blue, green = (eks_token(sts, name) for name in ("blue", "green"))
    assert is_for_the_cluster(f"Bearer {blue}")
    assert blue != green


@pytest.mark.parametrize("found", [{}, {"endpoint": "https://127.0.0.1"}])
def test_a_cluster_that_is_being_made_terminates_no_instance(
    fleet: Fleet, cluster: Cluster, found: dict[str, Any]
) -> None:
    fleet.wire.trouble = lambda _: answer(200, json.dumps({"cluster": found}))
    assert fleet.decide(sent(ONE), "drained:eks://blue") == []
    assert "EKS names no endpoint and authority of blue" in fleet.logged()["reason"]


def sent(*members: str) -> dict[str, Any]:
    return event({A: len(members)}, [(name, A) for name in members])


@pytest.mark.parametrize(
    ("pods", "free"),
    [
        ([], True),
        ([DAEMON, MIRROR], True),
        ([pod("Succeeded"), pod("Failed")], True),
        ([DAEMON, DAEMON, REPLICA], False),
        ([pod()], False),
        ([pod("Pending")], False),
        ([pod("Unknown")], False),
        ([pod(deletionTimestamp="2026-03-02T06:00:00Z")], False),
        ([pod(ownerReferences=[{"kind": "DaemonSet"}])], False),
        ([{}], False),
    ],
)
def test_only_what_runs_nothing_goes(
    fleet: Fleet, cluster: Cluster, pods: list[dict[str, Any]], free: bool
) -> None:
    cluster.node(ONE, *pods)
    assert fleet.decide(sent(ONE), POLICY) == ([ONE] if free else [])


def test_a_node_that_takes_pods_stays(fleet: Fleet, cluster: Cluster) -> None:
    cluster.node(ONE, cordoned=False)
    cluster.node(TWO)
    assert fleet.decide(sent(ONE, TWO, THREE), POLICY) == [TWO]


def test_nodes_of_several_pages_are_found_and_only_candidates_asked_about(
    fleet: Fleet, cluster: Cluster
) -> None:
    for name in names(5):
        cluster.node(name)
    last = names(5)[4]
    assert fleet.decide(sent(last), POLICY) == [last]
    assert cluster.asked == ["/api/v1/nodes"] * 3 + ["/api/v1/pods"]


@pytest.mark.parametrize("status", [401, 403, 302, 429, 500, 503])
def test_a_server_that_refuses_terminates_no_instance(
    fleet: Fleet, cluster: Cluster, status: int
) -> None:
    cluster.node(ONE)
    cluster.status = status
    assert fleet.decide(sent(ONE), POLICY) == []
    assert f"Kubernetes answered /api/v1/nodes with {status}" in fleet.logged()["reason"]


def test_a_server_of_another_authority_gets_no_token(
    fleet: Fleet, cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = certificate.write(tmp_path / "other")[0].read_text()
    found = {**json.loads(cluster.secret()), "ca": other}
    boto3.client("secretsmanager").put_secret_value(
        SecretId="kubernetes", SecretString=json.dumps(found)
    )
    assert fleet.decide(sent(ONE), POLICY) == []
    assert "CERTIFICATE_VERIFY_FAILED" in fleet.logged()["reason"]
    assert cluster.asked == []


@pytest.mark.parametrize(
    "members",
    [
        {"server": "http://127.0.0.1"},
        {"ca": "none"},
        {"token": None, "server": None},
    ],
)
def test_a_wrong_secret_terminates_no_instance_and_is_not_shown(
    fleet: Fleet, cluster: Cluster, members: dict[str, Any]
) -> None:
    found = {k: v for k, v in {**json.loads(cluster.secret()), **members}.items() if v}
    boto3.client("secretsmanager").put_secret_value(
        SecretId="kubernetes", SecretString=json.dumps(found)
    )
    assert fleet.decide(sent(ONE), POLICY) == []
    record = json.dumps(fleet.logged())
    assert "kubernetes" in record
    assert "a-service-accounts-token" not in record
    assert cluster.asked == []

"""Elastic clusters, which moto does not know: a small server replaces their API.

A change takes as many requests as LOOKS says: UPDATING, then ACTIVE.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from scheduled_scaling.errors import ScalingFailed
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.support.aws_proxy import Call, Reply, serve

ARN = "arn:aws:docdb-elastic:eu-west-1:123456789012:cluster/0a1b"
LOOKS = 2  # at a cluster until a change is through


class Elastic:
    """One cluster."""

    def __init__(self) -> None:
        self.url = ""
        self.cluster: dict[str, Any] = {
            "clusterName": "orders",
            "clusterArn": ARN,
            "status": "ACTIVE",
            "shardCount": 2,
            "shardCapacity": 4,
            "shardInstanceCount": 2,
        }
        self.tags: dict[str, str] = {}
        self.updates: list[dict[str, Any]] = []
        self.looks = 0

    def reply(self, call: Call) -> Reply:
        """The API's answer."""
        answer = self.answer(call.method, call.path, json.loads(call.body or b"{}"))
        return Reply(200, json.dumps(answer).encode())

    def answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the API answers. Raises LookupError for what it does not know."""
        path, _, query = unquote(path).partition("?")
        if (method, path) == ("GET", "/clusters"):
            return {"clusters": [self.cluster]}
        if (method, path) == ("GET", f"/cluster/{ARN}"):
            self.looks -= 1
            if self.looks <= 0:
                self.cluster["status"] = "ACTIVE"
            return {"cluster": self.cluster}
        if (method, path) == ("PUT", f"/cluster/{ARN}"):
            changes = {name: value for name, value in body.items() if name.startswith("shard")}
            self.updates.append(changes)
            self.cluster |= {**changes, "status": "UPDATING"}
            self.looks = LOOKS
            return {"cluster": self.cluster}
        if path == f"/tags/{ARN}":
            if method == "POST":
                self.tags |= body["tags"]
            elif method == "DELETE":
                for part in query.split("&"):
                    del self.tags[part.removeprefix("tagKeys=")]
            return {"tags": self.tags}
        raise LookupError(f"{method} {path}")


@pytest.fixture
def elastic(night: Night, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elastic]:
    with serve(Elastic(), moto_url="") as cluster:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DOCDB_ELASTIC", cluster.url)
        night.scenarios(SCENARIOS)
        yield cluster


SCENARIOS = """
version: 1
scenarios:
  day:
    targets:
      orders:
        kind: docdb-elastic
        name: orders
        steps: {up: {shards: 4, capacity: 8}}
"""


def test_shards_change_in_one_call_and_come_back(night: Night, elastic: Elastic) -> None:
    answer = night.send({"scenario": "day", "step": "up"})
    assert answer["targets"][0]["actions"] == ["shards 2 -> 4, capacity 4 -> 8"]
    assert elastic.updates == [{"shardCount": 4, "shardCapacity": 8}]
    assert list(elastic.tags) == ["surefoot:scaling:docdb-elastic:0"]
    night.send({"scenario": "day", "step": "restore"})
    assert elastic.updates[1:] == [{"shardCount": 2, "shardCapacity": 4}]
    assert elastic.tags == {}


def test_a_cluster_at_work_is_polled_not_asked_again(night: Night, elastic: Elastic) -> None:
    night.send({"scenario": "day", "step": "up"})
    assert night.time.slept.count(15.0) == LOOKS - 1
    assert len(elastic.updates) == 1


def test_a_cluster_that_is_stopped_is_reported(night: Night, elastic: Elastic) -> None:
    elastic.cluster["status"] = "STOPPED"
    elastic.looks = 9
    with pytest.raises(ScalingFailed, match="the cluster is STOPPED; bring it back to ACTIVE"):
        night.send({"scenario": "day", "step": "up"})


def test_a_cluster_may_be_named_by_the_id_in_its_arn(night: Night, elastic: Elastic) -> None:
    """An output of a stack or a tag gives the ARN, which has no name."""
    night.scenarios(SCENARIOS.replace("name: orders", "name: 0a1b"))
    assert night.send({"scenario": "day", "step": "up"})["reached"]
    assert elastic.updates == [{"shardCount": 4, "shardCapacity": 8}]


def test_a_missing_cluster_is_reported(night: Night, elastic: Elastic) -> None:
    elastic.cluster["clusterName"] = "other"
    with pytest.raises(ScalingFailed, match="there is no elastic cluster orders"):
        night.send({"scenario": "day", "step": "up"})

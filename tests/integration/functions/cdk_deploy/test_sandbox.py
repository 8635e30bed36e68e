"""The function's image in Lambda's limits: uid 993, a read-only root, only /tmp to write to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest

from rie.function import find
from rie.images import image as images
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox
from tests.image.conftest import Logs
from tests.integration.functions.cdk_deploy.front import Front
from tests.support.aws import variables

if TYPE_CHECKING:
    from docker import DockerClient

EVENT = {
    "step": "deploy",
    "stack": "nightly",
    "context": {"desired_count": 4, "db_class": "db.r6g.large", "db_instances": 3},
}


@pytest.fixture(scope="module")
def deployer(engine: DockerClient, image: str) -> str:
    """The function's image."""
    return images.build_function(engine, find("cdk_deploy"), image)


@pytest.mark.filterwarnings("ignore:Tried to parse AWS..DocDB")
def test_the_example_is_deployed_from_the_image(deployer: str, cloud: Front) -> None:
    function = find("cdk_deploy")
    own = {**variables(cloud.url), "CDK_METHOD": "direct"}
    logs = Logs()
    sandbox = Sandbox(
        deployer,
        function,
        memory_mb=3538,
        tmp_mb=1024,
        timeout_s=300,
        variables=own,
        host_network=True,
        logs=logs,
    )
    with sandbox:
        answer = sandbox.invoke(json.dumps(EVENT).encode())
    assert answer.outcome is InvocationOutcome.SUCCEEDED, logs.text
    result = json.loads(answer.body)
    assert result["status"] == "CREATE_COMPLETE"
    ecs = boto3.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (name,) = ecs.list_services(cluster=cluster)["serviceArns"]
    (service,) = ecs.describe_services(cluster=cluster, services=[name])["services"]
    assert service["desiredCount"] == 4

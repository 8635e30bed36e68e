"""Names of AWS: which service, region and endpoint they are of, and whether they are private."""

from __future__ import annotations

import pytest

from vpc_check.facts import Facts
from vpc_check.network.aws_names import (
    always_inside,
    computer_address,
    inside,
    matching,
    named,
    service_of,
    service_region,
    short_name,
)


@pytest.mark.parametrize(
    ("host", "service", "region"),
    [
        ("sqs.eu-west-1.amazonaws.com", "sqs", "eu-west-1"),
        ("sqs.us-gov-west-1.api.aws", "sqs", "us-gov-west-1"),
        ("api.ecr.eu-west-1.amazonaws.com", "ecr.api", "eu-west-1"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "ecr.dkr.123456789012", "us-east-1"),
        ("kinesis.eu-west-1.amazonaws.com", "kinesis-streams", "eu-west-1"),
        ("123.data-kinesis.eu-west-1.amazonaws.com", "kinesis-streams", "eu-west-1"),
        ("firehose.eu-west-1.amazonaws.com", "kinesis-firehose", "eu-west-1"),
        ("codeartifact.eu-west-1.amazonaws.com", "codeartifact.api", "eu-west-1"),
        ("x-1.d.codeartifact.eu-west-1.amazonaws.com", "codeartifact.repositories", "eu-west-1"),
        ("a1b2-ats.iot.eu-west-1.amazonaws.com", "iot.data", "eu-west-1"),
        ("orders.s3.amazonaws.com", "s3", "eu-west-1"),
        ("1.s3-control.dualstack.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
        ("orders.s3-website-us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("streams.dynamodb.eu-west-1.amazonaws.com", "dynamodb-streams", "eu-west-1"),
        ("sts.amazonaws.com", "", ""),
        ("example.com", "", ""),
        # Names within a VPC, though their endings are those of an API with an endpoint.
        ("b-1-2.mq.eu-west-1.amazonaws.com", "", ""),
        ("b-1.events.abc.c3.kafka.eu-west-1.amazonaws.com", "", ""),
        ("fs-1.fsx.eu-west-1.amazonaws.com", "", ""),
        ("ec2-54-72-1-2.eu-west-1.compute.amazonaws.com", "", ""),
        ("mq.eu-west-1.amazonaws.com", "mq", "eu-west-1"),
        ("kafka.eu-west-1.amazonaws.com", "kafka", "eu-west-1"),
    ],
)
def test_the_service_of_a_host(host: str, service: str, region: str) -> None:
    assert service_of(host, "eu-west-1") == (service, region)


@pytest.mark.parametrize(
    ("host", "private", "for_sure"),
    [
        ("db", True, True),
        ("db.corp", True, True),
        ("x.c1.eu-west-1.rds.amazonaws.com", True, False),
        ("p.proxy-c1.eu-west-1.rds.amazonaws.com", True, True),
        ("c.x.cluster-1.eu-west-1.docdb.amazonaws.com", True, True),
        ("vpc-logs-1.eu-west-1.es.amazonaws.com", True, True),
        ("vpc-logs-1.aos.eu-west-1.on.aws", True, True),
        ("search-logs-1.eu-west-1.es.amazonaws.com", False, False),
        ("b-1.events.abc.c3.kafka.eu-west-1.amazonaws.com", True, True),
        ("b-1-public.events.abc.c3.kafka.eu-west-1.amazonaws.com", False, False),
        ("b-1-2.mq.eu-west-1.on.aws", True, False),
        ("fs-1.efs.eu-west-1.amazonaws.com", True, True),
        ("internal-a-1.eu-west-1.elb.amazonaws.com", True, True),
        ("a-1.eu-west-1.elb.amazonaws.com", True, False),
        ("kafka.eu-west-1.amazonaws.com", False, False),
        ("example.com", False, False),
    ],
)
def test_names_that_lead_into_a_vpc(host: str, private: bool, for_sure: bool) -> None:
    assert (inside(host), always_inside(host)) == (private, for_sure)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("ip-10-0-5-10.eu-west-1.compute.internal", "10.0.5.10"),
        ("ip-10-0-5-255.ec2.internal", "10.0.5.255"),
        ("ip-10-0-5-256.ec2.internal", ""),
        ("ec2-54-72-1-2.compute-1.amazonaws.com", "54.72.1.2"),
        ("ec2-54-72-1-2.cn-north-1.compute.amazonaws.com.cn", "54.72.1.2"),
        ("ip-10-0-5.ec2.internal", ""),
        ("ec2.eu-west-1.amazonaws.com", ""),
    ],
)
def test_the_address_in_a_name_of_ec2(host: str, address: str) -> None:
    assert computer_address(host) == address


@pytest.mark.parametrize(
    ("name", "service", "region"),
    [
        ("com.amazonaws.eu-west-1.ecr.dkr", "ecr.dkr", "eu-west-1"),
        ("cn.com.amazonaws.cn-north-1.sqs", "sqs", "cn-north-1"),
        ("com.amazonaws.iam", "", ""),
        ("example.endpoint", "", ""),
    ],
)
def test_the_service_of_an_endpoint(name: str, service: str, region: str) -> None:
    endpoint = {"ServiceName": name}
    assert (short_name(endpoint), service_region(endpoint)) == (service, region)


def test_an_endpoint_may_be_of_another_region_than_its_service_name_says() -> None:
    endpoint = {"ServiceName": "com.amazonaws.eu-west-1.sqs", "ServiceRegion": "us-east-1"}
    assert service_region(endpoint) == "us-east-1"


def test_a_wildcard_of_an_endpoint_is_for_one_label() -> None:
    endpoint = {"DnsEntries": [{"DnsName": "*.vpce-1.s3.eu-west-1.vpce.amazonaws.com"}, {}]}
    assert named(endpoint, "Bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com")
    assert not named(endpoint, "vpce-1.s3.eu-west-1.vpce.amazonaws.com")
    assert not named(endpoint, "a.bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com")


def test_endpoints_match_by_kind_service_and_region() -> None:
    def endpoint(kind: str, name: str) -> dict[str, str]:
        return {"VpcEndpointType": kind, "ServiceName": name}

    right = endpoint("Interface", "com.amazonaws.eu-west-1.ecr.dkr")
    rows = [
        right,
        endpoint("Gateway", "com.amazonaws.eu-west-1.ecr.dkr"),
        endpoint("Interface", "com.amazonaws.us-east-1.ecr.dkr"),
        endpoint("Interface", "com.amazonaws.eu-west-1.ecr.api"),
        endpoint("Interface", "com.amazonaws.vpce.eu-west-1.vpce-svc-1"),
        endpoint("Interface", ""),
    ]
    facts = Facts("eu-west-1", {"VpcEndpoints": rows})
    assert matching(facts, "Interface", "ecr.dkr.123", "eu-west-1") == [right]

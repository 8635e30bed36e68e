"""functions/vpc_check on a network whose default route leads a function nowhere."""

from __future__ import annotations

import json

import boto3

from rie.demo.aws import vpc_fixtures as network
from rie.demo.aws.local_aws import local_aws
from rie.demo.stage import Stage
from rie.paths import ROOT

PAGE = ROOT / "build" / "vpc_check.html"
TARGETS = ["https://sqs.eu-west-1.amazonaws.com", "tcp://10.0.5.10:5432"]


def play(stage: Stage) -> bool:
    """Whether the route is found to be what is wrong; the page is kept in build/."""
    with local_aws() as variables:
        cloud = network.make()
        boto3.client("ec2").replace_route(
            RouteTableId=cloud.private_table,
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=cloud.gateway,
        )
        # Probes would show this machine's network, not that of the VPC, which is moto's.
        order = {"function": network.FUNCTION, "targets": TARGETS, "probe": False}
        with stage.started(variables):
            reply = stage.post(json.dumps({**order, "format": "table"}))
            stage.block("answer", reply.body.decode())
            page = stage.post(json.dumps({**order, "format": "html"}), show=False).body
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_bytes(page)
    stage.block("page", f"{PAGE.relative_to(ROOT)} ({len(page):,} bytes): open it in a browser")
    found = b"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    return found in reply.body and page.lstrip().lower().startswith(b"<!doctype html>")

"""functions/vpc_check on a network whose default route is wrong for a function."""

from __future__ import annotations

import json

import boto3

from rie.demo.aws import vpc_fixtures
from rie.demo.aws.moto_server import local_aws
from rie.demo.scene import Demo
from rie.paths import ROOT

PAGE = ROOT / "build" / "vpc_check.html"
TARGETS = ["https://sqs.eu-west-1.amazonaws.com", "tcp://10.0.5.10:5432"]


def run(demo: Demo) -> bool:
    """Whether the wrong route is found; the page is written to build/."""
    with local_aws() as variables:
        cloud = vpc_fixtures.make()
        boto3.client("ec2").replace_route(
            RouteTableId=cloud.private_table,
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=cloud.gateway,
        )
        # Probes would show this machine's network, not that of the VPC, which is moto's.
        order = {"function": vpc_fixtures.FUNCTION, "targets": TARGETS, "probe": False}
        with demo.started(variables):
            reply = demo.post(json.dumps({**order, "format": "table"}))
            demo.block("answer", reply.body.decode())
            page = demo.post(json.dumps({**order, "format": "html"}), show=False).body
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_bytes(page)
    demo.block("page", f"{PAGE.relative_to(ROOT)} ({len(page):,} bytes): open it in a browser")
    found = b"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    return found in reply.body and page.lstrip().lower().startswith(b"<!doctype html>")

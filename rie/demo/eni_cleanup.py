"""functions/eni_cleanup invoked directly, then as the custom resource of a deleted stack."""

from __future__ import annotations

import json

import boto3
from botocore.config import Config

from rie.demo.aws import eni_fixtures
from rie.demo.aws.moto_server import local_aws
from rie.demo.scene import Demo

BUCKET, KEY = "answers", "cloudformation.json"


def run(demo: Demo) -> bool:
    """Whether unused interfaces are deleted, others kept, and CloudFormation got SUCCESS."""
    with local_aws() as variables:
        vpc = eni_fixtures.vpc()
        eni_fixtures.function("shop", vpc.subnets, vpc.groups)
        eni_fixtures.function("stock", vpc.subnets[:1], vpc.groups)
        shared = eni_fixtures.interface(vpc.subnets[0], vpc.groups, in_use=True)
        eni_fixtures.interface(vpc.subnets[1], vpc.groups)
        eni_fixtures.interface(vpc.subnets[1], vpc.groups[1:], eni_fixtures.OLD_STYLE)
        # Answers go to S3 alone, over https, unless this names another place.
        local = {"RESPONSE_URL_PREFIX": "http://127.0.0.1:", "POLL_SECONDS": "1"}
        with demo.started({**variables, **local}):
            order = {"dry_run": True, "functions": ["shop"], "vpc_id": vpc.id}
            reply = demo.post(json.dumps(order))
            plan = reply.json
            demo.block("plan", plan["table"] if isinstance(plan, dict) else reply.body.decode())
            demo.post(json.dumps(_deletion(vpc.subnets)))
            answer = _answer()
            demo.block("answer", json.dumps(answer, indent=2))
        return answer.get("Status") == "SUCCESS" and eni_fixtures.interfaces() == {shared}


def _deletion(subnets: tuple[str, ...]) -> dict[str, object]:
    """The request that CloudFormation would send; moto's S3 takes the answer."""
    s3 = boto3.client(
        "s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"})
    )
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": KEY})
    return {
        "RequestType": "Delete",
        "ResponseURL": url,
        "StackId": eni_fixtures.stack(),
        "RequestId": "5d478078-13e9-baf0-464a-7ef285ecc786",
        "LogicalResourceId": "Interfaces",
        "PhysicalResourceId": "eni-cleanup-Interfaces-2b1c0d9e",
        "ResourceProperties": {"FunctionNames": ["shop"], "SubnetIds": list(subnets)},
    }


def _answer() -> dict[str, object]:
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    answer: dict[str, object] = json.loads(body)
    return answer

"""One client of boto3."""

import boto3

client = boto3.client("ec2")


def handler(event: object, context: object) -> str:
    return client.meta.service_model.service_name

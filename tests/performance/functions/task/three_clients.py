"""Three clients of boto3, as the function for scheduled scaling has them."""

import boto3

NAMES = ("ecs", "docdb", "application-autoscaling")
clients = [boto3.client(name) for name in NAMES]


def handler(event: object, context: object) -> list[str]:
    return [client.meta.service_model.service_name for client in clients]

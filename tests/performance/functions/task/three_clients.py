"""Three clients of boto3, as the function for scheduled scaling has them."""

import boto3

clients = (
    boto3.client("ecs"),
    boto3.client("docdb"),
    boto3.client("application-autoscaling"),
)


def handler(event: object, context: object) -> list[str]:
    return [client.meta.service_model.service_name for client in clients]

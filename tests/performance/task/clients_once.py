"""once.handler, behind three clients of boto3, as the function for scheduled scaling has them."""

import boto3
import once  # type: ignore[import-not-found]  # it is beside this file in the image

clients = [boto3.client(name) for name in ("ecs", "docdb", "application-autoscaling")]
handler = once.handler

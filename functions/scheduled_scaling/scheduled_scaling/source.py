"""Where the scenarios are: a file of the image, an object in S3, or a parameter of SSM."""

from __future__ import annotations

from pathlib import Path

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Invalid


def fetch(place: str, root: str, cloud: Cloud) -> str:
    """Return the text at `place`: s3://bucket/key, ssm:/name, or a path from `root`.

    Raises Invalid: there is none, or it is no UTF-8; and botocore's errors.
    """
    if place.startswith("s3://"):
        bucket, _, key = place.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise Invalid("SCALING_SCENARIOS", f"{place} names no object", "s3://bucket/key")
        body = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return _text(place, body)
    if place.startswith("ssm:"):
        name = place.removeprefix("ssm:")
        answer = cloud.client("ssm").get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    path = Path(root, place)
    try:
        return _text(str(path), path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "COPY the file into the image, or set SCALING_SCENARIOS"
        raise Invalid(str(path), f"the scenarios cannot be read ({reason})", remedy) from None


def _text(place: str, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Invalid(place, f"it is no UTF-8 ({error.reason})", "save it as UTF-8") from None

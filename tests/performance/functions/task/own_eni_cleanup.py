"""Our own eni_cleanup until its first call of AWS, which ends the measurement."""

import until_first_call  # type: ignore[import-not-found]  # it is next to this file there

from eni_cleanup import app

EVENT = {"dry_run": True, "vpc_id": "vpc-0123456789abcdef0"}


def handler(event: object, context: object) -> str:
    return str(until_first_call.run(app.handler, EVENT, context))

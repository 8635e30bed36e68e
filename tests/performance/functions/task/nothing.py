"""A function that needs nothing."""


def handler(event: object, context: object) -> None:
    return None

import enum


import kinds  # noqa: F401


def handler(event, context):
    return "it runs"

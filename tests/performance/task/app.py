"""The functions that are measured: they do nothing, so that what is left is the runtime."""


def trivial(event: object, context: object) -> str:
    return "ok"


def echo_event(event: object, context: object) -> object:
    return event

"""AWS clients that answer what a test says, and record what they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError


class Client:
    """One service: `answers` by method; one may be a list of pages, a function, or an error."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append((name, arguments))
            found = self.answers[name]
            if isinstance(found, Exception):
                raise found
            return found(**arguments) if callable(found) else found

        return call

    def get_paginator(self, name: str) -> Any:
        """Pages are the members of a list."""
        outer = self

        class Pages:
            def paginate(self, **arguments: Any) -> Iterator[Any]:
                found = getattr(outer, name)(**arguments)
                yield from found if isinstance(found, list) else [found]

        return Pages()

    def arguments(self, name: str) -> list[dict[str, Any]]:
        """What a method was called with."""
        return [arguments for called, arguments in self.calls if called == name]


class Aws:
    """What the kinds need of AwsClients."""

    def __init__(self, *, offered: bool = True, **services: Mapping[str, Any]) -> None:
        self.clients = {
            name.replace("_", "-"): Client(answers) for name, answers in services.items()
        }
        self.engines = ("docdb",)
        self.last_service = ""
        self.asked: list[tuple[str, str]] = []
        self._offered = offered

    def client(self, name: str) -> Client:
        self.last_service = name
        return self.clients[name]

    def offers(self, engine: str, size: str) -> bool:
        self.asked.append((engine, size))
        return self._offered


def error(code: str, operation: str = "Call", status: int = 400) -> ClientError:
    """Return an error as boto3 raises it."""
    answer: Any = {
        "Error": {"Code": code, "Message": f"{code} happened"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)

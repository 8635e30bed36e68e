"""Describe calls with all their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from vpc_check.facts import Row


def pages(client: Any, operation: str, member: str, **arguments: Any) -> Callable[[], list[Row]]:
    """Return what fetches the rows of every page, as one list.

    :param operation: a method of a boto3 client, describe_subnets
    :param member: of the answer, with the rows
    """

    def fetch() -> list[Row]:
        answers: Iterable[Row] = client.get_paginator(operation).paginate(**arguments)
        return [row for answer in answers for row in answer.get(member, [])]

    return fetch

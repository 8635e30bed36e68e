"""Calls with what the names around them stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace

from . import calls
from .values import EvalContext, Scope, is_scope, scope_of


def scoped_calls(
    body: ast.Module, known: EvalContext, is_wanted: Callable[[ast.Call], bool]
) -> Iterator[tuple[ast.Call, EvalContext]]:
    """Yield the wanted calls that Lambda may run, in order."""
    scopes: dict[ast.AST, Scope] = {}
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(body, (body,))]
    while waiting:
        node, around = waiting.pop()
        if is_scope(node):
            around = (*around, node)
        waiting.extend((child, around) for child in reversed(list(calls.outside_main(node))))
        if not isinstance(node, ast.Call) or not is_wanted(node):
            continue
        for each in around:
            if each not in scopes:
                scopes[each] = scope_of(each)
        yield node, replace(known, scopes=[scopes[each] for each in around])

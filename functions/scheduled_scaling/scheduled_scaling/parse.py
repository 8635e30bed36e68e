"""YAML or JSON to plain values; a name that is there twice is an error, not the last one."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

import yaml

from scheduled_scaling.errors import Invalid


def parse(place: str, text: str) -> Any:
    """Return what `text` says. Raises Invalid: it is neither YAML nor JSON."""
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, object_pairs_hook=lambda pairs: _unique(place, pairs))
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        reason = " ".join(str(error).split())
        raise Invalid(place, f"it cannot be read ({reason})", "correct it there") from None


class _Loader(yaml.SafeLoader):
    """SafeLoader takes the last of two equal names without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name!r} is there twice", node.value[number][0].start_mark
                )
        return super().construct_mapping(node, deep)


def _unique(place: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise Invalid(place, f"{name!r} is there twice", "remove one of the two")
    return dict(pairs)

"""The scenarios' text, YAML or JSON: parsed so that a mistake is an error and not another value."""

from __future__ import annotations

import json
import re
from json import JSONDecodeError
from typing import Any

import yaml
from yaml import YAMLError

from scheduled_scaling.errors import ValidationError

_MERGE = "tag:yaml.org,2002:merge"
_CORE = "tag:yaml.org,2002:"
# Scalars of YAML 1.2's core schema, as far as people write them (section 10.3.2).
_SCALARS = {
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    "float": (
        (
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
        ),
        "-+.0123456789",
    ),
}
_REPLACED = (*_SCALARS, "timestamp", "value")


def parse(place: str, text: str) -> Any:
    """Parse YAML or JSON. Raises ValidationError, also for duplicate names."""
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, object_pairs_hook=lambda pairs: _unique(place, pairs))
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except (YAMLError, JSONDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ValidationError(place, f"it cannot be read ({reason})", "correct it there") from None


class _Loader(yaml.SafeLoader):
    """Rejects duplicate names, of which SafeLoader silently takes the last.

    Scalars are those of YAML 1.2: SafeLoader takes ``on`` for true, ``010`` for 8, ``20:00`` for
    1200 and ``1:30.0`` for 90.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._checked: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        # It puts merged names in front of the node's own, so the check comes before, and once.
        if id(node) not in self._checked:
            self._checked.add(id(node))
            self._check_names(node)
        super().flatten_mapping(node)

    def _check_names(self, node: yaml.MappingNode) -> None:
        seen = []
        for key, _ in node.value:
            name = self.construct_object(key) if key.tag != _MERGE else None
            if name is not None and name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name!r} is there twice", key.start_mark
                )
            seen.append(name)

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """Return a number whose tag is written, too, such as ``!!int 010``."""
        value = self.construct_scalar(node)
        kind = node.tag.removeprefix(_CORE)
        if not re.match(_SCALARS[kind][0], value):
            raise yaml.constructor.ConstructorError(
                None, None, f"{value!r} is not a plain {kind}", node.start_mark
            )
        return int(value) if kind == "int" else float(value.replace(".inf", "inf"))


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _kind, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(f"{_CORE}{_kind}", re.compile(_pattern), list(_first))
for _kind in ("int", "float"):
    _Loader.add_constructor(f"{_CORE}{_kind}", _Loader.construct_number)


def _unique(place: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValidationError(place, f"{name!r} is there twice", "remove one of the two")
    return dict(pairs)

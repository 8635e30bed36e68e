"""What an init loaded, from its trace: modules, regular expressions, botocore's models."""

from __future__ import annotations

import importlib.util
import marshal
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .readahead.child import ANSWER, LISTED, MODULE, OPENED, PATTERN

# Where botocore.loaders looks for models: its own folder, and that of boto3's resources.
_DATA_FOLDERS = ("/botocore/data", "/boto3/data")
MODEL_SUFFIXES = (".json", ".json.gz")


@dataclass
class InitFacts:
    """Names and sources of modules, and texts and flags of patterns, in the order of their load.

    `models` are paths of JSON files, `data_folders` the folders of models that were searched.
    `answer` is how a call with a sample event ended: the answer in hex, or ! and an exception.
    """

    modules: dict[str, str] = field(default_factory=dict)
    patterns: list[tuple[str | bytes, int]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    data_folders: list[str] = field(default_factory=list)
    answer: str = ""

    def take(self, trace: Iterable[str]) -> list[str]:
        """Take the facts out of a trace; return the lines of files that they do not replace."""
        rest = split_facts(trace, self)
        self._sort_modules(rest)
        self._take_models(rest)
        replaced = {OPENED + path for path in self._replaced()}
        return [line for line in rest if line not in replaced]

    def _sort_modules(self, trace: Iterable[str]) -> None:
        """Put the modules into the order in which their files were opened.

        That of sys.modules is the order in which they were complete.
        """
        opened: dict[str, int] = {}
        for number, line in enumerate(trace):
            if line[:1] == OPENED:
                opened.setdefault(line[1:], number)
        last = len(opened) and max(opened.values()) + 1

        def position(entry: tuple[str, str]) -> int:
            bytecode = importlib.util.cache_from_source(entry[1])
            return opened.get(bytecode, opened.get(entry[1], last))

        self.modules = dict(sorted(self.modules.items(), key=position))

    def _take_models(self, trace: Iterable[str]) -> None:
        for line in trace:
            kind, path = line[:1], line[1:]
            if kind == LISTED and path.endswith(_DATA_FOLDERS):
                self.data_folders.append(path)
            elif kind == OPENED and _is_model(path):
                self.models.append(path)

    def _replaced(self) -> Iterator[str]:
        yield from self.models
        for origin in self.modules.values():
            bytecode = importlib.util.cache_from_source(origin)
            # Without bytecode the source was compiled; its own time remains to be looked up.
            yield bytecode if os.path.exists(bytecode) else origin


def _is_model(path: str) -> bool:
    in_data = any(f"{folder}/" in path for folder in _DATA_FOLDERS)
    return in_data and path.endswith(MODEL_SUFFIXES)


def split_facts(trace: Iterable[str], facts: InitFacts | None = None) -> list[str]:
    """Put what a trace says about modules and patterns into `facts`; return its other lines."""
    facts = InitFacts() if facts is None else facts
    rest = []
    for line in trace:
        kind, text = line[:1], line[1:]
        if kind == MODULE:
            name, _, origin = text.partition("\t")
            facts.modules[name] = origin
        elif kind == PATTERN:
            facts.patterns.append(marshal.loads(bytes.fromhex(text)))  # noqa: S302  (our child's)
        elif kind == ANSWER:
            facts.answer = text
        else:
            rest.append(line)
    return rest

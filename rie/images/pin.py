"""`rie pin`: pins base images to their current digests.

References are where they are used: defaults of build arguments, and bootstrap/bases.json.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from rie.cli import describe
from rie.console import print_progress
from rie.images.reference import Reference, parse, resolve_digest
from rie.paths import ROOT

_WORD = re.compile(r"""(?<=[="\s])[\w.-]+(?::\d+)?/[\w./-]+:[\w.-]+(?:@sha256:[0-9a-f]{64})?""")
_DEFAULT = re.compile(r"^ARG \w+=.*$", re.MULTILINE)


def files(root: Path) -> list[Path]:
    """The files that name base images."""
    found = [root / "Dockerfile", *root.glob("functions/*/Dockerfile")]
    return [path for path in (*sorted(found), root / "bootstrap" / "bases.json") if path.is_file()]


def references(text: str, name: str) -> Iterator[tuple[str, Reference]]:
    """The references to registries in a file's text, as written and parsed."""
    places = _DEFAULT.findall(text) if name == "Dockerfile" else [text]
    for word in dict.fromkeys(word for place in places for word in _WORD.findall(place)):
        reference = parse(word)
        if reference is not None:
            yield word, reference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie pin`."""
    describe(
        parser,
        """Pin base images to their current digests.

        Asks each registry for the digest of its tag and writes it next to the tag, in the
        Dockerfiles and in bootstrap/bases.json.""",
        examples=["pin", "pin --check    exit with 1 if a pin is not current"],
    )
    parser.add_argument("--check", action="store_true", help="Change no file.")


def execute(args: argparse.Namespace, root: Path = ROOT) -> int:
    """Pin all of them or none; a line for each on stdout. Raises UserError."""
    texts = {path: path.read_text() for path in files(root)}
    now: dict[Reference, Reference] = {}
    changes: dict[Path, str] = {}
    for path, text in texts.items():
        for word, reference in references(text, path.name):
            tag = Reference(reference.registry, reference.repository, reference.tag)
            if tag not in now:
                print_progress(f"Asking {tag.registry} for {tag.repository}:{tag.tag} …")
                now[tag] = resolve_digest(tag)
            same = reference == now[tag]
            print(f"{path.relative_to(root)}: {now[tag]}{' (unchanged)' if same else ''}")
            if not same:
                changes[path] = changes.get(path, text).replace(word, str(now[tag]))
    if args.check:
        return 1 if changes else 0
    for path, text in changes.items():
        path.write_text(text)
    return 0

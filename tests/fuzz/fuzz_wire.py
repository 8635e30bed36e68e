"""``python -m tests.fuzz.fuzz_wire [libFuzzer options]``: atheris on the wire parser.

Ends after a minute unless -max_total_time says otherwise. Needs tests/fuzz/requirements.txt; a
finding is written to the working directory as crash-… and repeats when that file is given as the
argument.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore  # noqa: PGH003  (stubs or not, installed or not)

with atheris.instrument_imports(include=["surefoot"]):
    from tests.fuzz.wire_properties import SEEDS, WORDS, check

# Later options win, so whatever the user gives replaces these.
_DEFAULTS = ["-max_total_time=60", "-max_len=2000", "-print_final_stats=1"]


def main() -> None:
    """Fuzz; atheris ends the process itself."""
    with tempfile.TemporaryDirectory(prefix="surefoot-fuzz-") as directory:
        corpus = Path(directory, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(SEEDS):
            (corpus / str(number)).write_bytes(b"\x05" + seed)
        words = Path(directory, "words")
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS))
        arguments = [sys.argv[0], *_DEFAULTS, f"-dict={words}", *sys.argv[1:]]
        # With a file to repeat, libFuzzer takes no corpus.
        if not any(Path(each).is_file() for each in sys.argv[1:]):
            arguments.append(str(corpus))
        atheris.Setup(arguments, check)
        atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()

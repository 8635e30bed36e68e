"""``python -m tests.mutants``: change the runtime in small ways and see whether its tests fail.

cosmic-ray makes the mutants, one operator at one place. Each is tried in a copy of the checkout,
by the tests that concern its module, up to the first that fails. The score counts those that were
noticed. A survivor is written to build/mutants/survivors.tsv with its place; one that no test can
notice goes to tests/mutants/equivalent.tsv with the reason, and counts no more. Exit code 1 when
other survivors are left. The same seed takes the same sample.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rie.console import print_progress
from rie.paths import ROOT
from tests.mutants.targets import OPERATORS, TARGETS, Target

WORK = ROOT / "build" / "mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.tsv")
PYTHON = ROOT / ".venv" / "bin" / "python"
_PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
_PACKAGE = Path("runtime", "surefoot")
# A mutant that hangs is noticed, too; so much longer than the unchanged module may it take.
PATIENCE, EXTRA_S = 4, 20


@dataclass(frozen=True)
class Mutant:
    """One change: the n-th place where an operator fits, in a module."""

    target: Target
    operator: str
    occurrence: int
    line: int


@dataclass(frozen=True)
class Outcome:
    """What became of it: noticed or not, and the line before and after."""

    mutant: Mutant
    noticed: bool
    before: str
    after: str


def main() -> int:
    """Run it from the command line; 0 when only equivalent mutants survive."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=400, metavar="N", help="how many (0: all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--only", action="append", metavar="MODULE", help="such as client.py")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    options = parser.parse_args()
    targets = [each for each in TARGETS if not options.only or each.module in options.only]
    mutants = [mutant for target in targets for mutant in _mutants(target)]
    print_progress(f"{len(mutants)} mutants in {len(targets)} modules")
    if options.sample and options.sample < len(mutants):
        chance = random.Random(options.seed)  # noqa: S311 (no secret)
        mutants = sorted(chance.sample(mutants, options.sample), key=mutants.index)
    limits = _limits(targets)
    outcomes = list(_try(mutants, limits, options.jobs))
    return _report(outcomes)


def _mutants(target: Target) -> Iterator[Mutant]:
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator

    tree = get_ast_from_path(ROOT / _PACKAGE / target.module)
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [
            start for node in ast_nodes(tree) for start, _ in operator.mutation_positions(node)
        ]
        for occurrence, (line, _) in enumerate(places):
            yield Mutant(target, name, occurrence, line)


def _command(target: Target) -> list[str]:
    return [str(PYTHON), *_PYTEST, *(f"tests/{path}" for path in target.tests)]


def _limits(targets: Sequence[Target]) -> dict[str, float]:
    """Seconds that each module's tests may take; what fails unchanged can show nothing."""
    copy = _copy("baseline")
    limits = {}
    for target in targets:
        began = time.monotonic()
        if _fails(copy, target, None):
            raise SystemExit(f"the tests of {target.module} fail unchanged: {_command(target)}")
        seconds = time.monotonic() - began
        limits[target.module] = PATIENCE * seconds + EXTRA_S
        print_progress(f"{target.module}: {seconds:.1f} s a mutant at most")
    return limits


def _fails(copy: Path, target: Target, limit: float | None) -> bool:
    """Whether the tests fail in a copy, or take longer than the limit."""
    with subprocess.Popen(
        _command(target),
        cwd=copy,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            return process.wait(limit) != 0
        except subprocess.TimeoutExpired:
            return True
        finally:
            _end_all(copy)


def _end_all(copy: Path) -> None:
    """End what runs in a copy: a mutant may leave runtime processes that never end."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if os.fsencode(copy) in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGKILL)
        except OSError:
            continue  # it ended meanwhile, or is another user's


def _copy(name: str) -> Path:
    """A copy of the checkout as it stands, for one worker."""
    target = WORK / name
    shutil.rmtree(target, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for path in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if path and (ROOT / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, target / path)
    return target


def _try(mutants: Sequence[Mutant], limits: dict[str, float], jobs: int) -> Iterator[Outcome]:
    """Try several at a time, each in a copy of the checkout of its own."""
    copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for number in range(jobs):
        copies.put(_copy(f"worker-{number}"))

    def one(mutant: Mutant) -> Outcome:
        copy = copies.get()
        try:
            return _outcome(copy, mutant, limits[mutant.target.module])
        finally:
            copies.put(copy)

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for number, outcome in enumerate(pool.map(one, mutants), 1):
            if not outcome.noticed:
                print_progress(f"survived: {_place(outcome)}: {outcome.before} → {outcome.after}")
            if number % 20 == 0 or number == len(mutants):
                print_progress(f"{number} of {len(mutants)} in {time.monotonic() - began:.0f} s")
            yield outcome


def _outcome(copy: Path, mutant: Mutant, limit: float) -> Outcome:
    from cosmic_ray.mutating import use_mutation
    from cosmic_ray.plugins import get_operator

    path = copy / _PACKAGE / mutant.target.module
    operator = get_operator(f"core/{mutant.operator}")()
    with use_mutation(path, operator, mutant.occurrence) as (before, after):
        lines = zip(before.splitlines(), (after or before).splitlines(), strict=False)
        changed = [(old.strip(), new.strip()) for old, new in lines if old != new]
        old, new = changed[0] if changed else ("", "")
        return Outcome(mutant, not changed or _fails(copy, mutant.target, limit), old, new)


def _place(outcome: Outcome) -> str:
    return f"{_PACKAGE / outcome.mutant.target.module}:{outcome.mutant.line}"


def _report(outcomes: Sequence[Outcome]) -> int:
    """Print the score of each module and write the survivors."""
    known = {tuple(line.split("\t")[:3]) for line in EQUIVALENT.read_text().splitlines()}
    survivors = [each for each in outcomes if not each.noticed]
    left = [each for each in survivors if _row(each) not in known]
    for module in dict.fromkeys(each.mutant.target.module for each in outcomes):
        tried = [each for each in outcomes if each.mutant.target.module == module]
        missed = sum(each.mutant.target.module == module for each in left)
        print(f"{module:24} {len(tried):4} mutants, {missed:3} not noticed")
    equivalent = len(survivors) - len(left)
    judged = len(outcomes) - equivalent
    score = (judged - len(left)) / judged if judged else 1.0
    print(f"{len(outcomes)} mutants, {equivalent} equivalent, score {score:.1%}")
    lines = [
        "\t".join([*_row(each), f"{_place(each)} {each.mutant.operator}"]) + "\n" for each in left
    ]
    (WORK / "survivors.tsv").write_text("".join(lines))
    if left:
        print_progress(f"{len(left)} survivors are in {WORK.relative_to(ROOT)}/survivors.tsv")
    return 1 if left else 0


def _row(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.mutant.target.module, outcome.before, outcome.after


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.mutants``: change the runtime in small ways and see whether its tests fail.

cosmic-ray makes the mutants, one operator at one place. Each is tried in a copy of the checkout,
by the tests that concern its module, up to the first that fails. The score counts those that were
noticed. A survivor is written to build/mutants/survivors.tsv with its place; one that no test can
notice goes to tests/mutants/equivalent.tsv with the reason, and counts no more. Exit code 1 when
other survivors are left. The same seed takes the same sample. README.md has the figures.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import queue
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.mutants.checkout import WORK, Checkout
from tests.mutants.memory import Memory, Mutant, Outcome
from tests.mutants.results import Score, table, write
from tests.mutants.targets import OPERATORS, ROOT, TARGETS, Target

EQUIVALENT = Path(__file__).with_name("equivalent.tsv")
# A mutant that hangs is noticed, too; so much longer than the unchanged module may it take.
PATIENCE, EXTRA_S = 4, 8


# Seconds for each list of tests.
Limits = dict[tuple[str, ...], float]


def main() -> int:
    """Run it from the command line; 0 when only equivalent mutants survive."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=400, metavar="N", help="how many (0: all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--only", action="append", metavar="MODULE", help="_runtime/loop.py, or functions/"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument(
        "--survivors",
        action="store_true",
        help="what earlier runs on the same source noticed stays so",
    )
    parser.add_argument("--quick", action="store_true", help="in-process tests only")
    parser.add_argument("--record", action="store_true", help="write tests/mutants/results.tsv")
    options = parser.parse_args()
    targets = [each for each in TARGETS if _is_wanted(each.module, options.only)]
    mutants = [mutant for target in targets for mutant in _mutants(target)]
    print_progress(f"{len(mutants)} mutants in {len(targets)} modules")
    if options.sample and options.sample < len(mutants):
        chance = random.Random(options.seed)  # noqa: S311 (no secret)
        mutants = sorted(chance.sample(mutants, options.sample), key=mutants.index)
    memory = Memory(WORK / "outcomes.jsonl")
    if not options.survivors:
        memory.forget(mutants)
    known = _equivalent()
    left = [
        each
        for each in mutants
        if not memory.was_noticed(each) and (each.target.module, *memory.change(each)) not in known
    ]
    print_progress(f"{len(left)} to try")
    limits = _limits({each.target: None for each in left}, options.quick)
    for outcome in _try(left, limits, options.jobs, options.quick):
        memory.keep(outcome)
    return _report([memory.outcome(each) for each in mutants], options.record)


def _is_wanted(module: str, only: Sequence[str] | None) -> bool:
    """Whether a module is named, or lies in a folder that is."""
    return not only or any(
        module == each or module.startswith(f"{each.rstrip('/')}/") for each in only
    )


def print_progress(text: str) -> None:
    """Print a line to stderr; rie's own needs packages that are not installed with cosmic-ray."""
    print(text, file=sys.stderr, flush=True)


def _equivalent() -> set[tuple[str, ...]]:
    """Module, line before and line after of each that no test can notice."""
    return {tuple(line.split("\t")[:3]) for line in EQUIVALENT.read_text().splitlines()}


def _mutants(target: Target) -> Iterator[Mutant]:
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator

    path = ROOT / target.path
    tree = get_ast_from_path(path)
    lines = path.read_text().splitlines()
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [
            start for node in ast_nodes(tree) for start, _ in operator.mutation_positions(node)
        ]
        for occurrence, (line, _) in enumerate(places):
            # Imports for annotations alone; tests/performance counts that they cost no start.
            if "TYPE_CHECKING" not in lines[line - 1]:
                yield Mutant(target, name, occurrence, line)


def _limits(targets: Iterable[Target], quick: bool) -> Limits:
    """Seconds that each list of tests may take; what fails unchanged can show nothing."""
    copy = Checkout("baseline")
    limits: Limits = {}
    for target in targets:
        for tests in target.stages(quick):
            if tests in limits:
                continue
            began = time.monotonic()
            if copy.fails(tests, None):
                raise SystemExit(f"the tests of {target.module} fail unchanged: {tests}")
            seconds = time.monotonic() - began
            limits[tests] = PATIENCE * seconds + EXTRA_S
            print_progress(f"{target.module}: {seconds:.1f} s for {len(tests)} paths of tests")
    copy.close()
    return limits


def _try(mutants: Sequence[Mutant], limits: Limits, jobs: int, quick: bool) -> Iterator[Outcome]:
    """Try several at a time, each in a copy of the checkout of its own."""
    copies: queue.SimpleQueue[Checkout] = queue.SimpleQueue()
    for number in range(jobs):
        copies.put(Checkout(f"worker-{number}"))

    def one(mutant: Mutant) -> Outcome:
        copy = copies.get()
        try:
            return _outcome(copy, mutant, limits, quick)
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
    for _ in range(jobs):
        copies.get().close()


def _outcome(copy: Checkout, mutant: Mutant, limits: Limits, quick: bool) -> Outcome:
    from cosmic_ray.mutating import use_mutation
    from cosmic_ray.plugins import get_operator

    path = copy.path / mutant.target.path
    operator = get_operator(f"core/{mutant.operator}")()
    began = time.monotonic()
    with use_mutation(path, operator, mutant.occurrence) as (before, after):
        lines = zip(before.splitlines(), (after or before).splitlines(), strict=False)
        changed = [(old.strip(), new.strip()) for old, new in lines if old != new]
        old, new = changed[0] if changed else ("", "")
        noticed = not changed or any(
            copy.fails(tests, limits[tests]) for tests in mutant.target.stages(quick)
        )
    return Outcome(mutant, noticed, old, new, time.monotonic() - began)


def _place(outcome: Outcome) -> str:
    return f"{outcome.mutant.target.path}:{outcome.mutant.line}"


def _report(outcomes: Sequence[Outcome], record: bool) -> int:
    """Print the score of each module and write the survivors."""
    known = _equivalent()
    scores = {}
    for module in dict.fromkeys(each.mutant.target.module for each in outcomes):
        tried = [each for each in outcomes if each.mutant.target.module == module]
        survivors = [each for each in tried if not each.noticed]
        equivalent = sum(_row(each) in known for each in survivors)
        noticed = len(tried) - len(survivors)
        seconds = round(sum(each.seconds for each in tried))
        scores[module] = Score(len(tried), noticed, equivalent, seconds)
    for line in table(scores):
        print(line)
    if record:
        write(scores)
    left = [each for each in outcomes if not each.noticed and _row(each) not in known]
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

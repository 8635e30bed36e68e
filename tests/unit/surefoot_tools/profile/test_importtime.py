from __future__ import annotations

from surefoot_tools.profile.importtime import Import, nest, parse, place

HEADER = b"import time: self [us] | cumulative | imported package\n"


def line(name: str, self_us: int, cumulative_us: int, level: int = 0) -> bytes:
    """As CPython prints it, in import_find_and_load()."""
    text = f"import time: {self_us:9d} | {cumulative_us:10d} | {'':{level * 2}}{name}\n"
    return text.encode()


def rows(*lines: tuple[int, bytes]) -> list[Import]:
    return parse([(0, HEADER), *lines]).imports


def test_a_line_gives_name_times_and_level() -> None:
    (found,) = rows((7, line("json.decoder", 12, 345, level=2)))
    assert (found.name, found.self_ns, found.cumulative_ns) == ("json.decoder", 12_000, 345_000)
    assert (found.level, found.arrived_ns) == (2, 7)


def test_what_the_function_writes_stays_apart() -> None:
    parsed = parse(
        [
            (0, HEADER),
            (1, b"a line of the function's own\n"),
            (2, b"no line end" + line("json", 1, 1)),
            (3, b"import time: is a fine subject | for a log\n"),
            (4, b"the end"),
        ]
    )
    assert [each.name for each in parsed.imports] == ["json"]
    assert parsed.output == (
        b"a line of the function's own\n"
        b"no line endimport time: is a fine subject | for a log\n"
        b"the end"
    )


def test_a_file_that_ends_within_a_line_loses_nothing_else() -> None:
    parsed = parse([(0, HEADER), (1, line("json", 1, 1)), (2, b"import time:       12 |")])
    assert [each.name for each in parsed.imports] == ["json"]
    assert parsed.output == b"import time:       12 |"


def test_names_that_are_no_utf8_are_kept_readable() -> None:
    (found,) = rows((1, b"import time:         1 |          1 | caf\xe9\n"))
    assert found.name == "caf\\xe9"


def test_other_python_processes_are_told_by_their_header() -> None:
    lines = [
        (0, HEADER),
        (1, line("json", 1, 1)),
        (2, HEADER),
        (3, line("json", 2, 2)),
        (4, line("theirs", 2, 2)),
        (5, line("ours", 3, 3)),
    ]
    parsed = parse(lines, known={"json", "ours"})
    assert [(each.name, each.self_ns) for each in parsed.imports] == [
        ("json", 1000),
        ("ours", 3000),
    ]
    assert [each.name for each in parsed.foreign] == ["json", "theirs"]
    assert [each.name for each in parse(lines).imports] == ["json"]


def test_inner_imports_stand_before_the_one_that_they_belong_to() -> None:
    roots = nest(
        rows(
            (1, line("b", 1, 1, level=1)),
            (2, line("d", 1, 1, level=2)),
            (3, line("c", 1, 2, level=1)),
            (4, line("a", 1, 4)),
            (5, line("e", 1, 1)),
        )
    )
    assert [each.name for each in roots] == ["a", "e"]
    assert [each.name for each in roots[0].children] == ["b", "c"]
    assert [each.name for each in roots[0].children[1].children] == ["d"]


def test_imports_of_one_that_never_ended_are_outermost() -> None:
    # The runtime's own: it serves while it is imported.
    roots = nest(rows((1, line("a", 1, 1, level=1)), (2, line("b", 1, 1, level=1))))
    assert [each.name for each in roots] == ["a", "b"]


def test_an_import_ends_when_its_line_arrives() -> None:
    roots = nest(rows((10_000, line("a", 2, 2)), (30_000, line("b", 5, 5))))
    place(roots)
    assert [(each.begin_ns, each.end_ns) for each in roots] == [(8_000, 10_000), (25_000, 30_000)]


def test_lines_that_arrive_together_are_laid_one_after_the_other() -> None:
    roots = nest(rows((9_000, line("a", 2, 2)), (9_000, line("b", 3, 3))))
    place(roots)
    assert [(each.begin_ns, each.end_ns) for each in roots] == [(4_000, 6_000), (6_000, 9_000)]


def test_a_child_lies_within_its_parent_although_the_parents_line_was_late() -> None:
    roots = nest(
        rows(
            (3_000, line("b", 2, 2, level=1)),
            (5_000, line("c", 2, 2, level=1)),
            (20_000, line("a", 1, 5)),
        )
    )
    place(roots)
    (parent,) = roots
    first, second = parent.children
    assert (parent.begin_ns, parent.end_ns) == (15_000, 20_000)
    assert parent.begin_ns <= first.begin_ns
    assert first.end_ns <= second.begin_ns
    assert second.end_ns <= parent.end_ns

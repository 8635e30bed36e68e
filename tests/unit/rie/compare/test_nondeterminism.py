"""What varies by itself is masked, and nothing else."""

from __future__ import annotations

from rie.compare.nondeterminism import settle


def test_texts_that_never_vary_are_left_alone() -> None:
    assert settle(["a 1", "a 1"], ["a 2", "a 2"]) == ("a 1", "a 2", False)


def test_of_json_only_the_values_that_vary_are_masked() -> None:
    theirs, ours, varies = settle(['{"a": 1, "b": [1, {}]}', '{"a": 2, "b": [1, {}]}'], ['{"a":3}'])
    assert varies
    assert theirs == "$.a = <varies>\n$.b[0] = 1\n$.b[1] = {}"
    assert ours == "$.a = <varies>"


def test_of_other_text_the_numbers_are_masked() -> None:
    theirs, ours, _ = settle(["took 12 ms in f3-a9", "took 9 ms in 00-b1"], ["took 7 ms in 1-2"])
    assert theirs == ours == "took <n> ms in <n>"


def test_a_text_seen_under_both_clients_is_no_difference() -> None:
    theirs, ours, varies = settle(["head", "tail"], ["tail", "tail"])
    assert theirs == ours
    assert varies


def test_what_differs_beside_what_varies_is_kept() -> None:
    theirs, ours, _ = settle(["1 x", "2 x"], ["3 y", "4 y"])
    assert (theirs, ours) == ("<n> x", "<n> y")

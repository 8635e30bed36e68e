from __future__ import annotations

import os

from rie.local.official_rie import LogTail


def test_an_invocation_ends_with_its_report_and_the_next_one_follows() -> None:
    with LogTail() as tail:
        os.write(tail.write_end, b"START RequestId: 1\nhello\nREPORT RequestId: 1\tx\n")
        os.write(tail.write_end, b"START RequestId: 2\n\xff\nREPORT RequestId: 2\tx\n")
        assert tail.invocation() == ["START RequestId: 1", "hello", "REPORT RequestId: 1\tx"]
        assert tail.invocation()[1:] == ["\ufffd", "REPORT RequestId: 2\tx"]


def test_without_a_report_it_gives_what_there_is() -> None:
    with LogTail() as tail:
        os.write(tail.write_end, b"panic: no report\n")
        assert tail.invocation(limit_s=0.05) == ["panic: no report"]

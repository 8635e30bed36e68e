from __future__ import annotations

import os

from surefoot_tools.profile.procfs import Reads, mapped_files, parse_io, parse_smaps, reads

SMAPS = """\
55d0c8a00000-55d0c8a2e000 r--p 00000000 08:01 1234   /usr/bin/a program
Size:                184 kB
Rss:                 100 kB
55d0c8a2e000-55d0c8a30000 r-xp 0002e000 08:01 1234   /usr/bin/a program
Rss:                  20 kB
7ffd1c5e0000-7ffd1c601000 rw-p 00000000 00:00 0      [stack]
Rss:                  12 kB
7f2b00000000-7f2b00001000 rw-p 00000000 00:00 0
Rss:                   4 kB
"""


def test_reads_are_what_the_kernel_counts() -> None:
    text = "rchar: 500\nwchar: 9\nsyscr: 4\nsyscw: 1\nread_bytes: 0\n"
    assert parse_io(text) == Reads(500, 4)
    assert Reads(700, 9).since(Reads(500, 4)) == Reads(200, 5)


def test_the_mappings_of_a_file_are_added_up_and_memory_is_no_file() -> None:
    assert parse_smaps(SMAPS) == {"/usr/bin/a program": 120 * 1024}


def test_a_process_that_is_gone_has_no_figures() -> None:
    assert reads(-1) is None
    assert mapped_files(-1) == {}


def test_this_process_has_a_program() -> None:
    assert os.path.realpath("/proc/self/exe") in mapped_files(os.getpid())

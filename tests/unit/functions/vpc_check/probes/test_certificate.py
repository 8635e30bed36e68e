"""Certificates read by us, against the library that made them."""

from __future__ import annotations

import pytest

from tests.unit.functions.vpc_check.probes.certificates import authority, issue
from vpc_check.probes.certificate import Certificate, MalformedCertificate, read_certificate

DAY = 86_400.0
AUTHORITY = authority("The authority, inc. \N{SNOWMAN}")


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["one.test"],
        ["*.many.test", "10.0.0.1", "fd77::1"],
        [f"{number}.long.test" for number in range(300)],  # lengths of two and three bytes
    ],
)
def test_fields_are_what_the_library_put_in(names: list[str]) -> None:
    made = issue(AUTHORITY, "subject.test", names, first=-400, last=12_000)  # both kinds of dates
    seen = read_certificate(made.der)
    assert seen.subject == "subject.test"
    assert seen.issuer == "The authority, inc. \N{SNOWMAN}"
    assert list(seen.names) == names
    assert seen.not_before == made.certificate.not_valid_before_utc.timestamp()
    assert seen.not_after == made.certificate.not_valid_after_utc.timestamp()


def test_it_is_described_by_its_dates() -> None:
    certificate = Certificate("a.test", "CA", ("a.test", "b.test"), 10 * DAY, 100 * DAY)
    shared = "certificate of a.test (names: a.test, b.test) by CA, "
    assert certificate.describe(90 * DAY) == f"{shared}valid until 1970-04-11, 10 days left"
    assert certificate.describe(101 * DAY) == f"{shared}expired on 1970-04-11"
    assert certificate.describe(1 * DAY) == f"{shared}valid only from 1970-01-11"
    assert [certificate.valid(day * DAY) for day in (1, 50, 101)] == [False, True, False]


def test_of_many_names_some_are_shown() -> None:
    names = tuple(f"{number}.test" for number in range(8))
    shown = Certificate("", "CA", names, 0, DAY).describe(0)
    assert "of no subject (names: 0.test, 1.test, 2.test, 3.test, 4.test and 3 more)" in shown


def test_damaged_ones_are_refused_and_nothing_else_happens() -> None:
    whole = issue(AUTHORITY, "subject.test", ["a.test", "10.0.0.1"]).der
    damaged = [whole[:length] for length in range(len(whole))]
    damaged += [
        whole[:at] + bytes([value]) + whole[at + 1 :]
        for at in range(len(whole))
        for value in (0x00, 0x01, 0x30, 0x7F, 0x80, 0x84, 0xFF, whole[at] ^ 0x20)
    ]
    refused = 0
    for data in damaged:
        try:
            read_certificate(data).describe()
        except MalformedCertificate:
            refused += 1
    assert len(whole) < refused < len(damaged)

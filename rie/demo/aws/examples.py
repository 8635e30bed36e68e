"""What the example events of a function need in moto."""

from __future__ import annotations


def prepare(name: str) -> dict[str, str]:
    """Fill moto for the function called `name`; returns the variables that fit to it.

    Other functions get an empty account.
    """
    if name == "scheduled_scaling":
        from rie.demo.aws import scaling_fixtures

        scaling_fixtures.night()
        # moto knows no engine docdb, and shows instances of another one by the same API.
        return {"SCALING_ENGINES": scaling_fixtures.ENGINE}
    return {}

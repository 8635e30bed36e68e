"""Pandas reads a small CSV."""

import io

import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]

CSV = "name,size\n" + "".join(f"n{number},{number}\n" for number in range(50))


def handler(event: object, context: object) -> int:
    return int(pd.read_csv(io.StringIO(CSV))["size"].sum())

"""Fixtures of the functions' tests: AWS is moto over HTTP, emptied before each test."""

from tests.functions.conftest import aws, moto_url

__all__ = ["aws", "moto_url"]

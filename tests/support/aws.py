"""AWS for tests: moto's server in this process, spoken to over HTTP on loopback."""

from __future__ import annotations

from rie.demo.aws.moto_server import ACCOUNT, REGION, moto_server, reset_moto, variables

__all__ = ["ACCOUNT", "REGION", "moto_server", "reset_moto", "variables"]

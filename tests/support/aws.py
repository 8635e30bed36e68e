"""AWS for tests: moto's server in this process, spoken to over HTTP on loopback."""

from __future__ import annotations

from rie.demo.aws.moto_server import ACCOUNT, REGION, forget_everything, moto_server, variables

__all__ = ["ACCOUNT", "REGION", "forget_everything", "moto_server", "variables"]

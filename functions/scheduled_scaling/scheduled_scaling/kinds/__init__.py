"""Kinds of targets, one file each. A new one is a file like the others and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from scheduled_scaling.kinds import (
    auto_scaling_group,
    docdb_cluster,
    docdb_elastic,
    docdb_instances,
    docdb_serverless,
    ecs_service,
    scalable_target,
)
from scheduled_scaling.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {
    "auto-scaling-group": auto_scaling_group,
    "docdb-cluster": docdb_cluster,
    "docdb-elastic": docdb_elastic,
    "docdb-instances": docdb_instances,
    "docdb-serverless": docdb_serverless,
    "ecs-service": ecs_service,
    "scalable-target": scalable_target,
}

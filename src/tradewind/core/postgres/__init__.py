"""The database: an embedded PostgreSQL looked after here, or an external one by address.

``Cluster`` is the life of one embedded server, ``prepare`` makes database and roles ready
(embedded or external) and ``addresses`` says where they are. Two roles: the *owner* owns
the tables and migrates, the *app* role works under row-level security.
"""

from tradewind.core.postgres.addresses import (
    DATABASE,
    addresses,
    embedded_cluster,
    external_url,
    prepare,
    prepare_database,
    prepare_external,
)
from tradewind.core.postgres.cluster import Cluster
from tradewind.core.postgres.programs import find_programs
from tradewind.core.postgres.roles import Addresses

__all__ = [
    "DATABASE",
    "Addresses",
    "Cluster",
    "addresses",
    "embedded_cluster",
    "external_url",
    "find_programs",
    "prepare",
    "prepare_database",
    "prepare_external",
]

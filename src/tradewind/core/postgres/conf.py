"""The server's settings: modest enough to live beside everything else on one machine."""

from __future__ import annotations

from pathlib import Path

DESK: dict[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "768MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "huge_pages": "off",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "synchronous_commit": "on",
    "wal_buffers": "8MB",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "min_wal_size": "128MB",
    "max_wal_senders": "4",
    "checkpoint_timeout": "15min",
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "30s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.05",
    "idle_in_transaction_session_timeout": "10min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    # Statements carry what buyers wrote; the log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# Three idle processes that read ahead are not worth their memory on a desk.
SINCE: dict[int, dict[str, str]] = {18: {"io_method": "sync"}}

# For tests only: a power cut may lose everything, though a killed server still loses nothing.
FAST: dict[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10min",
    "max_wal_size": "512MB",
}

HBA = """\
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


def write_conf(data: Path, *, port: int, sockets: Path, name: str, major: int, fast: bool) -> None:
    """Write ``tradewind.conf`` of the data folder; ``local.conf`` beside it has the last word."""
    settings = dict(DESK)
    for since, more in SINCE.items():
        settings |= more if major >= since else {}
    settings |= FAST if fast else {}
    settings |= {"port": str(port), "unix_socket_directories": str(sockets), "cluster_name": name}
    lines = [f"{key} = '{value.replace(chr(39), chr(39) * 2)}'" for key, value in settings.items()]
    lines.append("include_if_exists = 'local.conf'")
    (data / "tradewind.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

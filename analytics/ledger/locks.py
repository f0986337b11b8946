"""Who may work on a workspace's ledger at the same time.

Writers and compaction share it; a rebuild, which changes what days mean, has it alone. On SQLite every writing
transaction is alone anyway. Who has it, has a stamp for what is written, too, without a statement more.
"""

import hashlib

from django.db import connection

from analytics.models.stamps import STAMP, keep_stamp


def share(workspace_id: int) -> None:
    """Keep rebuilds out until the transaction ends; waits for one that is under way."""
    _lock("pg_advisory_xact_lock_shared", workspace_id)


def try_to_share(workspace_id: int) -> bool:
    """As `share`, but does not wait: whether it is ours."""
    return _lock("pg_try_advisory_xact_lock_shared", workspace_id)


def take_alone(workspace_id: int) -> None:
    """Keep everybody who writes to the workspace's ledger out until the transaction ends.

    Waits for those who are writing for as long as it takes: only what answers a client gives up.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0")
    _lock("pg_advisory_xact_lock", workspace_id)


def _lock(function: str, workspace_id: int) -> bool:
    if connection.vendor != "postgresql":
        return True
    name = hashlib.sha256(f"campaignos ledger {workspace_id}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s), {STAMP}", [int.from_bytes(name[:8], "big", signed=True)])
        is_ours, now = cursor.fetchone()
    keep_stamp(now)
    return is_ours is not False

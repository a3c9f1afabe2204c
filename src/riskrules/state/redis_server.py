"""What a Redis server must be for windows to be exact, asked once when a store is bound.

A server that evicts keys when it is full would turn a busy account into one that never paid, so its policy must be
`noeviction`: then it refuses to record, and says so.
"""

from __future__ import annotations

from .redis_link import Link, Refused
from .store import WindowStoreError

OLDEST = (6, 2)
"""The first with ZADD GT, which keeps the latest of two times whatever order they come in, and SET PXAT."""
POLICY = "maxmemory-policy"


def check_server(link: Link, deadline: float) -> None:
    """WindowStoreError with what to set; Unreachable when the server does not answer."""
    told = _information(link, deadline)
    version = told.get("redis_version", "0")
    if tuple(int(x) for x in version.split(".")[:2] if x.isdigit()) < OLDEST:
        raise WindowStoreError(f"windows need Redis 6.2 or later, or Valkey; this server is `{version}`")
    if told.get("cluster_enabled") == "1":
        raise WindowStoreError("windows are not kept in a Redis Cluster: give one primary, with replicas if you like")
    policy = _policy(link, deadline) or told.get("maxmemory_policy", "")
    if policy != "noeviction":
        raise WindowStoreError(
            f"the server's `{POLICY}` is `{policy or 'unknown'}`, so it may forget keys without saying so; "
            f"set it with `CONFIG SET {POLICY} noeviction`, and in its configuration file"
        )


def _information(link: Link, deadline: float) -> dict[str, str]:
    reply = link.command(["INFO"], deadline)
    lines = reply.decode("utf-8", "replace").splitlines() if isinstance(reply, bytes) else []
    return {name: value for name, colon, value in (line.partition(":") for line in lines) if colon}


def _policy(link: Link, deadline: float) -> str:
    """Empty where the server does not let clients read its configuration: INFO has it too."""
    try:
        reply = link.command(["CONFIG", "GET", POLICY], deadline)
    except Refused:
        return ""
    value = reply[1] if isinstance(reply, list) and len(reply) == 2 else b""
    return value.decode() if isinstance(value, bytes) else ""

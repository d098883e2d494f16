"""How long, how much and how many the guard lets be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """Seconds, bytes and counts.

    `head_seconds` is for a client to send its request, `connect_seconds` for a site to take a
    connection, `idle_seconds` how long neither side may send anything; `head_bytes` bounds a
    request's head and a response's, `connections` how many are served at once: others wait.
    """

    head_seconds: float = 10.0
    connect_seconds: float = 10.0
    idle_seconds: float = 60.0
    head_bytes: int = 32 * 1024
    connections: int = 256

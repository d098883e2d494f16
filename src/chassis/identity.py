"""The name by which a process holds leases."""

import os
import secrets
import socket


def unique_name(service: str) -> str:
    """A name no other process has, nor this one after a restart: `converter@host-12-1f0c9a3e`."""
    return f"{service}@{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"

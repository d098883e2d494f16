"""Trace context: one id that follows a submission through every service.

Source: W3C Trace Context, https://www.w3.org/TR/trace-context/, version 00.
"""

import re
import secrets
from typing import TypeGuard

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def is_traceparent(value: object) -> TypeGuard[str]:
    """Whether `value` is a traceparent that may be passed on."""
    return isinstance(value, str) and _TRACEPARENT.fullmatch(value) is not None


def new_traceparent() -> str:
    """A fresh traceparent, sampled."""
    random = secrets.token_hex(16 + 8)
    return f"00-{random[:32]}-{random[32:]}-01"


def trace_id(traceparent: str) -> str:
    """The trace's id (32 hex digits), as logs carry it."""
    return traceparent.split("-")[1]

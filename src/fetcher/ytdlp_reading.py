"""Reading what yt-dlp says of a video: JSON whose fields may be missing, or of any kind."""

import math
from collections.abc import Mapping
from typing import Any, Final

Facts = Mapping[str, Any]
"""An info dictionary of yt-dlp (its `yt_dlp/extractor/common.py` describes the fields)."""

_LONGEST: Final = 1000
_UNSEEN: Final = dict.fromkeys([*range(0x20), 0x7F, 0xFEFF], " ")


def text(facts: Facts, *names: str) -> str | None:
    """The first of those fields that has a text in it, on one line, at most 1000 characters."""
    for name in names:
        value = facts.get(name)
        if isinstance(value, str) and (cleaned := line(value)):
            return cleaned
    return None


def line(value: str) -> str:
    """`value` on one line, without what cannot be stored, at most 1000 characters."""
    shown = value.encode("utf-8", "ignore").decode().translate(_UNSEEN)
    return " ".join(shown.split())[:_LONGEST]


def number(facts: Facts, name: str) -> float | None:
    """That field if it is a finite number."""
    value = facts.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def dictionaries(facts: Facts, name: str) -> list[Facts]:
    """The dictionaries in the list that field is."""
    value = facts.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(facts: Facts, name: str) -> list[str]:
    """The texts in the list that field is, as `text`."""
    value = facts.get(name)
    items = value if isinstance(value, list) else []
    return [cleaned for item in items if isinstance(item, str) and (cleaned := line(item))]

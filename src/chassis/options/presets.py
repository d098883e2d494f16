"""Presets: options by the names that people use for them."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.options.values import BITRATES_KBIT, QUALITY_MAX, InvalidOption

VOICE: Final[Mapping[str, Any]] = {
    "quality": 6,
    "bitrate": None,
    "channels": 1,
    "sample_rate": 24000,
    "lowpass": 9000,
}
"""For speech: about 45 kbit/s, nothing that a voice needs is missing."""

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    **{f"V{level}": {"quality": level, "bitrate": None} for level in range(QUALITY_MAX + 1)},
    **{str(kbit): {"bitrate": kbit, "quality": None} for kbit in reversed(BITRATES_KBIT)},
    "voice": VOICE,
}


def preset(text: str) -> Mapping[str, Any]:
    """What the preset `text` sets; raises InvalidOption."""
    name = text.upper().removesuffix("K")
    chosen = PRESETS.get(name) or PRESETS.get(name.lower())
    if chosen is None:
        raise InvalidOption(
            f"preset is V0 to V{QUALITY_MAX}, a bitrate such as 320 or 128, or voice; "
            f"{text[:20]!r} is not."
        )
    return chosen

"""What a user may ask of an MP3: one validated model for every way in (form fields, JSON)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from chassis.errors import Permanent

QUALITY_MAX = 9
DEFAULT_QUALITY = 2

# The constant bitrates of MPEG-1 Layer III in that range (ISO/IEC 11172-3, bit_rate_index).
BITRATES_KBIT = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320)


class InvalidOption(Permanent):
    """An option is unknown, has a value outside its range, or contradicts another."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid_option", detail)


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """Options of one conversion; exactly one of `bitrate` and `quality` is set.

    bitrate: constant bitrate in kbit/s; quality: LAME's VBR quality, 0 (best) to 9 (smallest).
    """

    bitrate: int | None = None
    quality: int | None = DEFAULT_QUALITY

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Options from what a user wrote; raises InvalidOption with a sentence for that user."""
        unknown = sorted(set(fields) - set(OPTION_NAMES))
        if unknown:
            known = ", ".join(OPTION_NAMES)
            raise InvalidOption(f"There is no option {unknown[0]!r}; the options are {known}.")
        if "bitrate" in fields and "quality" in fields:
            raise InvalidOption("Give either bitrate or quality, not both.")
        if "bitrate" in fields:
            return cls(bitrate=_bitrate(fields["bitrate"]), quality=None)
        if "quality" in fields:
            return cls(quality=_quality(fields["quality"]))
        return cls()

    def to_document(self) -> dict[str, Any]:
        """The options as plain data, as the job keeps and shows them."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The options that `to_document` wrote."""
        return cls(bitrate=document.get("bitrate"), quality=document.get("quality"))


OPTION_NAMES = ("bitrate", "quality")


def _bitrate(text: str) -> int:
    digits = text.strip().lower().removesuffix("k")
    if digits.isascii() and digits.isdigit() and int(digits) in BITRATES_KBIT:
        return int(digits)
    choices = ", ".join(f"{kbit}k" for kbit in BITRATES_KBIT)
    raise InvalidOption(f"bitrate is one of {choices}; {text[:20]!r} is not.")


def _quality(text: str) -> int:
    digits = text.strip().upper().removeprefix("V")
    if len(digits) == 1 and digits.isascii() and digits.isdigit():
        return int(digits)
    raise InvalidOption(f"quality is V0 (best) to V{QUALITY_MAX} (smallest); {text[:20]!r} is not.")

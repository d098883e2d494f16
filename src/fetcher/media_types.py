"""What an answer is, by its first bytes, and by its Content-Type where they say nothing.

Servers call a video many things; its first bytes are what the converter will go by. Source:
https://mimesniff.spec.whatwg.org and the formats' own specifications.
"""

import codecs
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

SNIFFED_BYTES: Final = 1024
"""How many of the first bytes are looked at."""


class Nature(Enum):
    """What can be done with an answer."""

    MEDIA = "media"
    PAGE = "page"
    """A page or a manifest: an extractor may find a video in it."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Recognized:
    """What an answer is; `content_type` is that of media."""

    nature: Nature
    content_type: str = ""


_BINARY: Final = "application/octet-stream"
_OTHER: Final = Recognized(Nature.OTHER)
_PAGE: Final = Recognized(Nature.PAGE)

_MAGIC: Final[tuple[tuple[bytes, int, str], ...]] = (
    (b"\x1aE\xdf\xa3", 0, "video/x-matroska"),
    (b"OggS", 0, "application/ogg"),
    (b"fLaC", 0, "audio/flac"),
    (b"ID3", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
    (b"AVI ", 8, "video/x-msvideo"),
    (b"FLV\x01", 0, "video/x-flv"),
    (b"0&\xb2u\x8ef\xcf\x11", 0, "video/x-ms-asf"),
    (b"\x00\x00\x01\xba", 0, "video/mpeg"),
    (b"\x00\x00\x01\xb3", 0, "video/mpeg"),
    (b"AIFF", 8, "audio/aiff"),
    (b"AIFC", 8, "audio/aiff"),
    (b"caff", 0, "audio/x-caf"),
    (b".snd", 0, "audio/basic"),
    (b"#!AMR", 0, "audio/amr"),
    (b"wvpk", 0, "audio/x-wavpack"),
    (b"MAC ", 0, "audio/x-ape"),
    (b"TTA1", 0, "audio/x-tta"),
    (b".RMF", 0, "application/vnd.rn-realmedia"),
    (b"\x0bw", 0, "audio/ac3"),
    (b"\x7f\xfe\x80\x01", 0, "audio/vnd.dts"),
    (b"\x06\x0e+4\x02\x05\x01\x01", 0, "application/mxf"),
    (b"nut/multimedia container\x00", 0, "video/x-nut"),
)
_PICTURES_IN_BOXES: Final = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"})
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"sidx"})
_NO_MEDIA: Final = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"\xfd7zXZ",
    b"BZh",
    b"(\xb5/\xfd",
    b"%PDF",
    b"\x7fELF",
    b"MZ",
)
_MARKUP: Final = re.compile(rb"<(?:!doctype|!--|\?xml|[a-z][a-z0-9:._-]*[\s>/])", re.IGNORECASE)
_TS_SYNC: Final = 0x47
_TS_PACKETS: Final = ((188, 0), (192, 4), (204, 0))
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_WITHOUT_CONTROLS: Final = re.compile(rb"[^\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]*")
# Bare frames of sound: ADTS (ISO/IEC 13818-7 6.2), MPEG (ISO/IEC 11172-3 2.4.2.3) with a layer, a
# bitrate and a sample rate that there are.
_ADTS: Final = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
_RATES: Final = "".join(f"\\x{bitrate:x}0-\\x{bitrate:x}b" for bitrate in range(1, 15))
_MPEG_SOUND: Final = re.compile(
    rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][" + _RATES.encode() + rb"]", re.DOTALL
)
_MEDIA_TYPES: Final = re.compile(
    r"(?:video|audio)/.+|application/(?:ogg|mp4|mxf|vnd\.rn-realmedia|x-matroska)"
)


def recognize(start: bytes, content_type: str | None) -> Recognized:
    """What the answer with that start and Content-Type is."""
    declared = (content_type or "").partition(";")[0].strip().lower()
    declared_media = bool(_MEDIA_TYPES.fullmatch(declared)) and "mpegurl" not in declared
    found = _media_type(start)
    if found:
        return Recognized(Nature.MEDIA, declared if declared_media else found)
    text = start.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if text.startswith(b"#EXTM3U") or _MARKUP.match(text):
        return _PAGE
    if not start or start.startswith(_NO_MEDIA) or start[8:12] == b"WEBP" or _is_text(start):
        return _OTHER
    return Recognized(Nature.MEDIA, declared) if declared_media else _OTHER


def _media_type(start: bytes) -> str | None:
    if start[4:8] in _BOXES:
        return None if start[8:12] in _PICTURES_IN_BOXES else "video/mp4"
    for magic, offset, name in _MAGIC:
        if start.startswith(magic, offset):
            return name
    for size, offset in _TS_PACKETS:
        syncs = start[offset::size]
        if len(syncs) > 1 and set(syncs) == {_TS_SYNC}:
            return "video/mp2t"
    if _ADTS.match(start):
        return "audio/aac"
    return "audio/mpeg" if _MPEG_SOUND.match(start) else None


def _is_text(start: bytes) -> bool:
    if not _WITHOUT_CONTROLS.fullmatch(start):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True

"""Which of a file's audio tracks is converted: the one that was asked for, or the usual one."""

from collections.abc import Sequence
from typing import Final

import langcodes
from av.audio.stream import AudioStream
from av.stream import Disposition
from langcodes.tag_parser import LanguageTagError

from chassis.errors import Permanent
from converter.formats import AUDIO_DECODERS

_UNWANTED: Final = Disposition.comment | Disposition.visual_impaired | Disposition.clean_effects
_UNTOLD: Final = "und"  # ISO 639-2 for a language that is not told


def choose_track(tracks: Sequence[AudioStream], wanted: int | str | None) -> AudioStream:
    """The track `wanted`, by its number from 1 on or its language; None: the default one.

    Where that says nothing, it is the first; commentaries and descriptions only if there is nothing
    else. `tracks` are all of the file, at least one. Raises Permanent: no_audio, no_such_track.
    """
    if isinstance(wanted, int):
        if wanted > len(tracks):
            raise _no_such_track(tracks, f"no audio track {wanted}")
        candidates = [tracks[wanted - 1]]
    elif wanted:
        candidates = [track for track in tracks if _is_language(track.language, wanted)]
        if not candidates:
            raise _no_such_track(tracks, f"no audio track in the language {wanted!r}")
    else:
        candidates = list(tracks)
    readable = [track for track in candidates if _decoder(track) in AUDIO_DECODERS]
    if not readable:
        raise Permanent("no_audio", "The sound of the file is in a format that cannot be read.")
    return min(readable, key=_preference)


def _decoder(track: AudioStream) -> str | None:
    # PyAV's type does not say so, but a stream without a decoder has no context.
    context: object = track.codec_context
    return None if context is None else track.codec_context.codec.name


def _preference(track: AudioStream) -> tuple[bool, bool, int]:
    return (
        bool(track.disposition & _UNWANTED),
        not track.disposition & Disposition.default,
        track.index,
    )


def _is_language(told: str | None, wanted: str) -> bool:
    """Whether a track's code means the language: "ger", "deu", "de" and "de-AT" all are German."""
    if not told or told == _UNTOLD:
        return False
    standard, asked = _standard(told), _standard(wanted)
    return standard == asked or standard.startswith(f"{asked}-")


def _standard(code: str) -> str:
    try:
        return langcodes.standardize_tag(code).lower()
    except LanguageTagError:
        return code.lower()


def _no_such_track(tracks: Sequence[AudioStream], what: str) -> Permanent:
    listed = ", ".join(
        f"{number} ({track.language})" if track.language not in (None, _UNTOLD) else str(number)
        for number, track in enumerate(tracks, start=1)
    )
    return Permanent("no_such_track", f"The file has {what}; there is {listed}.")

"""What a conversion says of itself: its source, how the MP3 was made, and notes in plain words."""

from typing import Final

from chassis.options import ConversionOptions
from chassis.sources import Loudness, MediaFacts
from converter.conversion import Mp3Facts
from converter.cutting import Span
from converter.decode import TrackReader
from converter.encode import Written
from converter.media import Media
from converter.verdict import TRUNCATED, judge, truncation_note

COPIED: Final = "copied"

_WASTEFUL: Final = 2.0  # times the source's bitrate; up to there a better format may need more


def mode(options: ConversionOptions) -> str:
    """How sound is encoded for `options`: "CBR 192" (kbit/s) or "VBR V2"."""
    return f"CBR {options.bitrate}" if options.bitrate else f"VBR V{options.quality}"


def mp3_facts(
    written: Written,
    sample_rate: int,
    channels: int,
    how: str,
    loudness: Loudness | None = None,
) -> Mp3Facts:
    """What is to be told of the MP3; `how` is its mode."""
    duration = written.samples / sample_rate
    return Mp3Facts(
        duration=duration,
        bitrate=round(8 * written.size / duration) if duration else 0,
        sample_rate=sample_rate,
        channels=channels,
        mode=how,
        loudness=_rounded(loudness),
    )


def source_facts(
    media: Media, reader: TrackReader, title: str | None, loudness: Loudness | None
) -> MediaFacts:
    """What is to be told of the source, once it was read."""
    return MediaFacts(
        container=media.container_name,
        codec=media.codec_name,
        channels=reader.source_channels,
        sample_rate=reader.source_sample_rate,
        duration=round(max(media.promise.seconds or 0.0, reader.decoded), 3),
        title=title,
        bitrate=reader.found_bitrate,
        loudness=_rounded(loudness),
    )


def notes(
    source: MediaFacts, mp3: Mp3Facts, reader: TrackReader, options: ConversionOptions
) -> tuple[str, ...]:
    """What its owner may want to know, in whole sentences."""
    found: list[str] = []
    if mp3.mode == COPIED:
        found.append("The source's sound was copied: nothing was lost.")
    elif options.bitrate and source.bitrate:
        kbit = round(source.bitrate / 1000)
        if options.bitrate >= _WASTEFUL * kbit:
            found.append(f"The source has {kbit} kbit/s: {options.bitrate}k only makes it larger.")
    if options.accept_truncated and _end_is_missing(reader, options):
        found.append(truncation_note(reader.reading))
    return tuple(found)


def _end_is_missing(reader: TrackReader, options: ConversionOptions) -> bool:
    if Span.of(options).ends_within(reader.decoded, reader.source_sample_rate):
        return False
    refusal = judge(reader.reading, reader.completeness)
    return refusal is not None and refusal.code == TRUNCATED


def _rounded(loudness: Loudness | None) -> Loudness | None:
    """To hundredths, which is more than anybody hears."""
    if loudness is None:
        return None
    return Loudness(
        integrated=_hundredths(loudness.integrated),
        true_peak=_hundredths(loudness.true_peak),
        clipped=loudness.clipped,
    )


def _hundredths(level: float | None) -> float | None:
    return None if level is None else round(level, 2)

"""The receipt in a mail: what the source was, what was made of it, and what its owner should know.

`GET /jobs/<fid>` has the same in figures.
"""

from chassis.jobs import Job, Result
from chassis.sources import Loudness, MediaFacts
from notification.wording import duration

_KILO = 1000


def receipt(job: Job) -> list[str]:
    """Its lines; none for an MP3 of an earlier version, which kept none."""
    media, result = job.source.media, job.result
    if media is None or result is None or result.mode is None:
        return []
    found = [f"Source: {_source(media)}", f"MP3: {_mp3(result)}"]
    if result.loudness:
        found.append(f"Loudness: {_loudness(media.loudness, result.loudness)}")
    if times := _times(job):
        found.append(f"Time: {', '.join(times)}")
    found.append(f"SHA-256: {result.sha256}")
    found += [f"Note: {note}" for note in result.notes]
    return [_on_one_line(line) for line in found]


def _source(media: MediaFacts) -> str:
    parts = [media.container, media.codec, *_form(media.bitrate, media.channels, media.sample_rate)]
    if media.duration:
        parts.append(duration(media.duration))
    return ", ".join(parts)


def _mp3(result: Result) -> str:
    return ", ".join(
        [str(result.mode), *_form(result.bitrate, result.channels, result.sample_rate)]
    )


def _form(bitrate: int | None, channels: int | None, sample_rate: int | None) -> list[str]:
    parts = [f"{round(bitrate / _KILO)} kbit/s"] if bitrate else []
    if channels:
        parts.append({1: "mono", 2: "stereo"}.get(channels, f"{channels} channels"))
    if sample_rate:
        parts.append(f"{sample_rate / _KILO:g} kHz")
    return parts


def _loudness(before: Loudness | None, after: Loudness) -> str:
    if after.true_peak is None:
        return "silence"
    parts = [] if after.integrated is None else [f"{after.integrated:.1f} LUFS"]
    parts.append(f"true peak {after.true_peak:.1f} dBTP")
    if before is None:
        return ", ".join(parts)
    if before.integrated != after.integrated and before.integrated is not None:
        parts[0] += f" (source {before.integrated:.1f})"
    if before.clipped:
        many = "1 sample" if before.clipped == 1 else f"{before.clipped} samples"
        parts.append(f"{many} of the source clipped")
    return ", ".join(parts)


def _times(job: Job) -> list[str]:
    parts = []
    if job.seconds_waited is not None:
        parts.append(f"waited {duration(job.seconds_waited)}")
    if job.seconds_converted is not None:
        parts.append(f"converted in {duration(job.seconds_converted)}")
    return parts


def _on_one_line(text: str) -> str:
    """What a file says of itself cannot start a line of its own."""
    return " ".join(text.split())

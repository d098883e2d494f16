"""The receipt's wording."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.jobs import Job, Result
from chassis.sources import Loudness, MediaFacts
from notification.receipt import receipt
from tests import sample_jobs
from tests.sample_jobs import NOW


def line(job: Job, start: str) -> str:
    """The one line that starts so."""
    [found] = [line for line in receipt(job) if line.startswith(f"{start}: ")]
    return found.removeprefix(f"{start}: ")


def ready(media: MediaFacts = sample_jobs.FACTS, result: Result = sample_jobs.RESULT) -> Job:
    job = sample_jobs.ready()
    return replace(job, source=replace(job.source, media=media), result=result)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            Loudness(-20.04, -3.0, 0),
            Loudness(-20.04, -3.0, 0),
            "-20.0 LUFS, true peak -3.0 dBTP",
        ),
        (
            Loudness(-8.0, 0.5, 1),
            Loudness(-14.0, -5.5, 0),
            "-14.0 LUFS (source -8.0), true peak -5.5 dBTP, 1 sample of the source clipped",
        ),
        (Loudness(None, -40.0, 0), Loudness(None, -40.0, 0), "true peak -40.0 dBTP"),
        (Loudness(None, None, 0), Loudness(None, None, 0), "silence"),
    ],
)
def test_loudness(before: Loudness, after: Loudness, said: str) -> None:
    """It is said of what was made, and of the source where that is another."""
    media = replace(sample_jobs.FACTS, loudness=before)
    assert line(ready(media, replace(sample_jobs.RESULT, loudness=after)), "Loudness") == said


def test_copied_sound_has_no_loudness() -> None:
    """What was not decoded was not measured."""
    result = replace(sample_jobs.RESULT, mode="copied", loudness=None)
    lines = receipt(ready(replace(sample_jobs.FACTS, loudness=None), result))
    assert not [line for line in lines if line.startswith("Loudness")]
    assert lines[1] == "MP3: copied, 192 kbit/s, stereo, 44.1 kHz"


def test_times() -> None:
    """What another job has converted was waited for, and not converted."""
    job = replace(
        sample_jobs.ready(), queued_at=NOW, converting_at=None, ready_at=NOW + timedelta(seconds=3)
    )
    assert line(job, "Time") == "waited 3 seconds"
    later = replace(job, converting_at=NOW + timedelta(seconds=1))
    assert line(later, "Time") == "waited 1 second, converted in 2 seconds"


def test_an_mp3_of_an_earlier_version_has_no_receipt() -> None:
    """Nothing is made up."""
    assert receipt(ready(result=Result(10, "0" * 64, 1.0, 128_000))) == []


def test_a_file_cannot_forge_a_line() -> None:
    """Whatever a source says it is, it says on one line."""
    lines = receipt(ready(replace(sample_jobs.FACTS, codec="aac\r\nmp3 file_id: x")))
    assert not [line for line in lines if line.startswith("mp3 file_id") or "\n" in line]

"""A job is shown with all that its owner may know, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.jobs import Batch, Job, Kind, State
from chassis.sources import Chapter, Metadata
from gateway.presenting import Presenter, retry_after
from tests import sample_jobs
from tests.sample_jobs import NOW

PRESENTER = Presenter("https://mp3.example.com", lambda fid, time: f"{fid}-{time:%H%M}")


def test_a_ready_job() -> None:
    """Every field of the API is there, in its form."""
    job = sample_jobs.ready(sha256="f" * 64)
    assert PRESENTER.job(job) == {
        "fid": job.fid,
        "kind": "mp3",
        "username": "ada@example.com",
        "status": "ready",
        "state": "FINISH",
        "progress": 1.0,
        "created_at": "2026-11-21T09:05:07.000Z",
        "updated_at": "2026-11-21T09:05:07.000Z",
        "expires_at": "2026-11-28T09:05:07.000Z",
        "link": None,
        "source": {
            "name": "Holiday.mkv",
            "size": 1_000,
            "sha256": "f" * 64,
            "media": {
                "container": "matroska",
                "codec": "aac",
                "channels": 2,
                "sample_rate": 44_100,
                "duration": 200.0,
                "title": None,
                "bitrate": 128_000,
                "loudness": {"integrated": -23.5, "true_peak": -3.25, "clipped": 0},
            },
            "metadata": None,
        },
        "options": {"bitrate": None, "quality": 2},
        "result": {
            "size": 4_800_000,
            "sha256": "0" * 64,
            "duration": 200.0,
            "bitrate": 192_000,
            "mode": "VBR V2",
            "channels": 2,
            "sample_rate": 44_100,
            "loudness": {"integrated": -14.0, "true_peak": -1.5, "clipped": 0},
            "notes": ["The source was quiet."],
        },
        "seconds_waited": 0.0,
        "seconds_converted": 0.0,
        "failure": None,
        "attempts": 1,
        "status_url": f"https://mp3.example.com/jobs/{job.fid}",
        "download_url": f"https://mp3.example.com/download?fid={job.fid}",
        "page_url": (f"https://mp3.example.com/download-music/{job.fid}?signature={job.fid}-0905"),
        "batch_url": None,
        "convert_url": None,
    }


def test_a_video_that_is_stored_can_be_converted_again() -> None:
    """`convert_url` is there from the last byte on, for as long as the video is."""
    for job in (
        sample_jobs.queued(),
        sample_jobs.converting(),
        sample_jobs.ready(keep_source=True),
    ):
        url = f"https://mp3.example.com/jobs/{job.fid}/convert"
        assert PRESENTER.job(job)["convert_url"] == url
    for job in (sample_jobs.receiving(), sample_jobs.ready(), sample_jobs.failed()):
        assert PRESENTER.job(job)["convert_url"] is None


@pytest.mark.parametrize(
    "job",
    [
        sample_jobs.receiving(),
        sample_jobs.queued(),
        sample_jobs.converting(),
        sample_jobs.failed(),
        sample_jobs.cancelled(),
        sample_jobs.expired(),
    ],
    ids=lambda job: str(job.state),
)
def test_only_a_ready_job_is_finished(job: Job) -> None:
    """The older system's words: ONQUEUE until there is an MP3."""
    shown = PRESENTER.job(job)
    assert shown["state"] == "ONQUEUE"
    assert (shown["result"] is None) == (job.state is not State.EXPIRED)
    assert (shown["failure"] is None) == job.unfinished


def test_nothing_internal_is_shown() -> None:
    """Ids of stored files, leases, keys and traces stay inside."""
    job = replace(sample_jobs.converting(), idempotency_key="secret-key", traceparent="00-tr-sp-01")
    shown = str(PRESENTER.job(job))
    for hidden in (job.video_fid, job.writing_fid, "secret-key", "00-tr-sp-01", "converter"):
        assert hidden
        assert hidden not in shown


def test_when_to_ask_again() -> None:
    """A job that waits for its next attempt says until when."""
    job = sample_jobs.queued()
    assert retry_after(job, NOW) == 2
    assert retry_after(replace(job, not_before=NOW + timedelta(seconds=59.2)), NOW) == 60
    assert retry_after(replace(job, not_before=NOW - timedelta(seconds=5)), NOW) == 2


def test_a_job_by_link() -> None:
    """Its link and what its site said are shown; its page needs no signature; it can always be
    converted again.
    """
    job = sample_jobs.linked()
    said = Metadata(title="A song", chapters=(Chapter(1.5, "One"),), picture_sha256="ab" * 32)
    shown = PRESENTER.job(
        replace(job, source=replace(job.source, metadata=said), batch=Batch("b", 3))
    )
    assert shown["link"] == {"url": "https://videos.example.com/song", "sha256": None}
    assert shown["source"]["metadata"]["title"] == "A song"
    assert shown["source"]["metadata"]["chapters"] == [{"start": 1.5, "title": "One"}]
    assert "picture_sha256" not in shown["source"]["metadata"]
    assert shown["page_url"] == f"https://mp3.example.com/download-music/{job.fid}"
    assert shown["batch_url"] == "https://mp3.example.com/batches/b"
    assert shown["convert_url"] == f"https://mp3.example.com/jobs/{job.fid}/convert"


def test_jobs_that_make_no_mp3() -> None:
    """One leads to its file, the other to its batch; neither has a page."""
    media = PRESENTER.job(sample_jobs.linked(kind=Kind.MEDIA, sha256="ab" * 32))
    playlist = PRESENTER.job(sample_jobs.linked(kind=Kind.PLAYLIST))
    url = "https%3A%2F%2Fvideos.example.com%2Fsong"
    assert media["download_url"] == (f"https://mp3.example.com/media?url={url}&sha256={'ab' * 32}")
    assert playlist["download_url"] is None
    assert playlist["batch_url"] == f"https://mp3.example.com/batches/{playlist['fid']}"
    assert playlist["convert_url"] is None
    assert media["page_url"] is playlist["page_url"] is None

"""What a download gives: the MP3, the ZIP, one MP3 of it."""

from dataclasses import replace

import pytest

from chassis.jobs import Job, Result, ResultPart
from gateway.delivery import delivery
from gateway.presenting import Presenter
from gateway.refusals import Refusal
from tests import sample_jobs
from tests.sample_jobs import RESULT

SPLIT = replace(
    RESULT, parts=(ResultPart("AC/DC", 40, 1_000, 1.5), ResultPart("Ende", 1_080, 2_000, 3.0))
)


def split_job() -> tuple[Job, Result]:
    return replace(sample_jobs.ready(name="Holiday.mkv"), result=SPLIT), SPLIT


def test_an_mp3() -> None:
    """As it is stored."""
    job = sample_jobs.ready(name="Holiday.mkv")
    found = delivery(job, RESULT, None)
    assert (found.name, found.content_type, found.offset) == ("Holiday.mp3", "audio/mpeg", 0)
    assert (found.file.size, found.file.etag) == (RESULT.size, RESULT.sha256)


def test_a_zip() -> None:
    """Of what was split."""
    found = delivery(*split_job(), None)
    assert (found.name, found.content_type, found.offset) == ("Holiday.zip", "application/zip", 0)


def test_one_chapter() -> None:
    """A part of the ZIP, under its own name and tag."""
    found = delivery(*split_job(), "1")
    assert (found.name, found.content_type, found.offset) == ("01 AC_DC.mp3", "audio/mpeg", 40)
    assert (found.file.size, found.file.etag) == (1_000, f"{SPLIT.sha256}-1")
    assert delivery(*split_job(), "02").offset == 1_080


@pytest.mark.parametrize("chapter", ["0", "3", "-1", "", "x", "1.0", "9" * 5000, "\u0661"])
def test_a_chapter_that_is_not_there(chapter: str) -> None:
    """404, and how many there are; so is any of an MP3 that was not split."""
    with pytest.raises(Refusal) as caught:
        delivery(*split_job(), chapter)
    assert (caught.value.code, "into 2" in caught.value.detail) == ("no_such_chapter", True)
    with pytest.raises(Refusal) as caught:
        delivery(sample_jobs.ready(), RESULT, "1")
    assert (caught.value.code, "not split" in caught.value.detail) == ("no_such_chapter", True)


def test_a_job_shows_its_chapters() -> None:
    """Each with its title and where it is; a job that was not split has none."""
    presenter = Presenter("https://mp3.example.com", lambda fid, _: fid)
    job, _ = split_job()
    first, second = presenter.job(job)["result"]["chapters"]
    assert first == {
        "chapter": 1,
        "title": "AC/DC",
        "size": 1_000,
        "duration": 1.5,
        "download_url": f"https://mp3.example.com/download?fid={job.fid}&chapter=1",
    }
    assert second["chapter"] == 2
    assert "chapters" not in presenter.job(sample_jobs.ready())["result"]

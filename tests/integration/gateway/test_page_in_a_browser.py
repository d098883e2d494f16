"""The page of an MP3 in a real browser."""

from dataclasses import replace
from pathlib import Path

from chassis.jobs import Job, Lease, State, now_utc
from tests import sample_jobs
from tests.browser import opened
from tests.integration.gateway.running import RunningGateway


def requests_of(gateway: RunningGateway, path: str) -> list[int]:
    """The statuses of all requests for a path."""
    lines = [line for line in gateway.log_lines() if line.get("route")]
    return [line["status"] for line in lines if line["path"] == path]


def test_the_page_looks_again_until_the_browser_saves_the_mp3(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    """No script: it loads itself again with its style, and ends with the file under its name."""
    now = now_utc()
    job = gateway.insert(
        replace(
            sample_jobs.linked(now, username=gateway.user()),
            state=State.FETCHING,
            lease=Lease("fetcher", now),
            video_fid=sample_jobs.a_media_id(),
        )
    )
    path = f"/download-music/{job.fid}"
    mp3 = gateway.ready_job(gateway.user(), b"an MP3" * 1000)

    def ready(found: Job) -> Job:
        source = replace(found.source, name="Отпуск 夏.mp4")
        return replace(
            found, state=State.READY, source=source, result=mp3.result, mp3_fid=mp3.mp3_fid
        )

    browser = opened(gateway.url + path, tmp_path)
    browser.start()
    try:
        browser.wait_until(lambda: requests_of(gateway, path).count(202) > 1, 60)
        assert requests_of(gateway, "/style.css")[0] == 200
        gateway.jobs.update(job.fid, ready)
        saved = tmp_path / "saved" / "Отпуск 夏.mp3"
        browser.wait_until(saved.exists, 60)
        assert saved.read_bytes() == b"an MP3" * 1000
    finally:
        browser.kill()

"""GET /download-music/<fid>: the file, the page that says how far it is, the page that says no."""

import re
from dataclasses import replace
from typing import Any

import pytest
import requests
from bson import ObjectId

from chassis.jobs import Failure, Job, Kind, State, new_fid, now_utc
from chassis.links import LinkSigner
from tests import sample_jobs
from tests.integration.gateway.running import LINK_SECRET, PUBLIC_URL, RunningGateway


def page(gateway: RunningGateway, fid: str, **options: Any) -> requests.Response:
    return gateway.request("GET", f"/download-music/{fid}", **options)


def linked(gateway: RunningGateway, **fields: Any) -> Job:
    """A job by link, which nobody has looked at."""
    job = sample_jobs.linked(now_utc(), username=gateway.user())
    return gateway.insert(replace(job, **fields))


def ready_by_link(gateway: RunningGateway, data: bytes) -> Job:
    """A job by link whose MP3 is there."""
    ready = gateway.ready_job(gateway.user(), data)
    return linked(gateway, state=State.READY, result=ready.result, mp3_fid=ready.mp3_fid)


def test_a_ready_mp3_is_sent(gateway: RunningGateway) -> None:
    """Whoever has the id of what came by a link gets it, whole or in part, without a token."""
    job = ready_by_link(gateway, b"0123456789" * 1000)
    answer = page(gateway, job.fid.upper())
    assert (answer.status_code, len(answer.content)) == (200, 10_000)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    head = gateway.request("HEAD", f"/download-music/{job.fid}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == "10000"
    part = page(gateway, job.fid, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, b"0123456789")


def test_what_is_under_way_has_a_page_that_looks_again(gateway: RunningGateway) -> None:
    """202 with how far it is; nothing of it is a script, or comes from elsewhere."""
    name = "<b>Übung & 動画</b>"
    source = sample_jobs.linked().source
    job = linked(gateway, state=State.FETCHING, progress=0.426, source=replace(source, name=name))
    answer = page(gateway, job.fid)
    assert answer.status_code == 202
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Refresh"] == answer.headers["Retry-After"] == "2"
    assert answer.headers["Cache-Control"] == "private, no-store"
    text = answer.text
    assert "ONQUEUE" in text
    assert "42 %" in text
    assert "being fetched" in text
    assert "&lt;b&gt;Übung &amp; 動画&lt;/b&gt;" in text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in text
    assert "style=" not in text
    [style_url] = re.findall(r'href="([^"]+)"', text)
    style = gateway.request("GET", style_url)
    assert (style.status_code, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "prefers-color-scheme: dark" in style.text
    known = {"If-None-Match": style.headers["ETag"]}
    assert gateway.request("GET", style_url, headers=known).status_code == 304
    assert gateway.request("HEAD", f"/download-music/{job.fid}").status_code == 202


@pytest.mark.parametrize(
    ("state", "failure", "status", "said"),
    [
        (State.FAILED, Failure("login_required", "The site wants a login."), 409, "wants a login"),
        (State.EXPIRED, Failure("expired", "Its time is over."), 410, "time is over"),
        (State.CANCELLED, Failure("cancelled", "It was cancelled."), 410, "was cancelled"),
    ],
)
def test_what_ended_without_an_mp3(
    gateway: RunningGateway, state: State, failure: Failure, status: int, said: str
) -> None:
    """The page says why."""
    answer = page(gateway, linked(gateway, state=state, failure=failure).fid)
    assert answer.status_code == status
    assert said in answer.text
    assert "Refresh" not in answer.headers


def test_what_is_no_mp3_of_anybody(gateway: RunningGateway) -> None:
    """Not an id, an unknown one, one that makes no MP3, and uploads of others: not valid."""
    upload = gateway.ready_job(gateway.user(), b"mp3")
    fetch = linked(gateway, kind=Kind.MEDIA)
    stranger = gateway.bearer(gateway.user())
    unknown = page(gateway, new_fid())
    assert (page(gateway, "nonsense").status_code, unknown.status_code) == (400, 404)
    assert page(gateway, "..%2F..%2Fetc/passwd").status_code == 400
    for answer in (
        page(gateway, upload.fid),
        page(gateway, upload.fid, headers=stranger),
        page(gateway, upload.fid, headers={"Authorization": "Bearer nonsense"}),
        page(gateway, fetch.fid),
    ):
        assert (answer.status_code, answer.text) == (404, unknown.text)


def test_an_upload_is_open_to_its_owner_and_to_the_signature(gateway: RunningGateway) -> None:
    """The mail's, the one in `page_url`, a token; another signature says nothing of the job."""
    owner = gateway.user()
    job = gateway.ready_job(owner, b"mp3")
    shown = gateway.request("GET", f"/jobs/{job.fid}", owner).json()
    path = shown["page_url"].removeprefix(PUBLIC_URL)
    assert gateway.request("GET", path).content == b"mp3"
    assert page(gateway, job.fid, headers=gateway.bearer(owner)).content == b"mp3"
    signature = LinkSigner(LINK_SECRET, 3600).sign(job.fid)
    assert page(gateway, f"{job.fid}?signature={signature}").content == b"mp3"
    other = page(gateway, f"{new_fid()}?signature={signature}")
    mine = page(gateway, f"{job.fid}?signature=x{signature}")
    assert (other.status_code, other.text) == (403, mine.text)
    assert mine.status_code == 403


def test_a_file_that_is_not_whole_is_not_sent(gateway: RunningGateway) -> None:
    """Its own size is looked at before it is sent; one that is gone is gone."""
    job = ready_by_link(gateway, b"0123456789")
    files = gateway.client["mp3s"]["fs.files"]
    key = {"_id": ObjectId(job.mp3_fid)}
    files.update_one(key, {"$set": {"length": 9}})
    answer = page(gateway, job.fid)
    assert (answer.status_code, "MP3 is gone" in answer.text) == (410, True)
    files.delete_one(key)
    assert page(gateway, job.fid).status_code == 410

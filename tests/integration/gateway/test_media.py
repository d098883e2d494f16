"""GET /media and POST /media/prefetch over HTTP; the fetcher's part is played by documents."""

import base64
import hashlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
import requests

from chassis.jobs import Failure, Job, Kind, State, now_utc
from chassis.sources import Source
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import PUBLIC_URL, RunningGateway
from tests.waiting import wait_for

DATA = bytes(range(256)) * 5000  # more than one chunk
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def impatient(start_gateway: StartGateway) -> RunningGateway:
    """A gateway that does not wait for a fetch."""
    return start_gateway(media_wait_seconds=0)


def a_url() -> str:
    return f"https://media.example.com/{next(_numbers)}.mp4"


def path_of(url: str, sha256: str | None = None) -> str:
    return f"/media?url={quote(url, safe='')}" + (f"&sha256={sha256}" if sha256 else "")


def ended(gateway: RunningGateway, fid: str, state: State, **fields: Any) -> None:
    """What the fetcher writes down at the end of a job."""

    def move(job: Job) -> Job:
        return replace(job, state=state, updated_at=now_utc(), **fields)

    assert gateway.jobs.update(fid, move)


def test_the_file_with_that_checksum(gateway: RunningGateway) -> None:
    """By any link: whole, in part, or that it has not changed; always as a stranger's file."""
    user, url = gateway.user(), a_url()
    sha256 = gateway.cached_file(url, DATA, name="Ein Lied.mp4").sha256
    answer = gateway.request("GET", path_of(url, sha256.upper()), user)
    assert (answer.status_code, answer.content) == (200, DATA)
    digest = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    wanted = {
        "ETag": f'"{sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Type": "video/mp4",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": 'attachment; filename="Ein Lied.mp4"',
        "Accept-Ranges": "bytes",
    }
    assert {name: answer.headers[name] for name in wanted} == wanted
    other = gateway.request("GET", path_of(a_url(), sha256), user)
    assert (other.content, other.headers["Content-Type"]) == (DATA, "application/octet-stream")
    head = gateway.request("HEAD", path_of(url), user)
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(DATA)))
    part = gateway.request("GET", path_of(url), user, headers={"Range": "bytes=1000000-1100000"})
    assert (part.status_code, part.content) == (206, DATA[1_000_000:1_100_001])
    assert part.headers["Repr-Digest"] == wanted["Repr-Digest"]
    same = gateway.request("GET", path_of(url), user, headers={"If-None-Match": f'"{sha256}"'})
    assert (same.status_code, same.content) == (304, b"")
    assert not gateway.jobs.newest(user, 10)


def test_a_page_of_a_stranger_is_not_shown_as_ours(gateway: RunningGateway) -> None:
    """No browser takes it for a page of this site; a type that is none is not passed on."""
    user = gateway.user()
    for given, sent in (
        ("text/html", "text/html"),
        ("text/html\r\nX: y", "application/octet-stream"),
    ):
        url = a_url()
        gateway.cached_file(url, b"<script>" + url.encode(), content_type=given, name="\r\n</x>")
        answer = gateway.request("GET", path_of(url), user)
        assert answer.headers["Content-Type"].partition(";")[0] == sent
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "X" not in answer.headers


def test_what_is_not_there_is_waited_for(gateway: RunningGateway) -> None:
    """Two that ask at once wait for one job, and get the file."""
    user, url = gateway.user(), a_url()
    gateway.messages("link")
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(gateway.request, "GET", path_of(url), user) for _ in range(2)]
        wait_for(lambda: len(gateway.jobs.newest(user, 10)) == 1)
        job = gateway.only_job(user)
        content = gateway.cached_file(url, DATA)
        ended(gateway, job.fid, State.READY, source=Source("A song", len(DATA), content.sha256))
        answers = [answer.result(60) for answer in asked]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, DATA)] * 2
    assert (job.kind, job.mail.settled, job.link and job.link.url) == (Kind.MEDIA, True, url)
    assert [message["job_id"] for _, message in gateway.messages("link")] == [job.fid]
    shown = gateway.request("GET", f"/jobs/{job.fid}", user).json()
    assert (shown["kind"], shown["download_url"]) == ("media", PUBLIC_URL + path_of(url))
    download = gateway.request("GET", f"/download?fid={job.fid}", user)
    assert (download.status_code, download.json()["code"]) == (409, "makes_no_mp3")


def test_what_takes_longer_is_a_202(impatient: RunningGateway) -> None:
    """With the job, and when to ask again."""
    user, url = impatient.user(), a_url()
    answer = impatient.request("GET", path_of(url), user)
    job = impatient.only_job(user)
    assert (answer.status_code, answer.json()["fid"]) == (202, job.fid)
    assert answer.headers["Location"] == f"/jobs/{job.fid}"
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("video_unavailable", 404),
        ("checksum_mismatch", 409),
        ("url_not_allowed", 422),
        ("site_unavailable", 502),
    ],
)
def test_a_fetch_that_fails(impatient: RunningGateway, code: str, status: int) -> None:
    """Its code and sentence, without another fetch for a minute."""
    user, url = impatient.user(), a_url()
    impatient.request("GET", path_of(url), user)
    job = impatient.only_job(user)
    ended(impatient, job.fid, State.FAILED, failure=Failure(code, "That is why."))
    answer = impatient.request("GET", path_of(url), user)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (
        status,
        code,
        "That is why.",
    )
    assert impatient.only_job(user).fid == job.fid


def test_what_cannot_be_asked_for(impatient: RunningGateway) -> None:
    """Each with its code; without a token nothing is said of anything."""
    user = impatient.user()
    for path, status, code in (
        ("/media", 400, "link_required"),
        ("/media?url=nonsense", 400, "invalid_url"),
        (path_of("http://127.0.0.1/x"), 422, "url_not_allowed"),
        (path_of(a_url(), "abc"), 400, "invalid_checksum"),
        (path_of("https://www.youtube.com/playlist?list=PL1234567890abcdef"), 400, "invalid_url"),
    ):
        answer = impatient.request("GET", path, user)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert impatient.request("GET", path_of(a_url())).status_code == 401
    assert not impatient.jobs.newest(user, 10)


def prefetched(answer: requests.Response) -> list[bool]:
    """Of each file of the answer, whether a job fetches it."""
    assert answer.status_code == 202, answer.text
    return [entry["job"] is not None for entry in answer.json()["media"]]


def test_ahead_of_need(gateway: RunningGateway) -> None:
    """One file or several; what is there needs no job, and nobody waits."""
    user, there, missing = gateway.user(), a_url(), a_url()
    sha256 = gateway.cached_file(there, DATA).sha256
    both = {"urls": [there, missing, "http://10.0.0.1/"]}
    answer = gateway.request("POST", "/media/prefetch", user, json=both)
    assert prefetched(answer) == [False, True]
    assert [link["code"] for link in answer.json()["refused"]] == ["url_not_allowed"]
    assert answer.json()["media"][0]["sha256"] == sha256
    fid = gateway.only_job(user).fid
    again = gateway.request("POST", "/media/prefetch", user, data={"url": missing})
    assert (again.status_code, again.json()["job"]["fid"]) == (202, fid)
    assert again.json()["media_url"] == PUBLIC_URL + path_of(missing)
    nothing = gateway.request("POST", "/media/prefetch", user, json={"urls": ["x"]})
    assert (nothing.status_code, nothing.json()["code"]) == (400, "nothing_accepted")
    assert nothing.json()["refused"][0]["message_code"] == "INVALID_URL"

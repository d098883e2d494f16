"""Downloads through the real gateway out of a real store."""

import hashlib
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from chassis.jobs import Job, ResultPart, State, now_utc
from chassis.links import LinkSigner
from tests import sample_jobs
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import LINK_SECRET, RunningGateway, head, read_answer
from tests.waiting import wait_for

MP3 = os.urandom(5_300_000)


@pytest.fixture(scope="module")
def owner(gateway: RunningGateway) -> str:
    return gateway.user()


@pytest.fixture(scope="module")
def ready(gateway: RunningGateway, owner: str) -> Job:
    return gateway.ready_job(owner, MP3)


def path_of(job: Job) -> str:
    return f"/download?fid={job.fid}"


def test_the_owner_gets_the_file(gateway: RunningGateway, owner: str, ready: Job) -> None:
    """Whole, with everything that a browser and a download manager want to know."""
    answer = gateway.request("GET", path_of(ready), owner)
    assert answer.status_code == 200
    assert answer.content == MP3
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Length"] == str(len(MP3))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Holiday.mp3"'
    assert answer.headers["ETag"] == f'"{hashlib.sha256(MP3).hexdigest()}"'
    modified = format_datetime(ready.updated_at.replace(microsecond=0), usegmt=True)
    assert answer.headers["Last-Modified"] == modified
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "private"


def test_curl_saves_the_file(
    gateway: RunningGateway, owner: str, ready: Job, tmp_path: Path
) -> None:
    """The journey's own command."""
    token = gateway.bearer(owner)["Authorization"]
    out = tmp_path / "out.mp3"
    done = gateway.curl("-H", f"Authorization: {token}", "-o", str(out), path_of(ready))
    assert done.returncode == 0
    assert out.read_bytes() == MP3


def test_head(gateway: RunningGateway, owner: str, ready: Job) -> None:
    """The same header without a body; the connection goes on."""
    token = gateway.bearer(owner)["Authorization"]
    with gateway.connect() as connection:
        for _ in range(2):
            connection.sendall(head(f"HEAD {path_of(ready)}", f"Authorization: {token}"))
            received = b""
            while not received.endswith(b"\r\n\r\n"):
                received += connection.recv(1)
            assert received.startswith(b"HTTP/1.1 200")
            assert f"Content-Length: {len(MP3)}".encode() in received


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("0-0", 0, 1),
        ("0-1048575", 0, 1 << 20),
        ("1048575-1048576", (1 << 20) - 1, (1 << 20) + 1),
        ("1000000-4000000", 1_000_000, 4_000_001),
        ("5299999-", 5_299_999, 5_300_000),
        ("-1000", 5_299_000, 5_300_000),
        ("-9999999999", 0, 5_300_000),
        ("5000000-9999999999", 5_000_000, 5_300_000),
    ],
)
def test_a_part(
    gateway: RunningGateway, owner: str, ready: Job, wanted: str, start: int, stop: int
) -> None:
    """206 with exactly the bytes asked for, across the store's chunks."""
    headers = {"Range": f"bytes={wanted}"}
    answer = gateway.request("GET", path_of(ready), owner, headers=headers)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(MP3)}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert answer.content == MP3[start:stop]


def test_a_part_beyond_the_end(gateway: RunningGateway, owner: str, ready: Job) -> None:
    """416 that says how long the file is."""
    headers = {"Range": f"bytes={len(MP3)}-"}
    answer = gateway.request("GET", path_of(ready), owner, headers=headers)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(MP3)}"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_several_parts_are_the_whole(gateway: RunningGateway, owner: str, ready: Job) -> None:
    """200 with all of it, which RFC 9110 allows."""
    headers = {"Range": "bytes=0-1,5-6"}
    answer = gateway.request("GET", path_of(ready), owner, headers=headers)
    assert answer.status_code == 200
    assert answer.content == MP3


def test_a_broken_download_goes_on(
    gateway: RunningGateway, owner: str, ready: Job, tmp_path: Path
) -> None:
    """`curl -C -` fetches only what is missing."""
    token = gateway.bearer(owner)["Authorization"]
    out = tmp_path / "out.mp3"
    out.write_bytes(MP3[:3_000_000])
    done = gateway.curl(
        *("-C", "-", "-H", f"Authorization: {token}", "-o", str(out)),
        *("-w", "%{http_code} %{size_download}"),
        path_of(ready),
    )
    assert done.stdout == b"206 2300000"
    assert out.read_bytes() == MP3


def test_a_file_that_is_known_is_not_sent(gateway: RunningGateway, owner: str, ready: Job) -> None:
    """304 without a body, but with its validators."""
    etag = gateway.request("HEAD", path_of(ready), owner).headers["ETag"]
    answer = gateway.request("GET", path_of(ready), owner, headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["ETag"] == etag
    answer = gateway.request("GET", path_of(ready), owner, headers={"If-Match": '"other"'})
    assert answer.status_code == 412
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_if_range(gateway: RunningGateway, owner: str, ready: Job) -> None:
    """A part while the file is the same, else the whole."""
    etag = gateway.request("HEAD", path_of(ready), owner).headers["ETag"]
    for value, status in ((etag, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": value}
        answer = gateway.request("GET", path_of(ready), owner, headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        (
            "Мы.mkv",
            "attachment; filename=\"__.mp3\"; filename*=UTF-8''%D0%9C%D1%8B.mp3",
        ),
        (
            'say "hi".mp4',
            "attachment; filename=\"say _hi_.mp3\"; filename*=UTF-8''say%20%22hi%22.mp3",
        ),
        ("no ending", 'attachment; filename="no ending.mp3"'),
    ],
)
def test_the_name_of_the_file(
    gateway: RunningGateway, name: str, disposition: str, tmp_path: Path
) -> None:
    """It is made from the source's name, in any script."""
    user = gateway.user()
    job = gateway.ready_job(user, b"mp3", name=name)
    answer = gateway.request("HEAD", path_of(job), user)
    assert answer.headers["Content-Disposition"] == disposition


class TestLinks:
    """The link in the mail opens its MP3 without a token, for its time."""

    def test_it_opens_its_mp3(self, gateway: RunningGateway, ready: Job) -> None:
        """Also in parts, as browsers and players ask for them."""
        link = f"{path_of(ready)}&signature={gateway.links.sign(ready.fid)}"
        assert gateway.request("GET", link).content == MP3
        assert gateway.request("GET", link, headers={"Range": "bytes=0-9"}).status_code == 206
        assert gateway.request("HEAD", link).status_code == 200

    def test_it_opens_nothing_else(self, gateway: RunningGateway, owner: str, ready: Job) -> None:
        """A link for one job is none for another, nor for the job itself."""
        other = gateway.ready_job(owner, b"other")
        signature = gateway.links.sign(ready.fid)
        answer = gateway.request("GET", f"{path_of(other)}&signature={signature}")
        assert answer.status_code == 403
        assert answer.json()["code"] == "invalid_link"
        answer = gateway.request("GET", f"/jobs/{ready.fid}?signature={signature}")
        assert answer.status_code == 401

    @pytest.mark.parametrize("signature", ["", "x", "a.b.c", "ImEi.aaaaaa.bbbb"])
    def test_an_invented_one(self, gateway: RunningGateway, ready: Job, signature: str) -> None:
        """403."""
        answer = gateway.request("GET", f"{path_of(ready)}&signature={signature}")
        assert answer.status_code == 403

    def test_another_secret(self, gateway: RunningGateway, ready: Job) -> None:
        """A signature is as good as its secret."""
        signature = LinkSigner("another secret entirely", 3600).sign(ready.fid)
        answer = gateway.request("GET", f"{path_of(ready)}&signature={signature}")
        assert answer.status_code == 403

    def test_its_time_is_over(self, start_gateway: StartGateway) -> None:
        """403 once the link's time is over."""
        gateway = start_gateway(link_hours=1 / 3600)
        job = gateway.ready_job(gateway.user(), b"mp3")
        link = f"{path_of(job)}&signature={gateway.links.sign(job.fid)}"
        assert gateway.request("GET", link).status_code == 200
        wait_for(lambda: gateway.request("GET", link).status_code == 403, 20)

    def test_a_secret_that_was_changed(self, start_gateway: StartGateway) -> None:
        """Links of the secret before go on while both are given."""
        gateway = start_gateway(link_secret=f"{LINK_SECRET},a newer secret for tests")
        job = gateway.ready_job(gateway.user(), b"mp3")
        link = f"{path_of(job)}&signature={gateway.links.sign(job.fid)}"
        assert gateway.request("GET", link).status_code == 200

    def test_it_is_not_logged(self, gateway: RunningGateway, ready: Job) -> None:
        """A log that is read by others opens nothing."""
        signature = gateway.links.sign(ready.fid)
        gateway.request("GET", f"{path_of(ready)}&signature={signature}")
        assert ready.fid in gateway.service.process.output()
        assert signature not in gateway.service.process.output()

    def test_it_works_for_a_failed_job(self, gateway: RunningGateway) -> None:
        """Whoever follows the link in a mail is told why there is no MP3."""
        job = gateway.insert(sample_jobs.failed(now_utc()))
        answer = gateway.request("GET", f"{path_of(job)}&signature={gateway.links.sign(job.fid)}")
        assert answer.status_code == 409
        assert answer.json()["code"] == "no_audio"


@pytest.mark.parametrize(
    "make", [sample_jobs.receiving, sample_jobs.queued, sample_jobs.converting]
)
def test_not_ready_yet(gateway: RunningGateway, make: Callable[..., Job]) -> None:
    """202 with Retry-After and the job."""
    user = gateway.user()
    job = gateway.insert(make(now_utc(), username=user))
    answer = gateway.request("GET", path_of(job), user)
    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["status"] == str(job.state)
    assert gateway.request("HEAD", path_of(job), user).status_code == 202


def test_it_waits_for_its_next_attempt(gateway: RunningGateway) -> None:
    """Retry-After says when it is worth asking again."""
    user = gateway.user()
    later = now_utc() + timedelta(seconds=300)
    job = replace(sample_jobs.queued(now_utc(), username=user), not_before=later)
    answer = gateway.request("GET", path_of(gateway.insert(job)), user)
    assert 290 < int(answer.headers["Retry-After"]) <= 300


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (sample_jobs.failed, 409, "no_audio"),
        (sample_jobs.cancelled, 410, "cancelled"),
        (sample_jobs.expired, 410, "expired"),
    ],
)
def test_no_mp3(gateway: RunningGateway, make: Callable[..., Job], status: int, code: str) -> None:
    """A failed job says why with 409; what was cancelled or has expired is 410."""
    user = gateway.user()
    job = gateway.insert(replace(make(now_utc()), username=user))
    answer = gateway.request("GET", path_of(job), user)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


def test_an_mp3_that_is_gone_from_the_store(gateway: RunningGateway) -> None:
    """410, for both GET and HEAD, and no half answer."""
    user = gateway.user()
    job = gateway.ready_job(user, b"mp3")
    assert job.mp3_fid
    gateway.mp3s.delete(job.mp3_fid)
    assert gateway.request("GET", path_of(job), user).json()["code"] == "media_missing"
    assert gateway.request("HEAD", path_of(job), user).status_code == 410


def test_an_admin_may_download(gateway: RunningGateway, ready: Job) -> None:
    """Admins see all jobs."""
    headers = gateway.bearer(gateway.user(), admin=True)
    assert gateway.request("GET", path_of(ready), headers=headers).content == MP3


def test_an_mp3_that_is_deleted_meanwhile(gateway: RunningGateway) -> None:
    """A download that cannot go on ends short of its length: the client knows it is not whole."""
    user = gateway.user()
    job = gateway.ready_job(user, os.urandom(60_000_000))
    token = gateway.bearer(user)["Authorization"]
    with gateway.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(head(f"GET {path_of(job)}", f"Authorization: {token}"))
        connection.recv(1000)
        assert job.mp3_fid
        gateway.mp3s.delete(job.mp3_fid)
        received = 0
        while data := connection.recv(1 << 20):
            received += len(data)
    assert received < 60_000_000
    assert gateway.request("GET", "/healthz").status_code == 200


def test_a_client_that_takes_its_time(gateway: RunningGateway, owner: str, ready: Job) -> None:
    """A slow reader gets the whole file, and is in nobody's way."""
    token = gateway.bearer(owner)["Authorization"]
    with gateway.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.sendall(head(f"GET {path_of(ready)}", f"Authorization: {token}"))
        time.sleep(1)
        assert gateway.request("GET", path_of(ready), owner).content == MP3
        assert read_answer(slow).body == MP3


def test_the_job_is_ready(ready: Job) -> None:
    """What these tests download is a job as a converter leaves it."""
    assert ready.state is State.READY
    assert ready.result
    assert ready.result.sha256 == hashlib.sha256(MP3).hexdigest()


def test_one_chapter_of_a_zip(gateway: RunningGateway, owner: str) -> None:
    """Its bytes alone, under its own name and tag, also in part; by a signed link too."""
    zipped = gateway.ready_job(owner, MP3, name="Book.mkv")
    parts = (ResultPart("Начало", 60, 3_000_000, 1.0), ResultPart("End", 3_000_100, 700, 1.0))

    def split(job: Job) -> Job:
        assert job.result
        return replace(job, result=replace(job.result, parts=parts))

    assert gateway.jobs.update(zipped.fid, split)
    whole = gateway.request("GET", path_of(zipped), owner)
    assert whole.content == MP3
    assert whole.headers["Content-Type"] == "application/zip"
    assert whole.headers["Content-Disposition"] == 'attachment; filename="Book.zip"'
    first, second = (MP3[part.offset : part.offset + part.size] for part in parts)
    path = f"{path_of(zipped)}&chapter=1"
    answer = gateway.request("GET", path, owner)
    assert answer.content == first
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Length"] == "3000000"
    assert "01%20%D0%9D" in answer.headers["Content-Disposition"]
    etag = answer.headers["ETag"]
    assert etag == whole.headers["ETag"][:-1] + '-1"'
    for wanted, expected in (("bytes=100-199", first[100:200]), ("bytes=-5", first[-5:])):
        ranged = gateway.request("GET", path, owner, headers={"Range": wanted, "If-Range": etag})
        assert (ranged.status_code, ranged.content) == (206, expected)
        assert ranged.headers["Content-Range"].endswith("/3000000")
    beyond = gateway.request("GET", path, owner, headers={"Range": "bytes=3000000-"})
    assert beyond.status_code == 416
    assert gateway.request("GET", path, owner, headers={"If-None-Match": etag}).status_code == 304
    headed = gateway.request("HEAD", path, owner)
    assert (headed.headers["Content-Length"], headed.content) == ("3000000", b"")
    linked = f"{path_of(zipped)}&chapter=2&signature={gateway.links.sign(zipped.fid)}"
    assert gateway.request("GET", linked).content == second
    missing = gateway.request("GET", f"{path_of(zipped)}&chapter=3", owner)
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_chapter")

"""Uploads through the real gateway into real stores."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from chassis import moves
from chassis.jobs import Policy, State, now_utc
from devstack.ports import free_port
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import (
    PUBLIC_URL,
    RunningGateway,
    head,
    read_answer,
    save,
)
from tests.multipart_forms import CONTENT_TYPE, file_part, form
from tests.waiting import wait_for

DATA = os.urandom(3_500_000)
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
STORY = ("upload begins", "upload is complete", "request")
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


def upload_head(gateway: RunningGateway, username: str, *fields: str) -> bytes:
    token = gateway.bearer(username)["Authorization"]
    return head("POST /upload", f"Authorization: {token}", f"Content-Type: {CONTENT_TYPE}", *fields)


def test_a_file_is_stored_as_it_was_sent(gateway: RunningGateway) -> None:
    """The answer names the job; the file is read back by the driver's own GridFS, byte for byte."""
    user = gateway.user()
    answer = gateway.upload(user, DATA, fields={"bitrate": "192k"})
    assert answer.status_code == 202
    fid = answer.json()["fid"]
    assert answer.headers["Location"] == f"/jobs/{fid}"
    accepted = answer.json()
    page_url = accepted.pop("page_url")
    assert page_url.startswith(f"{PUBLIC_URL}/download-music/{fid}?signature=")
    assert accepted == {
        "message": "success!",
        "message_code": "ONQUEUE",
        "fid": fid,
        "status": "queued",
        "status_url": f"{PUBLIC_URL}/jobs/{fid}",
        "download_url": f"{PUBLIC_URL}/download?fid={fid}",
    }
    job = gateway.only_job(user)
    assert job.fid == fid
    assert job.source.sha256 == hashlib.sha256(DATA).hexdigest()
    assert job.options.bitrate == 192
    stored = gateway.stored_video(job)
    assert stored.read() == DATA
    assert stored.filename == "video.mkv"
    assert stored.length == len(DATA)


def test_a_job_is_announced(gateway: RunningGateway) -> None:
    """The message on `video` is persistent JSON that names the job, and carries its trace."""
    gateway.messages()
    user = gateway.user()
    answer = gateway.upload(user, b"video", headers={"traceparent": TRACEPARENT})
    ((properties, body),) = gateway.messages()
    job = gateway.only_job(user)
    assert body == {
        "job_id": answer.json()["fid"],
        "username": user,
        "video_fid": job.video_fid,
        "mp3_fid": None,
        "version": 1,
    }
    assert properties.delivery_mode == 2
    assert properties.content_type == "application/json"
    assert properties.message_id
    assert properties.headers["traceparent"] == TRACEPARENT
    assert job.traceparent == TRACEPARENT


def test_the_logs_tell_the_story_of_a_job(gateway: RunningGateway) -> None:
    """Each line about an upload has the job's id and its trace; no line has a token."""
    user = gateway.user()
    bearer = gateway.bearer(user)
    fid = gateway.upload(user, b"video", headers={"traceparent": TRACEPARENT, **bearer}).json()[
        "fid"
    ]

    def told() -> list[dict[str, Any]]:
        return [line for line in gateway.log_lines() if line.get("job_id") == fid]

    # The line about the request itself is written once its answer has been sent.
    wait_for(lambda: len(told()) >= len(STORY), what="the story")
    lines = told()
    assert tuple(line["message"] for line in lines) == STORY
    assert {line["trace_id"] for line in lines} == {TRACE_ID}
    assert lines[-1]["status"] == 202
    assert lines[-1]["path"] == "/upload"
    assert bearer["Authorization"].removeprefix("Bearer ") not in gateway.service.process.output()


@pytest.mark.parametrize("expect", ["100-continue", ""])
def test_curl_uploads(gateway: RunningGateway, tmp_path: Path, expect: str) -> None:
    """The journey's own command works, whether curl waits for 100 Continue or not."""
    user = gateway.user()
    path = save(tmp_path, "Отпуск.mkv", DATA)
    token = gateway.bearer(user)["Authorization"]
    done = gateway.curl(
        *("-X", "POST", "-F", f"file=@{path}", "-H", f"Authorization: {token}"),
        *("-H", f"Expect: {expect}" if expect else "Expect:", "-w", "%{http_code}"),
        "/upload",
    )
    assert done.stdout.endswith(b"202")
    job = gateway.only_job(user)
    assert job.source.name == "Отпуск.mkv"
    assert gateway.stored_video(job).read() == DATA


def test_curl_uploads_in_chunks(gateway: RunningGateway, tmp_path: Path) -> None:
    """A body without Content-Length is stored as well."""
    user = gateway.user()
    path = save(tmp_path, "a.mkv", DATA)
    token = gateway.bearer(user)["Authorization"]
    done = gateway.curl(
        *("-F", f"file=@{path}", "-F", "quality=0", "-H", f"Authorization: {token}"),
        *("-H", "Transfer-Encoding: chunked", "-w", "%{http_code}"),
        "/upload",
    )
    assert done.stdout.endswith(b"202")
    job = gateway.only_job(user)
    assert gateway.stored_video(job).read() == DATA
    assert job.options.quality == 0


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\videos\\my film.avi", "my film.avi"),
        ("tab\tand\x01bell\x07.mkv", "tabandbell.mkv"),
        ("休日.mp4", "休日.mp4"),
        ("عطلة 👨‍👩‍👧.mkv", "عطلة 👨‍👩‍👧.mkv"),
        ("x" * 1000 + ".mkv", "x" * 196 + ".mkv"),
    ],
)
def test_any_name_is_accepted(gateway: RunningGateway, name: str, kept: str) -> None:
    """A path or control characters in a file's name are no reason to refuse it: it is cleaned."""
    user = gateway.user()
    body = form(file_part(b"video", name))
    answer = gateway.exchange(upload_head(gateway, user, f"Content-Length: {len(body)}"), body)
    assert answer.status == 202
    assert gateway.only_job(user).source.name == kept


def test_a_slow_client_keeps_its_upload(start_gateway: StartGateway) -> None:
    """Byte by byte, for several leases: the job stays receiving and is queued in the end."""
    gateway = start_gateway(lease_seconds=3, stall_seconds=3)
    user = gateway.user()
    body = form(file_part(b"slow video"))
    pieces = [body[:-8], *(body[place : place + 1] for place in range(len(body) - 8, len(body)))]
    leases = set()
    with gateway.connect() as connection:
        connection.sendall(upload_head(gateway, user, f"Content-Length: {len(body)}"))
        for piece in pieces:
            for job in gateway.jobs.newest(user, 2):
                assert job.state is State.RECEIVING
                assert job.lease
                assert job.lease.expires_at > now_utc()
                leases.add(job.lease.expires_at)
            connection.sendall(piece)
            time.sleep(1)
        assert read_answer(connection).status == 202
    assert len(leases) > 3
    assert gateway.stored_video(gateway.only_job(user)).read() == b"slow video"


def test_a_lease_is_kept_while_nothing_comes(start_gateway: StartGateway) -> None:
    """A client may pause for longer than the lease, up to the stall time."""
    gateway = start_gateway(lease_seconds=2, stall_seconds=30)
    user = gateway.user()
    body = form(file_part(b"x" * 1000))
    for framing, encode in (
        (f"Content-Length: {len(body)}", lambda data: data),
        ("Transfer-Encoding: chunked", lambda data: b"%x\r\n%s\r\n" % (len(data), data)),
    ):
        with gateway.connect() as connection:
            connection.sendall(upload_head(gateway, user, framing) + encode(body[:500]))
            wait_for(lambda: any(j.state is State.RECEIVING for j in gateway.jobs.newest(user, 9)))
            for _ in range(8):
                time.sleep(0.5)
                job = gateway.jobs.newest(user, 1)[0]
                assert job.lease
                assert job.lease.expires_at > now_utc()
            connection.sendall(encode(body[500:]))
            if "chunked" in framing:
                connection.sendall(b"0\r\n\r\n")
            assert read_answer(connection).status == 202


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_client_that_goes_away_at_half(gateway: RunningGateway, framing: str) -> None:
    """The job has failed as interrupted at once, and no chunk is left."""
    user = gateway.user()
    body = form(file_part(DATA))
    half = body[: len(body) // 2]
    if framing == "length":
        fields, sent = f"Content-Length: {len(body)}", half
    else:
        fields, sent = "Transfer-Encoding: chunked", b"%x\r\n%s" % (len(body), half)
    with gateway.connect() as connection:
        connection.sendall(upload_head(gateway, user, fields) + sent)
        wait_for(lambda: bool(gateway.jobs.newest(user, 1)))
        job = gateway.only_job(user)
        assert job.state is State.RECEIVING
        assert job.video_fid
    wait_for(lambda: gateway.only_job(user).state is State.FAILED)
    assert gateway.only_job(user).failure == moves.INTERRUPTED
    wait_for(lambda: gateway.nothing_stored(job))
    shown = gateway.request("GET", f"/jobs/{job.fid}", user).json()
    assert shown["failure"]["code"] == "upload_interrupted"


def test_an_upload_that_is_cancelled_by_its_owner(start_gateway: StartGateway) -> None:
    """DELETE during the upload: the client is told 410, and nothing is stored."""
    gateway = start_gateway(lease_seconds=1)
    user = gateway.user()
    body = form(file_part(DATA))
    with gateway.connect() as connection:
        connection.sendall(
            upload_head(gateway, user, f"Content-Length: {len(body)}") + body[:2_000_000]
        )
        wait_for(lambda: bool(gateway.jobs.newest(user, 1)))
        job = gateway.only_job(user)
        assert gateway.request("DELETE", f"/jobs/{job.fid}", user).status_code == 204
        answer = read_answer(connection)
    assert answer.status == 410
    assert answer.problem["code"] == "cancelled"
    assert gateway.only_job(user).state is State.CANCELLED
    wait_for(lambda: gateway.nothing_stored(job))


def test_uploads_go_on_without_rabbitmq(start_gateway: StartGateway) -> None:
    """The broker is away: the gateway starts, is ready, and answers 202 all the same."""
    gateway = start_gateway(amqp_url=f"amqp://u:p@127.0.0.1:{free_port()}/")
    user = gateway.user()
    assert gateway.upload(user, DATA).status_code == 202
    assert gateway.only_job(user).state is State.QUEUED
    assert gateway.request("GET", "/readyz").status_code == 200


class TestIdempotencyKey:
    """A client that got no answer may send the same again."""

    def test_the_same_job_is_answered(self, gateway: RunningGateway) -> None:
        """Same key, same body, same options: one job, stored once, announced once."""
        user = gateway.user()
        gateway.messages()
        key = {"Idempotency-Key": "3f0a-1"}
        first, second = (gateway.upload(user, DATA, headers=key) for _ in range(2))
        assert second.status_code == 202
        assert second.json() == first.json()
        assert second.headers["Location"] == first.headers["Location"]
        assert len(gateway.jobs.newest(user, 10)) == 1
        assert len(gateway.messages()) == 1

    @pytest.mark.parametrize(
        ("content", "fields"), [(DATA + b"x", {}), (DATA, {"quality": "9"})], ids=["file", "option"]
    )
    def test_a_key_reused(
        self, gateway: RunningGateway, content: bytes, fields: dict[str, str]
    ) -> None:
        """The key with another body or other options: 422."""
        user = gateway.user()
        key = {"Idempotency-Key": "again"}
        gateway.upload(user, DATA, headers=key)
        answer = gateway.upload(user, content, fields=fields, headers=key)
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"
        assert len(gateway.jobs.newest(user, 10)) == 1

    def test_while_the_first_is_under_way(self, gateway: RunningGateway) -> None:
        """The second of two at once gets 409 with Retry-After, before it sends its body."""
        user = gateway.user()
        key = "Idempotency-Key: twice"
        body = form(file_part(DATA))
        length = f"Content-Length: {len(body)}"
        with gateway.connect() as first:
            first.sendall(upload_head(gateway, user, key, length) + body[:1_500_000])
            wait_for(lambda: bool(gateway.jobs.newest(user, 1)))
            second = gateway.exchange(
                upload_head(gateway, user, key, length, "Expect: 100-continue")
            )
            assert second.status == 409
            assert second.problem["code"] == "idempotency_key_in_use"
            assert int(second.headers["retry-after"]) > 0
            assert second.interim == []
            first.sendall(body[1_500_000:])
            assert read_answer(first).status == 202

    def test_after_an_interrupted_upload(self, gateway: RunningGateway) -> None:
        """A key whose upload broke off may be used again."""
        user = gateway.user()
        body = form(file_part(DATA))
        with gateway.connect() as connection:
            connection.sendall(
                upload_head(
                    gateway, user, "Idempotency-Key: broken", f"Content-Length: {len(body)}"
                )
                + body[:2_000_000]
            )
            wait_for(lambda: bool(gateway.jobs.newest(user, 1)))
        wait_for(lambda: gateway.only_job(user).state is State.FAILED)
        answer = gateway.upload(user, DATA, headers={"Idempotency-Key": "broken"})
        assert answer.status_code == 202
        job = gateway.jobs.get(answer.json()["fid"])
        assert job
        assert gateway.stored_video(job).read() == DATA


def test_a_job_can_be_converted_at_once(gateway: RunningGateway) -> None:
    """What the gateway leaves is what a converter claims."""
    user = gateway.user()
    gateway.upload(user, b"video")
    job = gateway.only_job(user)
    assert moves.claimed(job, "converter", "0" * 24, Policy(), now_utc())


def test_options_of_a_form_may_stand_in_the_url(gateway: RunningGateway) -> None:
    """As with PUT; they are checked like any other, and refused before the body is asked for."""
    user = gateway.user()
    file = {"file": ("video.mkv", b"video")}
    path = "/upload?bitrate=128k&title=%D0%94"
    answer = gateway.request("POST", path, user, files=file, data={"channels": "1"})
    assert answer.status_code == 202
    options = gateway.only_job(user).options
    assert (options.bitrate, options.title, options.channels) == (128, "Д", 1)
    for query, said in (
        ("colour=red", "no option 'colour'"),
        ("bitrate=1k", "bitrate is one of"),
        ("bitrate=64k&bitrate=64k", "'bitrate' was sent twice"),
        ("channels=2", "'channels' was sent twice"),
    ):
        refused = gateway.request(
            "POST", f"/upload?{query}", user, files=file, data={"channels": "1"}
        )
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_option")
        assert said in refused.json()["detail"]
    assert gateway.only_job(user).options == options

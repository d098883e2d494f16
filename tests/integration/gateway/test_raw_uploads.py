"""PUT: the file itself is the body, as `curl -T` sends it."""

import os
from pathlib import Path

import pytest

from chassis import moves
from chassis.jobs import State
from tests.integration.gateway.running import RunningGateway, head, read_answer, save
from tests.waiting import wait_for

DATA = os.urandom(3_500_000)
LIMIT = 8 << 20


def put_head(gateway: RunningGateway, user: str, query: str, *fields: str) -> bytes:
    token = gateway.bearer(user)["Authorization"]
    return head(f"PUT /upload{query}", f"Authorization: {token}", *fields)


@pytest.mark.parametrize(
    ("path", "piped", "name"),
    [
        ("/upload?name=%D0%9E%D1%82%D0%BF%D1%83%D1%81%D0%BA.mkv&bitrate=192k", False, "Отпуск.mkv"),
        ("/upload/?bitrate=192k", False, "sent.mkv"),
        ("/upload/%2E%2E%2Fmy%20film.mkv?bitrate=192k", False, "my film.mkv"),
        ("/upload?name=piped.mkv&bitrate=192k", True, "piped.mkv"),
    ],
)
@pytest.mark.parametrize("expect", ["100-continue", ""])
def test_curl_uploads(
    gateway: RunningGateway, tmp_path: Path, path: str, piped: bool, name: str, expect: str
) -> None:
    """Name and options stand in the URL; a file, or what is piped in, is stored as it is.

    To a URL that ends with a slash curl itself appends the name.
    """
    user = gateway.user()
    file = save(tmp_path, "sent.mkv", DATA)
    token = gateway.bearer(user)["Authorization"]
    source = ("-X", "PUT", "-H", "Transfer-Encoding: chunked", "--data-binary", f"@{file}")
    done = gateway.curl(
        *(source if piped else ("-T", str(file))),
        *("-H", f"Authorization: {token}", "-H", "Content-Type: video/x-matroska"),
        *("-H", f"Expect: {expect}" if expect else "Expect:", "-w", "%{http_code}"),
        path,
    )
    assert done.stdout.endswith(b"202"), done.stdout
    job = gateway.only_job(user)
    assert job.state is State.QUEUED
    assert job.source.name == name
    assert job.options.bitrate == 192
    stored = gateway.stored_video(job)
    assert stored.read() == DATA
    assert stored.metadata
    assert stored.metadata["contentType"] == "video/x-matroska"


@pytest.mark.parametrize(
    ("query", "body", "fields", "status", "code"),
    [
        ("", b"", (), 400, "empty"),
        ("?name=a", b"", ("Content-Length: 0",), 400, "empty"),
        ("?name=a", b"0\r\n\r\n", ("Transfer-Encoding: chunked",), 400, "empty"),
        ("?quality=99", b"", ("Content-Length: 9", "Expect: 100-continue"), 400, "invalid_option"),
        ("?colour=red", b"", ("Content-Length: 9", "Expect: 100-continue"), 400, "invalid_option"),
        ("", b"", (f"Content-Length: {LIMIT + 1}", "Expect: 100-continue"), 413, "too_large"),
        (
            *("", b"", ("Content-Length: 9", "Content-Type: multipart/form-data; boundary=x")),
            *(415, "form_by_put"),
        ),
    ],
)
def test_refusals(
    gateway: RunningGateway,
    query: str,
    body: bytes,
    fields: tuple[str, ...],
    status: int,
    code: str,
) -> None:
    """What can be refused without its body is, before it is asked for; nothing is left."""
    user = gateway.user()
    answer = gateway.exchange(put_head(gateway, user, query, *fields), body)
    assert (answer.status, answer.problem["code"], answer.interim) == (status, code, [])
    assert not gateway.jobs.newest(user, 1)


def test_a_token_is_needed(gateway: RunningGateway) -> None:
    """401 without one, as for a form."""
    answer = gateway.exchange(head("PUT /upload", "Content-Length: 9", "Expect: 100-continue"))
    assert (answer.status, answer.interim) == (401, [])


def test_an_idempotency_key(gateway: RunningGateway) -> None:
    """The same file again, by whichever way, is the same job."""
    user, key = gateway.user(), {"Idempotency-Key": "k"}
    first = gateway.request("PUT", "/upload?quality=3", user, data=DATA, headers=key)
    again = gateway.request("PUT", "/upload?quality=3", user, data=DATA, headers=key)
    form = gateway.upload(user, DATA, fields={"quality": "3"}, headers=key)
    assert first.status_code == 202
    assert first.json() == again.json() == form.json()
    other = gateway.request("PUT", "/upload?quality=4", user, data=DATA, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"


def test_a_client_that_goes_away(gateway: RunningGateway) -> None:
    """The job has failed as interrupted, and no chunk is left."""
    user = gateway.user()
    with gateway.connect() as connection:
        connection.sendall(put_head(gateway, user, "", f"Content-Length: {len(DATA)}") + DATA[:-9])
        wait_for(lambda: bool(gateway.jobs.newest(user, 1)))
        job = gateway.only_job(user)
        assert job.state is State.RECEIVING
    wait_for(lambda: gateway.only_job(user).state is State.FAILED)
    assert gateway.only_job(user).failure == moves.INTERRUPTED
    wait_for(lambda: gateway.nothing_stored(job))


def test_the_connection_goes_on(gateway: RunningGateway) -> None:
    """The request after an upload is read at its beginning, and answered at once."""
    user = gateway.user()
    with gateway.connect() as connection:
        for _ in range(2):
            connection.sendall(put_head(gateway, user, "", f"Content-Length: {len(DATA)}") + DATA)
            assert read_answer(connection).status == 202
        connection.sendall(head("GET /healthz"))
        assert read_answer(connection).status == 200

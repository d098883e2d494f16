"""Bad requests are answered at once, by problem details, and leave nothing behind."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from chassis.jobs import new_fid, now_utc
from tests import sample_jobs
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import (
    RawAnswer,
    RunningGateway,
    head,
    read_answer,
    save,
)
from tests.multipart_forms import CONTENT_TYPE, Part, field_part, file_part, form

DATA = b"0123456789" * 50_000
LIMIT = 8 << 20


def send_form(gateway: RunningGateway, user: str, body: bytes, *fields: str) -> RawAnswer:
    token = gateway.bearer(user)["Authorization"]
    if not any(field.startswith(("Content-Length", "Transfer")) for field in fields):
        fields = (*fields, f"Content-Length: {len(body)}")
    return gateway.exchange(
        head("POST /upload", f"Authorization: {token}", f"Content-Type: {CONTENT_TYPE}", *fields),
        body,
    )


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "file_required"),
        ([field_part("quality", "V2")], "file_required"),
        ([file_part(b"", "")], "file_required"),
        ([file_part(DATA), file_part(DATA, name="second")], "one_file"),
        ([file_part(DATA, name="same"), file_part(DATA, name="same")], "one_file"),
        ([file_part(b"")], "empty"),
        ([file_part(DATA), field_part("bitrate", "1k")], "invalid_option"),
        (
            [field_part("bitrate", "128k"), field_part("quality", "V1"), file_part(DATA)],
            "invalid_option",
        ),
        ([field_part("colour", "red"), file_part(DATA)], "invalid_option"),
        (
            [field_part("quality", "1"), file_part(DATA), field_part("quality", "1")],
            "invalid_option",
        ),
        ([field_part("quality", "1" * 1000), file_part(DATA)], "invalid_option"),
        ([("Content-Disposition: attachment\r\n", DATA)], "malformed_multipart"),
    ],
)
def test_a_bad_form(gateway: RunningGateway, parts: list[Part], code: str) -> None:
    """400 with the code of what is wrong; no job and no chunk is left."""
    user = gateway.user()
    before = gateway.chunks_stored()
    answer = send_form(gateway, user, form(*parts))
    assert answer.status == 400
    assert answer.problem["code"] == code
    assert not gateway.jobs.newest(user, 1)
    assert gateway.chunks_stored() == before


@pytest.mark.parametrize("body", [b"", b"garbage", form(file_part(DATA))[:-100]])
def test_a_body_that_is_no_form(gateway: RunningGateway, body: bytes) -> None:
    """400, also when the form's end is missing although the body is whole."""
    user = gateway.user()
    answer = send_form(gateway, user, body)
    assert answer.status == 400
    assert answer.problem["code"] == "malformed_multipart"
    assert not gateway.jobs.newest(user, 1)


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/octet-stream", "multipart/mixed; boundary=x"]
)
def test_not_multipart(gateway: RunningGateway, content_type: str) -> None:
    """415."""
    headers = {"Content-Type": content_type}
    answer = gateway.request("POST", "/upload", gateway.user(), data=b"{}", headers=headers)
    assert answer.status_code == 415
    assert answer.json()["code"] == "not_multipart"


def test_no_body_at_all(gateway: RunningGateway) -> None:
    """A POST without any framing of a body is answered, not waited for."""
    token = gateway.bearer(gateway.user())["Authorization"]
    answer = gateway.exchange(head("POST /upload", f"Authorization: {token}"))
    assert answer.status == 415


class TestTooLarge:
    """413, as soon as it is known."""

    def test_by_its_length(self, gateway: RunningGateway) -> None:
        """Content-Length alone is enough: nothing is asked for, nothing is read."""
        user = gateway.user()
        answer = send_form(
            gateway, user, b"", f"Content-Length: {50 << 30}", "Expect: 100-continue"
        )
        assert answer.status == 413
        assert answer.problem["code"] == "too_large"
        assert answer.interim == []
        assert answer.headers["connection"] == "close"

    def test_in_chunks(self, gateway: RunningGateway) -> None:
        """A body of unknown length is cut at the limit, and its chunks are deleted."""
        user = gateway.user()
        before = gateway.chunks_stored()
        body = form(file_part(b"x" * (LIMIT + 1)))
        chunks = b"".join(
            b"%x\r\n%s\r\n" % (len(piece), piece)
            for piece in (body[place : place + 65536] for place in range(0, len(body), 65536))
        )
        answer = send_form(gateway, user, chunks + b"0\r\n\r\n", "Transfer-Encoding: chunked")
        assert answer.status == 413
        assert answer.problem["code"] == "too_large"
        assert not gateway.jobs.newest(user, 1)
        assert gateway.chunks_stored() == before

    def test_exactly_the_limit_is_accepted(self, gateway: RunningGateway) -> None:
        """The limit is the file's, not the form's."""
        answer = gateway.upload(gateway.user(), b"x" * LIMIT)
        assert answer.status_code == 202

    @pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
    def test_curl_sees_the_answer(
        self, gateway: RunningGateway, tmp_path: Path, expect: str
    ) -> None:
        """A client in the middle of sending still reads why it is refused."""
        path = save(tmp_path, "large.mkv", b"x" * (40 << 20))
        token = gateway.bearer(gateway.user())["Authorization"]
        done = gateway.curl(
            *("-F", f"file=@{path}", "-H", f"Authorization: {token}", "-H", expect),
            *("-w", "\n%{http_code}"),
            "/upload",
        )
        body, _, status = done.stdout.rpartition(b"\n")
        assert status == b"413"
        assert json.loads(body)["code"] == "too_large"


@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
def test_curl_sees_a_refusal_before_the_body(
    gateway: RunningGateway, tmp_path: Path, expect: str
) -> None:
    """Without a token curl is told so, whether it waits with its body or not."""
    path = save(tmp_path, "v.mkv", b"x" * (8 << 20))
    done = gateway.curl("-F", f"file=@{path}", "-H", expect, "-w", "\n%{http_code}", "/upload")
    body, _, status = done.stdout.rpartition(b"\n")
    assert status == b"401"
    assert json.loads(body)["code"] == "token_required"


def test_a_client_that_reads_only_when_it_has_sent_all(gateway: RunningGateway) -> None:
    """What comes after a refusal is read and dropped for a while, so that the answer arrives."""
    body = form(file_part(b"x" * (7 << 20)))
    answer = gateway.exchange(
        head("POST /upload", f"Content-Type: {CONTENT_TYPE}", f"Content-Length: {len(body)}"), body
    )
    assert answer.status == 401
    assert answer.headers["connection"] == "close"


def test_too_many_unfinished_jobs(start_gateway: StartGateway) -> None:
    """429 with Retry-After; a finished job makes room again."""
    gateway = start_gateway(max_unfinished_jobs=2)
    user = gateway.user()
    first = gateway.upload(user, b"1")
    assert gateway.upload(user, b"2").status_code == 202
    refused = gateway.upload(user, b"3")
    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_jobs"
    assert int(refused.headers["Retry-After"]) > 0
    gateway.request("DELETE", f"/jobs/{first.json()['fid']}", user)
    assert gateway.upload(user, b"3").status_code == 202


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (head("POST /upload", "Content-Length: 5", "Content-Length: 6"), 400),
        (head("POST /upload", "Content-Length: 5", "Content-Length: 5"), 400),
        (head("POST /upload", "Content-Length: -1"), 400),
        (head("POST /upload", "Content-Length: five"), 400),
        (head("POST /upload", "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (head("POST /upload", "Transfer-Encoding: gzip"), 400),
        (head("GET /jobs", f"X-Large: {'x' * 10_000}"), 431),
        (head("GET /jobs", *(f"X-{n}: {'x' * 4000}" for n in range(200))), 431),
        (head("GET /jobs", *(f"X-{n}: y" for n in range(100))), 431),
        (head(f"GET /{'x' * 10_000}"), 414),
        (head("POST /upload", "Expect: the impossible"), 417),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    ],
    ids=range(16),
)
def test_a_request_that_cannot_be_parsed(
    gateway: RunningGateway, request_bytes: bytes, status: int
) -> None:
    """Conflicting or negative lengths 400, a header too large 431: problem details as well."""
    answer = gateway.exchange(request_bytes)
    assert answer.status == status
    assert answer.problem["detail"]
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("chunks", [b"zz\r\nabc\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"-5\r\n"])
def test_malformed_chunks(gateway: RunningGateway, chunks: bytes) -> None:
    """A broken transfer coding is 400, whatever was stored is deleted."""
    user = gateway.user()
    answer = send_form(gateway, user, chunks, "Transfer-Encoding: chunked")
    assert answer.status == 400
    assert answer.problem["code"] == "malformed_body"


def test_a_short_body_is_incomplete(gateway: RunningGateway) -> None:
    """A client that says it has sent all, but has not, is told."""
    user = gateway.user()
    body = form(file_part(DATA))
    token = gateway.bearer(user)["Authorization"]
    with gateway.connect() as connection:
        connection.sendall(
            head(
                "POST /upload",
                f"Authorization: {token}",
                f"Content-Type: {CONTENT_TYPE}",
                f"Content-Length: {len(body)}",
            )
            + body[:-10]
        )
        connection.shutdown(1)
        answer = read_answer(connection)
    assert answer.status == 400
    assert answer.problem["code"] == "body_incomplete"


@pytest.mark.parametrize(
    "fid", ["1", "x" * 36, "../etc/passwd", "%00", "'", "73b408b5-780d-45c3-b49a-db48a21cb90ex"]
)
def test_a_malformed_id(gateway: RunningGateway, fid: str) -> None:
    """400, before anything is looked up."""
    user = gateway.user()
    for method, path in (
        ("GET", f"/download?fid={fid}"),
        ("GET", f"/jobs/{fid.replace('/', '')}"),
        ("DELETE", f"/jobs/{fid.replace('/', '')}"),
    ):
        answer = gateway.request(method, path, user)
        assert answer.status_code == 400, path
        assert answer.json()["code"] == "invalid_fid"
    assert gateway.request("GET", "/download", user).json()["code"] == "invalid_fid"


def test_an_unknown_id_and_another_users_are_the_same(gateway: RunningGateway) -> None:
    """404 for both: nobody learns which jobs others have."""
    owner, other = gateway.user(), gateway.user()
    job = gateway.insert(sample_jobs.queued(now_utc(), username=owner))
    answers: set[tuple[int, str]] = set()
    for fid in (job.fid, new_fid()):
        for method, path in (
            ("GET", f"/jobs/{fid}"),
            ("DELETE", f"/jobs/{fid}"),
            ("GET", f"/download?fid={fid}"),
        ):
            answer = gateway.request(method, path, other)
            answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    assert gateway.jobs.get(job.fid) == job


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/jobs", 405, "method_not_allowed"),
        ("GET", "/upload", 405, "method_not_allowed"),
        ("POST", "/download", 405, "method_not_allowed"),
        ("BREW", "/jobs", 405, "method_not_allowed"),
    ],
)
def test_no_such_page_or_method(
    gateway: RunningGateway, method: str, path: str, status: int, code: str
) -> None:
    """404 and 405 are problem details as well."""
    answer = gateway.request(method, path, gateway.user())
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert status != 405 or "Allow" in answer.headers


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid_limit"),
        ("limit=many", "invalid_limit"),
        ("cursor=invented", "invalid_cursor"),
    ],
)
def test_a_bad_page(gateway: RunningGateway, query: str, code: str) -> None:
    """400."""
    answer = gateway.request("GET", f"/jobs?{query}", gateway.user())
    assert answer.status_code == 400
    assert answer.json()["code"] == code


def test_connections_go_on_after_a_refusal(gateway: RunningGateway) -> None:
    """A refusal with nothing left of its body leaves the connection open for the next request."""
    with gateway.connect() as connection:
        for _ in range(3):
            connection.sendall(head("GET /jobs"))
            answer = read_answer(connection)
            assert answer.status == 401
            assert answer.headers["connection"] == "keep-alive"


def test_two_uploads_on_one_connection(gateway: RunningGateway) -> None:
    """Sent one right behind the other, each is read to its own end."""
    user = gateway.user()
    token = gateway.bearer(user)["Authorization"]
    requests = b""
    for data in (b"first", b"second"):
        body = form(file_part(data))
        requests += head(
            "POST /upload",
            f"Authorization: {token}",
            f"Content-Type: {CONTENT_TYPE}",
            f"Content-Length: {len(body)}",
        )
        requests += body
    with gateway.connect() as connection:
        connection.sendall(requests)
        stream = connection.makefile("rb")
        answers: list[dict[str, Any]] = []
        deadline = time.monotonic() + 30
        while len(answers) < 2 and time.monotonic() < deadline:
            line = stream.readline()
            if line.startswith(b"{"):
                answers.append(json.loads(line))
    jobs = [gateway.jobs.get(answer["fid"]) for answer in answers]
    assert [gateway.stored_video(job).read() for job in jobs if job] == [b"first", b"second"]


def test_nothing_of_our_insides_is_shown(gateway: RunningGateway) -> None:
    """No answer of this whole module was a 500, and no trace stands in the log."""
    lines = gateway.log_lines()
    assert not [line for line in lines if line.get("status") == 500]
    assert not [line for line in lines if "exception" in line]

"""Who is let in: every bad token is 401 with a challenge, and nobody asks auth about good ones."""

import base64
import json
from collections.abc import Callable
from time import time

import jwt
import pytest
import requests

from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.key_server import KeyServer, claims_of
from tests.integration.gateway.running import RunningGateway, head

USER = "ada@example.com"


def b64(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def unsigned(keys: KeyServer) -> str:
    header = {"alg": "none", "typ": "JWT", "kid": "first"}
    return f"{b64(header)}.{b64(claims_of(USER))}."


def with_shared_secret(keys: KeyServer) -> str:
    secret = "a shared secret of more than thirty-two bytes"
    return jwt.encode(claims_of(USER), secret, "HS256", {"kid": "first"})


def altered(keys: KeyServer) -> str:
    head_part, _, signature = keys.token(USER).split(".")
    return f"{head_part}.{b64(claims_of('root@example.com', admin=True))}.{signature}"


BAD: dict[str, Callable[[KeyServer], str]] = {
    "malformed": lambda _: "nonsense",
    "empty": lambda _: "",
    "two": lambda keys: f"{keys.token(USER)} {keys.token(USER)}",
    "alg none": unsigned,
    "alg HS256": with_shared_secret,
    "altered": altered,
    "expired": lambda keys: keys.token(USER, exp=int(time()) - 1, iat=int(time()) - 3600),
    "too long": lambda keys: keys.token(USER, exp=int(time()) + 10 * 86_400),
    "exp as text": lambda keys: keys.token(USER, exp=str(int(time()) + 600)),
    "no exp": lambda keys: keys.token(USER, exp=None),
    "wrong issuer": lambda keys: keys.token(USER, iss="somebody"),
    "wrong audience": lambda keys: keys.token(USER, aud="somewhere"),
    "no audience": lambda keys: keys.token(USER, aud=None),
    "padding": lambda keys: keys.token(USER) + "=",
    "another type": lambda keys: keys.token(USER, headers={"typ": "at+jwt"}),
    "unknown kid": lambda keys: keys.token(USER, headers={"kid": "invented"}),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token(gateway: RunningGateway, kind: str) -> None:
    """401 with WWW-Authenticate, as RFC 6750 has it."""
    token = BAD[kind](gateway.keys)
    answer = gateway.exchange(head("GET /jobs", f"Authorization: Bearer {token}"))
    assert answer.status == 401
    assert answer.problem["code"] == "invalid_token"
    assert answer.headers["www-authenticate"].startswith('Bearer realm="video-to-mp3", error=')
    assert len(token) < 8 or token not in gateway.service.process.output()


def test_another_keys_token(gateway: RunningGateway) -> None:
    """A token signed by a key that is not published is refused, whatever id it claims."""
    gateway.keys.add_key("private", publish=False)
    for kid in ("private", "first"):
        token = gateway.keys.token(USER, kid="private", headers={"kid": kid})
        headers = {"Authorization": f"Bearer {token}"}
        assert gateway.request("GET", "/jobs", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "header", [None, "Basic YWRhOnBhc3N3b3Jk", "Bearer", "Bearer  ", "Token x"]
)
def test_no_token(gateway: RunningGateway, header: str | None) -> None:
    """401 that says which kind of credentials is wanted."""
    fields = [f"Authorization: {header}"] if header is not None else []
    for line in (
        "GET /jobs",
        "POST /upload",
        "GET /download?fid=1",
        "DELETE /jobs/1",
        "GET /jobs/1",
    ):
        answer = gateway.exchange(head(line, *fields))
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert answer.problem["code"] in ("token_required", "invalid_token")


def test_the_scheme_is_written_in_any_case(gateway: RunningGateway) -> None:
    """RFC 9110: schemes are case-insensitive."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {gateway.keys.token(USER)}"}
        assert gateway.request("GET", "/jobs", headers=headers).status_code == 200


def test_auth_is_not_asked_about_each_token(gateway: RunningGateway) -> None:
    """A hundred requests, and not one more to auth."""
    gateway.request("GET", "/jobs", USER)
    before = gateway.keys.fetches
    with requests.Session() as session:
        for _ in range(100):
            answer = session.get(f"{gateway.url}/jobs", headers=gateway.bearer(USER), timeout=30)
            assert answer.status_code == 200
    assert gateway.keys.fetches == before


def test_a_new_key_and_auths_absence(start_gateway: StartGateway, key_server: KeyServer) -> None:
    """The next key works at once; once known, keys work on while auth is down."""
    gateway = start_gateway()
    # A gateway that has just fetched its keys fetches again only after a few seconds.
    key_server.add_key("next")
    headers = {"Authorization": f"Bearer {key_server.token(USER, kid='next')}"}
    answer = gateway.request("GET", "/jobs", headers=headers)
    deadline = time() + 30
    while answer.status_code == 401 and time() < deadline:
        answer = gateway.request("GET", "/jobs", headers=headers)
    assert answer.status_code == 200
    key_server.down = True
    try:
        assert gateway.request("GET", "/jobs", headers=headers).status_code == 200
        assert gateway.upload(USER, b"video").status_code == 202
        assert gateway.request("GET", "/readyz").status_code == 200
    finally:
        key_server.down = False


def test_a_user_may_not_see_all_jobs(gateway: RunningGateway) -> None:
    """Only an admin may ask for the jobs of all: 403."""
    assert gateway.request("GET", "/jobs?all=1", gateway.user()).status_code == 403
    headers = gateway.bearer(gateway.user(), admin=True)
    assert gateway.request("GET", "/jobs?all=1", headers=headers).status_code == 200

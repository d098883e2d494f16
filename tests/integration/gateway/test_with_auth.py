"""The gateway in front of the real auth: tokens made by the one are taken by the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from devstack.mariadb import MariaDB
from devstack.services import Service, new_signing_keys
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import RunningGateway
from tests.waiting import wait_for

EMAIL, PASSWORD = "root@example.com", "correct horse battery staple"


@pytest.fixture
def auth(mariadb: MariaDB, tmp_path: Path) -> Iterator[Service]:
    keys = tmp_path / "keys.json"
    keys.write_text(new_signing_keys())
    service = Service(
        "auth",
        {
            "MYSQL_URL": mariadb.new_database("auth_behind_the_gateway"),
            "SIGNING_KEYS_FILE": str(keys),
            "ADMIN_EMAIL": EMAIL,
            "ADMIN_PASSWORD": PASSWORD,
            "PASSWORD_MEMORY_KIB": "1024",
        },
        tmp_path,
    )
    service.start()
    yield service
    service.stop()


def login(gateway: RunningGateway, password: str) -> requests.Response:
    return requests.post(f"{gateway.url}/login", auth=(EMAIL, password), timeout=60)


def test_the_way_in(auth: Service, start_gateway: StartGateway) -> None:
    """Log in, upload, see the job; a wrong password is 401; an admin's routes work."""
    gateway = start_gateway(auth_url=auth.url)
    assert login(gateway, "wrong").status_code == 401
    answer = login(gateway, PASSWORD)
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.text}"}
    uploaded = gateway.request("POST", "/upload", headers=bearer, files={"file": ("v.mkv", b"v")})
    assert uploaded.status_code == 202
    assert gateway.only_job(EMAIL).fid == uploaded.json()["fid"]
    claims = gateway.request("POST", "/validate", headers=bearer).json()
    assert claims["username"] == EMAIL
    assert gateway.request("GET", "/jobs?all=1", headers=bearer).status_code == 200
    assert gateway.request("GET", "/users", headers=bearer).status_code == 200
    assert gateway.request("GET", "/.well-known/jwks.json").json()["keys"]

    auth.stop()
    refused = login(gateway, PASSWORD)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert gateway.request("GET", "/jobs", headers=bearer).status_code == 200
    assert gateway.request("GET", "/readyz").status_code == 200
    auth.start()
    wait_for(lambda: login(gateway, PASSWORD).status_code == 200)

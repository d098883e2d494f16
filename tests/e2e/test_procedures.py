"""What docs/operations.md tells operators to do, done on the real servers."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pymongo
import pytest
import requests

from devstack.daemon import Daemon
from devstack.maildir import plain_text
from devstack.ports import LOOPBACK
from devstack.services import Service, new_signing_keys
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e.api_client import ApiClient
from tests.e2e.conftest import OVERRIDES
from tests.waiting import wait_for

TIMEOUT = 30
SETTINGS = OVERRIDES | {"DRAIN_SECONDS": "0"}  # nobody else is to learn that a service stops


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system of its own, because it is stopped, changed and lost on the way."""
    with Stack.on_free_ports(tmp_path_factory.mktemp("installation"), SETTINGS) as stack:
        yield stack


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Sounds, each like no other."""

    def make() -> Iterator[Path]:
        folder = tmp_path_factory.mktemp("clips")
        for number in range(100):
            path = folder / f"{number}.flac"
            source = f"sine=frequency={440 + number}:sample_rate=44100"
            command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "1", str(path)]
            subprocess.run(command, check=True)
            yield path

    return make()


def start(*daemons: Daemon) -> None:
    """Start all at once."""
    for daemon in daemons:
        daemon.launch()
    for daemon in daemons:
        daemon.await_ready()


def change(service: Service, **settings: str) -> None:
    """Restart a service with other settings, as a rollout does."""
    service.stop()
    service.settings |= settings
    service.process.environment.update(settings)
    service.start()


def test_backup_and_restore(installation: Stack, clips: Iterator[Path], tmp_path: Path) -> None:
    """After the loss of every server's data the backup of accounts and jobs brings all back.

    RabbitMQ is not part of it: what was on its queues is announced anew.
    """
    stack, client = installation, ApiClient(installation)
    done = client.upload(next(clips))
    assert client.finished([done], TIMEOUT)[done]["status"] == "ready"
    mp3 = client.download(done).content
    stack.services["converter"].stop()
    waiting = client.upload(next(clips))
    dump(stack, tmp_path)
    lost = client.upload(next(clips))
    stack.stop()
    for lost_data in (stack.mongodb, stack.rabbitmq, stack.mariadb):
        shutil.rmtree(lost_data.folder / "data")

    shutil.copytree(tmp_path / "mongodb", stack.mongodb.folder / "data")
    start(*stack.servers)
    restored = (tmp_path / "accounts.sql").read_bytes()
    subprocess.run(["mariadb", *account(stack)], input=restored, check=True)
    start(*stack.services.values())
    client = ApiClient(stack)
    assert client.download(done).content == mp3
    assert client.finished([waiting], TIMEOUT)[waiting]["status"] == "ready"
    stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=waiting)
    assert client.download(waiting).status_code == 200
    assert client.download(lost).status_code == 404


def dump(stack: Stack, folder: Path) -> None:
    """Back up the accounts by a dump, jobs and files by a copy while MongoDB holds its writes."""
    options = ["--single-transaction", "--skip-lock-tables", "--skip-add-locks", "--no-tablespaces"]
    with (folder / "accounts.sql").open("wb") as accounts:
        subprocess.run(["mariadb-dump", *options, *account(stack)], stdout=accounts, check=True)
    with pymongo.MongoClient[dict[str, object]](stack.mongodb.url) as mongodb:
        mongodb.admin.command("fsync", lock=True)
        try:
            shutil.copytree(
                stack.mongodb.folder / "data",
                folder / "mongodb",
                ignore=shutil.ignore_patterns("mongod.lock"),
            )
        finally:
            mongodb.admin.command("fsyncUnlock")


def account(stack: Stack) -> list[str]:
    """Options of MariaDB's programs that lead to the accounts."""
    server = stack.mariadb
    return [
        f"--host={LOOPBACK}",
        f"--port={server.port}",
        "--user=auth",
        f"--password={server.password}",
        "auth",
    ]


def test_signing_keys_rotate(installation: Stack) -> None:
    """New key last, then first, then alone: no token is refused before the old key is gone."""
    auth, path = (
        installation.services["auth"],
        installation.folder / "secrets" / "signing-keys.json",
    )
    old = json.loads(path.read_text())["keys"]
    new = json.loads(new_signing_keys())["keys"]
    clients = [ApiClient(installation)]
    for keys in (old + new, new + old):
        path.write_text(json.dumps({"keys": keys}))
        change(auth)
        clients.append(ApiClient(installation))
        for client in clients:
            assert client.get("/jobs").status_code == 200
    path.write_text(json.dumps({"keys": new}))
    change(auth)
    change(installation.services["gateway"])  # or five minutes later, when it asks for keys again
    assert [client.get("/jobs").status_code for client in clients] == [401, 401, 200]


def test_the_link_secret_rotates(installation: Stack, clips: Iterator[Path]) -> None:
    """Accepted first, signing next, alone at last: a gateway that is a step behind opens each link.

    The last of the secrets signs: so the new one stands before the old one at first.
    """
    gateway, notification = (installation.services[name] for name in ("gateway", "notification"))
    old, new = gateway.settings["LINK_SECRET"], "a new secret of good length"
    client, behind = ApiClient(installation), old
    links = []
    for secrets in (f"{new},{old}", f"{old},{new}"):
        for service in (notification, gateway):
            change(service, LINK_SECRET=secrets)
        fid = client.upload(next(clips))
        links.append(link(installation, fid))
        with installation.replica("gateway", 2, {"LINK_SECRET": behind}) as late:
            assert requests.get(at(late, links[-1]), timeout=TIMEOUT).status_code == 200
        for each in links:
            assert requests.get(each, timeout=TIMEOUT).status_code == 200
        behind = secrets
    change(gateway, LINK_SECRET=new)
    assert [requests.get(each, timeout=TIMEOUT).status_code for each in links] == [403, 200]


def link(stack: Stack, fid: str) -> str:
    """The link in the mail about a job."""
    text = plain_text(stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=fid))
    found = re.search(rf"{re.escape(stack.gateway_url)}/download\S*sig\S*", text)
    assert found, text
    return found[0]


def at(gateway: Service, address: str) -> str:
    """The same page of another gateway."""
    return gateway.url + "/" + address.removeprefix("http://").partition("/")[2]


def test_accounts_of_stores_change_in_turn(installation: Stack, clips: Iterator[Path]) -> None:
    """A second account, then the services by it, then the first one goes: nothing is refused.

    Shown with RabbitMQ: what uses the old account goes on until it is told of the new one.
    """
    rabbitmq, client = installation.rabbitmq, ApiClient(installation)
    rabbitmq.control("add_user", "next", "secret")
    rabbitmq.control("set_permissions", "next", ".*", ".*", ".*")
    for service in installation.services.values():
        if "AMQP_URL" in service.settings:
            fid = client.upload(next(clips))
            change(service, AMQP_URL=f"amqp://next:secret@{LOOPBACK}:{rabbitmq.port}/%2F")
            assert client.finished([fid], TIMEOUT)[fid]["status"] == "ready"
    rabbitmq.control("delete_user", "mp3")
    fid = client.upload(next(clips))
    assert client.finished([fid], TIMEOUT)[fid]["status"] == "ready"
    wait_for(lambda: "mp3" not in rabbitmq.control("list_connections", "user"), what="their end")

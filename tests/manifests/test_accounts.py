"""The accounts' files against the code, and the script that makes their passwords."""

import json
import subprocess
from pathlib import Path

import pytest

from auth.keys import SigningKeys
from chassis.broker.topology import dead_letter_arguments, dead_letters, queue_arguments
from chassis.messages import QUEUES
from devstack.services import CHECKOUT

ACCOUNTS = CHECKOUT / "k8s" / "components" / "datastores" / "accounts"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder with all secrets, as they are made."""
    make(tmp_path)
    return tmp_path


def make(folder: Path) -> None:
    command = [CHECKOUT / "scripts" / "secrets", folder]
    subprocess.run(command, check=True, capture_output=True, text=True)


def test_queues_are_written_down_as_they_are_declared() -> None:
    """Else a service would find its queues made otherwise, and refuse to work."""
    definitions = json.loads((ACCOUNTS / "rabbitmq.json").read_text())
    written = {queue["name"]: queue["arguments"] for queue in definitions["queues"]}
    expected = {name: queue_arguments(name) for name in QUEUES}
    assert written == expected | {dead_letters(name): dead_letter_arguments() for name in QUEUES}
    assert all(queue["durable"] and not queue["auto_delete"] for queue in definitions["queues"])


def test_every_account_has_a_password_of_its_own(secrets: Path) -> None:
    """No two accounts, of one store or of several, share one."""
    made = [
        path for store in ("rabbitmq", "mongodb", "mysql") for path in (secrets / store).iterdir()
    ]
    users = json.loads((ACCOUNTS / "rabbitmq.json").read_text())["users"]
    roles = json.loads((ACCOUNTS / "mongodb.json").read_text())
    assert {path.name for path in (secrets / "rabbitmq").iterdir()} == {u["name"] for u in users}
    assert {path.name for path in (secrets / "mongodb").iterdir()} == {
        "administrator",
        *(role["role"] for role in roles),
    }
    assert len({path.read_text() for path in made}) == len(made)
    assert all(len(path.read_text()) >= 43 for path in made)


def test_secrets_that_are_there_stay(secrets: Path) -> None:
    """Run again, the script changes nothing; a password that was removed is new, with its URL."""
    before = {path: path.read_text() for path in secrets.rglob("*") if path.is_file()}
    make(secrets)
    assert {path: path.read_text() for path in before} == before
    (secrets / "rabbitmq" / "gateway").unlink()
    make(secrets)
    changed = {
        str(path.relative_to(secrets)) for path in before if path.read_text() != before[path]
    }
    assert changed == {"rabbitmq/gateway", "gateway/AMQP_URL"}
    assert (secrets / "rabbitmq" / "gateway").read_text() in (
        secrets / "gateway/AMQP_URL"
    ).read_text()


def test_nobody_else_may_read_them(secrets: Path) -> None:
    """The folder is its owner's alone."""
    assert secrets.stat().st_mode & 0o077 == 0


def test_signing_keys_are_made_as_auth_reads_them(secrets: Path) -> None:
    """What openssl makes is a key set with a key that signs, and its public part belongs to it."""
    text = (secrets / "auth" / "SIGNING_KEYS").read_text()
    keys = SigningKeys.parse(text)
    [written] = json.loads(text)["keys"]
    [published] = keys.published()["keys"]
    assert (published["x"], published["kid"]) == (written["x"], written["kid"])


def test_definitions_without_a_password_are_refused(secrets: Path, tmp_path: Path) -> None:
    """An account whose password was forgotten stops RabbitMQ's start, with its name."""
    (secrets / "rabbitmq" / "sweeper").unlink()
    script, definitions = ACCOUNTS / "rabbitmq.sh", ACCOUNTS / "rabbitmq.json"
    command: list[Path | str] = ["sh", script, definitions]
    command += [secrets / "rabbitmq", tmp_path / "definitions.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no password" in done.stderr

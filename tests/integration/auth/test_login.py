"""POST /login, on a real MariaDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from sqlalchemy import text

from auth.passwords import Passwords
from tests.integration.auth.replicas import PASSWORD, CountingPasswords, Replica, basic, refusal

ANN = "ann@example.com"


def test_a_login_gives_the_bare_token(replica: Replica) -> None:
    """Address and password give 200 and nothing but the token, as text."""
    account = replica.add(ANN)
    response = replica.log_in(ANN)
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    assert response.headers["Cache-Control"] == "no-store"
    claims = jwt.decode(response.text, options={"verify_signature": False})
    assert (claims["sub"], claims["username"], claims["admin"]) == (account.id, ANN, False)


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("application/json", True),
        ("application/json, */*;q=0.5", True),
        ("application/json, text/plain, */*", True),
        ("*/*", False),
        ("text/plain", False),
        ("text/plain, application/json;q=0.5", False),
        ("text/plain, application/json;q=0", False),
        ("text/html", False),
        ("", False),
    ],
)
def test_a_client_that_asks_for_json_gets_json(replica: Replica, accept: str, json: bool) -> None:
    """JSON goes to clients that name it, text to all others."""
    replica.add(ANN)
    response = replica.log_in(ANN, Accept=accept)
    assert response.headers["Vary"] == "Accept"
    if not json:
        assert response.mimetype == "text/plain"
        return
    document = response.get_json()
    assert set(document) == {"access_token", "token_type", "expires_in"}
    assert (document["token_type"], document["expires_in"]) == ("Bearer", 86_400)
    token = {"Authorization": f"Bearer {document['access_token']}"}
    assert replica.client.post("/validate", headers=token).status_code == 200


@pytest.mark.parametrize("username", ["Ann@Example.com", "ANN@EXAMPLE.COM"])
def test_an_address_is_the_same_in_any_case(replica: Replica, username: str) -> None:
    """Whoever types the address in another case is the same user."""
    replica.add(ANN)
    assert replica.log_in(username).status_code == 200


def test_passwords_may_hold_anything(replica: Replica) -> None:
    """Colons, spaces and letters of every script go through HTTP Basic."""
    password = " :пароль: 密码 🐎 "
    replica.accounts.management.add(ANN, password)
    assert replica.log_in(ANN, password).status_code == 200
    assert replica.log_in(ANN, password.strip()).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic YW5u"},
        {"Authorization": "Basic /////w=="},
        {"Authorization": "Bearer token"},
        {"Authorization": "Digest username=ann"},
        basic(ANN, ""),
        basic("", PASSWORD),
    ],
    ids=str,
)
def test_a_login_needs_address_and_password(replica: Replica, headers: dict[str, str]) -> None:
    """Without both, 401 says how to send them."""
    replica.add(ANN)
    response = replica.client.post("/login", headers=headers)
    assert refusal(response) == (401, "credentials_required")
    assert response.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_unknown_disabled_and_wrong_get_the_same_answer_for_the_same_work(replica: Replica) -> None:
    """Nobody can tell from answer or work whether an address has an account."""
    replica.add(ANN)
    disabled = replica.add("bob@example.com")
    replica.accounts.management.change(disabled.id, active=False)
    seen = set()
    for username, password in (
        (ANN, "wrong password"),
        ("nobody@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("not an address", "wrong password"),
        ("x" * 3000, "wrong password"),
        ("bob@example.com", "wrong password"),
        ("bob@example.com", PASSWORD),
    ):
        replica.passwords.work.clear()
        response = replica.log_in(username, password)
        assert refusal(response) == (401, "invalid_credentials")
        seen.add((response.text, str(response.headers), *replica.passwords.work))
    assert len(seen) == 1
    assert seen.pop()[2:] == ("verify",)


def test_a_check_for_nobody_is_a_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no account, a hash with the same parameters is worked through."""
    passwords = Passwords(memory_kib=8, passes=1)
    worked = []
    hasher = passwords._hasher  # noqa: SLF001 - to count what it is asked
    real = type(hasher).verify

    def verify(self: object, stored: str, password: str) -> bool:
        worked.append(stored.split("$")[:4])
        return real(hasher, stored, password)

    monkeypatch.setattr(type(hasher), "verify", verify)
    stored = passwords.hash(PASSWORD)
    passwords.verify(None, PASSWORD)
    passwords.verify(stored, PASSWORD)
    assert worked == [stored.split("$")[:4]] * 2


def test_the_sixth_failure_is_refused(replica: Replica) -> None:
    """Five wrong passwords get 401, the sixth within 15 minutes gets 429 and when to come back."""
    replica.add(ANN)
    for _ in range(5):
        assert refusal(replica.log_in(ANN, "wrong password")) == (401, "invalid_credentials")
        replica.clock.advance(minutes=1)
    response = replica.log_in(ANN, "wrong password")
    assert refusal(response) == (429, "too_many_failures")
    assert response.headers["Retry-After"] == "600"


def test_a_refused_login_is_not_looked_at(replica: Replica) -> None:
    """While a name is refused the right password does not help, and nothing is worked out."""
    replica.add(ANN)
    for _ in range(6):
        replica.log_in(ANN, "wrong password")
    replica.passwords.work.clear()
    assert refusal(replica.log_in(ANN)) == (429, "too_many_failures")
    assert refusal(replica.log_in("ANN@example.com")) == (429, "too_many_failures")
    assert replica.passwords.work == []
    replica.clock.advance(minutes=14, seconds=59)
    assert refusal(replica.log_in(ANN)) == (429, "too_many_failures")
    replica.clock.advance(seconds=1)
    assert replica.log_in(ANN).status_code == 200


def test_others_are_not_refused(replica: Replica) -> None:
    """Failures under one name refuse nobody else."""
    replica.add(ANN)
    for _ in range(7):
        replica.log_in("bob@example.com", "wrong password")
    assert replica.log_in(ANN).status_code == 200


def test_unknown_names_are_refused_as_known_ones_are(replica: Replica) -> None:
    """The sixth failure says nothing about whether there is an account."""
    replica.add(ANN)
    ends = [
        [refusal(replica.log_in(name, "wrong password")) for _ in range(8)]
        for name in (ANN, "nobody@example.com")
    ]
    assert ends[0] == ends[1]


def test_a_success_clears_the_failures(replica: Replica) -> None:
    """After a successful login five more failures are free."""
    replica.add(ANN)
    for _ in range(3):
        for _ in range(5):
            assert replica.log_in(ANN, "wrong password").status_code == 401
        assert replica.log_in(ANN).status_code == 200


def test_replicas_count_together(new_replica: Callable[..., Replica]) -> None:
    """Failures at one replica count at the other."""
    one, other = new_replica(), new_replica()
    one.add(ANN)
    for replica in (one, other, one, other, one):
        assert replica.log_in(ANN, "wrong password").status_code == 401
    assert other.log_in(ANN, "wrong password").status_code == 429
    assert one.log_in(ANN).status_code == 429


def test_guessing_many_at_once_gets_no_more_guesses(new_replica: Callable[..., Replica]) -> None:
    """Of forty guesses at the same time at two replicas at most six are answered."""
    replicas = [new_replica(), new_replica()]
    replicas[0].add(ANN)

    def guess(number: int) -> int:
        return replicas[number % 2].log_in(ANN, f"wrong password {number}").status_code

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(guess, range(40)))
    assert sorted(ends) == [401] * 5 + [429] * 35


def test_a_right_guess_that_comes_too_late_is_refused(new_replica: Callable[..., Replica]) -> None:
    """A password that was being checked while six others failed is refused, right as it is."""
    other = new_replica()
    other.add(ANN)

    class Slow(CountingPasswords):
        def verify(self, stored: str | None, password: str) -> bool:
            for _ in range(6):
                other.log_in(ANN, "wrong password")
            return super().verify(stored, password)

    assert refusal(new_replica(Slow()).log_in(ANN)) == (429, "too_many_failures")


def test_many_right_logins_at_once_all_succeed(replica: Replica) -> None:
    """Successful logins under one name do not get in each other's way, failures or not."""
    replica.add(ANN)
    for _ in range(5):
        replica.log_in(ANN, "wrong password")
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda _: replica.log_in(ANN).status_code, range(40)))
    assert ends == [200] * 40


def test_names_are_not_kept(replica: Replica) -> None:
    """What was typed as a name is not stored: it may be a password."""
    replica.log_in("my secret password", "oops")
    with replica.accounts.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM failed_logins")).all()
    assert len(rows) == 1
    assert "secret" not in str(rows)


def test_old_failures_are_dropped(replica: Replica) -> None:
    """Names that were tried once do not fill the table for ever."""
    for number in range(30):
        replica.log_in(f"nobody{number}@example.com", "wrong password")
    replica.clock.advance(minutes=15)
    for number in range(3):
        replica.log_in(f"somebody{number}@example.com", "wrong password")
    with replica.accounts.engine.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM failed_logins")) == 3


def test_a_login_renews_an_outdated_hash(new_replica: Callable[..., Replica]) -> None:
    """With other parameters the next login stores a new hash, and the password stays the same."""
    before = new_replica().add(ANN)
    stronger = new_replica(CountingPasswords(memory_kib=16))
    assert stronger.log_in(ANN).status_code == 200
    assert stronger.passwords.work == ["verify", "hash"]
    assert "$m=16," in stronger.accounts.management.get(before.id).password_hash
    assert stronger.log_in(ANN).status_code == 200
    assert stronger.passwords.work == ["verify", "hash", "verify"]

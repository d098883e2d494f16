"""The keys are fetched seldom, and the known ones outlive auth's absence."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.tokens import InvalidToken
from gateway.keys import KeyCache
from gateway.refusals import AuthUnavailable, KeysUnavailable
from tests.integration.gateway.key_server import jwk
from tests.waiting import wait_for


class Auth:
    """Publishes keys, or is away."""

    def __init__(self) -> None:
        self.kids = ["first"]
        self.away = False
        self.fetches = 0

    def __call__(self) -> object:
        """The JWK Set."""
        self.fetches += 1
        if self.away:
            raise AuthUnavailable
        return self.document()

    def document(self) -> dict[str, Any]:
        """The keys as they are published."""
        return {"keys": [jwk(kid, Ed25519PrivateKey.generate()) for kid in self.kids]}


@pytest.fixture
def auth() -> Auth:
    return Auth()


def cache(auth: Auth, retry_seconds: float = 0.0) -> KeyCache:
    return KeyCache(auth, retry_seconds=retry_seconds)


def test_a_known_key_is_fetched_once(auth: Auth) -> None:
    """Checking tokens does not call auth."""
    keys = cache(auth)
    for _ in range(5):
        assert keys.key("first").key_id == "first"
    assert auth.fetches == 1


def test_a_new_key_is_fetched_when_a_token_names_it(auth: Auth) -> None:
    """A token signed with auth's next key works at once."""
    keys = cache(auth)
    keys.key("first")
    auth.kids.append("second")
    assert keys.key("second").key_id == "second"


def test_a_key_that_is_not_published_any_more_is_forgotten(auth: Auth) -> None:
    """A key that auth withdrew opens nothing after the next fetch."""
    keys = cache(auth)
    keys.key("first")
    auth.kids = ["second"]
    keys.key("second")
    with pytest.raises(InvalidToken):
        keys.key("first")


def test_unknown_keys_do_not_make_us_ask_again_and_again(auth: Auth) -> None:
    """However many tokens name invented keys, auth is asked once in a while only."""
    keys = cache(auth, retry_seconds=3600)
    keys.key("first")
    for number in range(50):
        with pytest.raises(InvalidToken):
            keys.key(f"invented-{number}")
    assert auth.fetches == 1


def test_known_keys_go_on_while_auth_is_away(auth: Auth) -> None:
    """Tokens already issued keep working when auth is down."""
    keys = cache(auth)
    keys.key("first")
    auth.away = True
    with pytest.raises(InvalidToken):
        keys.key("unknown")
    assert keys.key("first").key_id == "first"


def test_an_empty_answer_does_not_take_the_keys_away(auth: Auth) -> None:
    """A set without usable keys is a fault of auth's, not a withdrawal of all keys."""
    keys = cache(auth)
    keys.key("first")
    auth.kids = []
    with pytest.raises(InvalidToken):
        keys.key("unknown")
    assert keys.known()


def test_without_any_key_the_world_is_at_fault(auth: Auth) -> None:
    """Before the first fetch succeeded, no token is called invalid."""
    auth.away = True
    keys = cache(auth)
    assert not keys.known()
    with pytest.raises(KeysUnavailable):
        keys.key("first")


def test_the_keys_are_fetched_in_the_background(auth: Auth) -> None:
    """The keys are there before the first token comes, also when auth starts later than we do."""
    auth.away = True
    keys = KeyCache(auth, refresh_seconds=0.01, retry_seconds=0.01)
    keys.start()
    wait_for(lambda: auth.fetches > 1)
    auth.away = False
    wait_for(keys.known)
    auth.kids = ["second"]
    fetches = auth.fetches
    wait_for(lambda: auth.fetches > fetches + 1)
    assert keys.key("second").key_id == "second"
    keys.stop()

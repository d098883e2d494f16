"""Tokens are taken only exactly as auth makes them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis.tokens import InvalidToken
from gateway.tokens import TokenCheck, User, parse_keys

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
PRIVATE = Ed25519PrivateKey.generate()
CLAIMS = {
    "sub": "7",
    "username": "ada@example.com",
    "admin": False,
    "iss": "auth",
    "aud": "video-to-mp3",
    "iat": SECONDS - 60,
    "exp": SECONDS + 3600,
    "jti": "1",
}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(**changes: Any) -> dict[str, Any]:
    x = b64(PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    key = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "k", "x": x}
    return key | changes


KEYS = parse_keys({"keys": [jwk()]})


def sign(claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None) -> str:
    """A token signed by the right key, whatever it says."""
    head = {"alg": "EdDSA", "typ": "JWT", "kid": "k"} | (header or {})
    head = {name: value for name, value in head.items() if value is not None}
    body = {name: value for name, value in (CLAIMS | (claims or {})).items() if value is not None}
    signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(body).encode())}"
    return f"{signed}.{b64(PRIVATE.sign(signed.encode()))}"


def check(token: str) -> User:
    return TokenCheck(KEYS.__getitem__, "auth", "video-to-mp3").user(token, NOW)


def test_a_token_of_auth_names_its_user() -> None:
    """A good token speaks for the user that it names."""
    assert check(sign()) == User("ada@example.com", admin=False)
    assert check(sign({"admin": True})) == User("ada@example.com", admin=True)


def test_a_token_that_was_taken_before_still_ends() -> None:
    """A token is taken again and again, and refused from the second on at which it expires."""
    checks, token = TokenCheck(KEYS.__getitem__, "auth", "video-to-mp3"), sign()
    for before in (timedelta(0), timedelta(seconds=3599)):
        assert checks.user(token, NOW + before) == User("ada@example.com", admin=False)
    with pytest.raises(InvalidToken):
        checks.user(token, NOW + timedelta(seconds=3600))


def test_a_token_that_was_taken_before_ends_with_its_key() -> None:
    """A key that is withdrawn, or replaced under its name, ends the tokens that it signed."""
    keys = dict(KEYS)

    def key(kid: str) -> jwt.PyJWK:
        if kid not in keys:
            raise InvalidToken("The token's key is not known.")
        return keys[kid]

    checks, token = TokenCheck(key, "auth", "video-to-mp3"), sign()
    assert checks.user(token, NOW)
    other = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    keys.update(parse_keys({"keys": [jwk(x=b64(other))]}))
    with pytest.raises(InvalidToken):
        checks.user(token, NOW)
    keys.clear()
    with pytest.raises(InvalidToken):
        checks.user(token, NOW)


def test_pyjwt_makes_the_tokens_that_are_taken() -> None:
    """What auth's library writes is what is understood."""
    assert check(jwt.encode(CLAIMS, PRIVATE, "EdDSA", {"kid": "k"})).username == "ada@example.com"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": SECONDS},
        {"exp": SECONDS - 1},
        {"exp": SECONDS - 86_400},
        {"exp": SECONDS + 86_400 * 30},
        {"exp": SECONDS - 60 + 86_401},
        {"exp": str(SECONDS + 3600)},
        {"exp": SECONDS + 3600.5},
        {"exp": True},
        {"exp": None},
        {"iat": None},
        {"iat": str(SECONDS)},
        {"iat": SECONDS + 60},
        {"nbf": SECONDS + 86_400 * 365 * 10},
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "somewhere"},
        {"aud": None},
        {"aud": ["video-to-mp3"]},
        {"sub": None},
        {"sub": 7},
        {"jti": None},
        {"username": None},
        {"username": ""},
        {"username": 7},
        {"admin": None},
        {"admin": "yes"},
        {"admin": 1},
    ],
)
def test_other_claims_are_refused(claims: dict[str, Any]) -> None:
    """Each claim has to be there, of its type, and true now."""
    with pytest.raises(InvalidToken):
        check(sign(claims))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"alg": "Ed25519"},
        {"alg": None},
        {"typ": "at+jwt"},
        {"typ": "jwt"},
        {"typ": None},
        {"kid": None},
        {"kid": 1},
        {"crit": ["exp"]},
        {"jku": "http://127.0.0.1/keys"},
        {"b64": False},
    ],
)
def test_other_headers_are_refused(header: dict[str, Any]) -> None:
    """Only our algorithm, type and key id may stand in the header."""
    with pytest.raises(InvalidToken):
        check(sign(header=header))


def test_an_unsigned_token_is_refused() -> None:
    """`alg` none without a signature is no token, nor is one whose signature is left out."""
    head, body, _ = sign(header={"alg": "none"}).split(".")
    for token in (f"{head}.{body}.", f"{head}.{body}", sign().rpartition(".")[0] + "."):
        with pytest.raises(InvalidToken):
            check(token)


def test_a_token_signed_with_the_public_key_as_secret_is_refused() -> None:
    """The public key is no secret for HMAC."""
    secret = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body = (b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "k"}, CLAIMS))
    forged = f"{head}.{body}.{b64(secret[:32])}"
    with pytest.raises(InvalidToken):
        check(forged)


def test_another_key_with_the_same_id_is_refused() -> None:
    """A token is as good as its signature."""
    with pytest.raises(InvalidToken):
        check(jwt.encode(CLAIMS, Ed25519PrivateKey.generate(), "EdDSA", {"kid": "k"}))


def test_every_altered_letter_is_refused() -> None:
    """Whichever letter of a token is another one, it is refused; also in the last one's spare bits.

    The letter that follows in the alphabet differs in the lowest bit, which is a spare one there.
    """
    token = sign()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place, letter in enumerate(token):
        if letter == ".":
            continue
        other = alphabet[alphabet.index(letter) ^ 1]
        altered = token[:place] + other + token[place + 1 :]
        with pytest.raises((InvalidToken, KeyError)):
            check(altered)


@pytest.mark.parametrize("extra", ["=", "==", " ", "\n", "."])
def test_another_spelling_is_refused(extra: str) -> None:
    """Nothing may follow a token, base64's own padding included."""
    with pytest.raises(InvalidToken):
        check(sign() + extra)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "a" * 5000, "é.é.é", "....", "bnVsbA.bnVsbA.bnVsbA"]
)
def test_garbage_is_refused(text: str) -> None:
    """What has no form of a token is none."""
    with pytest.raises(InvalidToken):
        check(text)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"keys": None},
        {"keys": [None, "k"]},
        {"keys": [jwk(kty="EC")]},
        {"keys": [jwk(crv="Ed448")]},
        {"keys": [jwk(use="enc")]},
        {"keys": [jwk(kid=None)]},
        {"keys": [jwk(x="AAAA")]},
        {"keys": [jwk(x=None)]},
    ],
)
def test_what_is_no_key_of_ours_is_left_out(document: object) -> None:
    """A JWK Set may hold keys that we cannot use; they are as if they were not there."""
    assert parse_keys(document) == {}

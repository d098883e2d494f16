"""Minting tokens, and refusing every token that is not exactly as they are minted."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth import keys
from auth.accounts import Account
from auth.keys import SigningKeys
from auth.tokens import Tokens
from chassis.tokens import InvalidToken

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACCOUNT = Account(
    id="8b5b2d0e-3f43-4c3b-9d43-0d6ed2f3a111",
    username="ann@example.com",
    password_hash="$argon2id$",
    admin=True,
    active=True,
    created_at=NOW,
)
KEYS = SigningKeys.parse(keys.generate())
TOKENS = Tokens(KEYS, issuer="auth", audience="video-to-mp3")


def encoded(part: Mapping[str, Any] | bytes) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def header_of(token: str) -> dict[str, Any]:
    return jwt.get_unverified_header(token)


def claims_of(token: str) -> dict[str, Any]:
    claims = jwt.decode(token, options={"verify_signature": False})
    assert isinstance(claims, dict)
    return claims


def signed(
    header: Mapping[str, Any],
    claims: Mapping[str, Any] | bytes,
    private: Ed25519PrivateKey = KEYS.signing.private,
) -> str:
    """A token with a true signature, whatever it says."""
    content = f"{encoded(header)}.{encoded(claims)}"
    return f"{content}.{encoded(private.sign(content.encode()))}"


TOKEN = TOKENS.mint(ACCOUNT, NOW)
HEADER = header_of(TOKEN)
CLAIMS = claims_of(TOKEN)
SECONDS = int(NOW.timestamp())


def test_a_token_says_who_it_is_for() -> None:
    """A minted token carries exactly the claims that the other services rely on."""
    assert {"alg": "EdDSA", "typ": "JWT", "kid": KEYS.signing.kid} == HEADER
    assert {
        "sub": ACCOUNT.id,
        "username": "ann@example.com",
        "admin": True,
        "iss": "auth",
        "aud": "video-to-mp3",
        "iat": SECONDS,
        "exp": SECONDS + 86_400,
        "jti": CLAIMS["jti"],
    } == CLAIMS


def test_a_minted_token_is_valid_for_a_day() -> None:
    """A token is valid from the moment it is minted until a day later."""
    assert TOKENS.check(TOKEN, NOW) == CLAIMS
    assert TOKENS.check(TOKEN, NOW + DAY - timedelta(seconds=1)) == CLAIMS
    with pytest.raises(InvalidToken, match="expired"):
        TOKENS.check(TOKEN, NOW + DAY)


def test_a_minted_token_passes_pyjwt_with_the_published_key() -> None:
    """Another implementation accepts our tokens with nothing but the published key set."""
    token = TOKENS.mint(ACCOUNT, datetime.now(UTC))
    published = jwt.PyJWKSet.from_dict(KEYS.published())
    claims = jwt.decode(
        token,
        published[header_of(token)["kid"]],
        algorithms=["EdDSA"],
        audience="video-to-mp3",
        issuer="auth",
    )
    assert claims["username"] == "ann@example.com"


def test_the_lifetime_is_a_setting() -> None:
    """A shorter lifetime ends tokens sooner."""
    brief = Tokens(KEYS, "auth", "video-to-mp3", timedelta(minutes=5))
    token = brief.mint(ACCOUNT, NOW)
    assert brief.check(token, NOW + timedelta(seconds=299))
    with pytest.raises(InvalidToken):
        brief.check(token, NOW + timedelta(seconds=300))


def test_no_two_tokens_are_the_same() -> None:
    """Two tokens of the same moment have different ids."""
    assert claims_of(TOKENS.mint(ACCOUNT, NOW))["jti"] != CLAIMS["jti"]


def test_keys_rotate() -> None:
    """With a new key in front new tokens carry its id, and those of the old one stay valid."""
    (old,) = json.loads(keys.generate())["keys"]
    (new,) = json.loads(keys.generate())["keys"]
    before = Tokens(SigningKeys.parse(json.dumps({"keys": [old]})), "auth", "video-to-mp3")
    announced = Tokens(SigningKeys.parse(json.dumps({"keys": [old, new]})), "auth", "video-to-mp3")
    after = Tokens(SigningKeys.parse(json.dumps({"keys": [new, old]})), "auth", "video-to-mp3")
    retired = Tokens(SigningKeys.parse(json.dumps({"keys": [new]})), "auth", "video-to-mp3")
    first, second = before.mint(ACCOUNT, NOW), after.mint(ACCOUNT, NOW)
    assert header_of(first)["kid"] == header_of(announced.mint(ACCOUNT, NOW))["kid"] == old["kid"]
    assert header_of(second)["kid"] == new["kid"]
    for tokens in (announced, after):
        assert tokens.check(first, NOW)
        assert tokens.check(second, NOW)
    assert retired.check(second, NOW)
    with pytest.raises(InvalidToken):
        retired.check(first, NOW)


def test_clocks_may_differ_a_little() -> None:
    """A token from a replica whose clock is ten seconds ahead is valid, later ones are not."""
    assert TOKENS.check(TOKEN, NOW - timedelta(seconds=10))
    with pytest.raises(InvalidToken, match="not valid yet"):
        TOKENS.check(TOKEN, NOW - timedelta(seconds=11))


HEAD, BODY, SIGNATURE = TOKEN.split(".")
STRANGER = Ed25519PrivateKey.generate()


def other_spelling(part: str) -> str:
    """Another text for the same bytes: the lowest bits of the last letter say nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = part[:-1] + letters[letters.index(part[-1]) ^ 1]
    padding = "=" * (-len(part) % 4)
    assert base64.urlsafe_b64decode(changed + padding) == base64.urlsafe_b64decode(part + padding)
    return changed


def hmac_with_the_public_key() -> str:
    """The confusion of algorithms: HS256 with the published key as its secret."""
    content = f"{encoded({**HEADER, 'alg': 'HS256'})}.{BODY}"
    secret = KEYS.signing.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{content}.{encoded(hmac.digest(secret, content.encode(), hashlib.sha256))}"


BAD_TOKENS: dict[str, str] = {
    "empty": "",
    "one word": "token",
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{TOKEN}.{SIGNATURE}",
    "no signature": f"{HEAD}.{BODY}.",
    "not base64": f"{HEAD}.{BODY}.%%%%",
    "a space": f"{HEAD}.{BODY}. {SIGNATURE}",
    "a line break": f"{TOKEN}\n",
    "a trailing equals sign": f"{TOKEN}=",
    "two trailing equals signs": f"{TOKEN}==",
    "equals signs inside": f"{HEAD}=.{BODY}.{SIGNATURE}",
    "other spelling of the signature": f"{HEAD}.{BODY}.{other_spelling(SIGNATURE)}",
    "standard base64": f"{HEAD}.{BODY}.{SIGNATURE.replace('-', '+').replace('_', '/')}++",
    "not ASCII": f"{HEAD}.{BODY}.{SIGNATURE}é",
    "very long": f"{HEAD}.{'A' * 100_000}.{SIGNATURE}",
    "alg none": f"{encoded({**HEADER, 'alg': 'none'})}.{BODY}.",
    "alg none with a signature": f"{encoded({**HEADER, 'alg': 'none'})}.{BODY}.{SIGNATURE}",
    "alg None with a true signature": signed({**HEADER, "alg": "none"}, CLAIMS),
    "alg HS256 with the public key": hmac_with_the_public_key(),
    "alg RS256": signed({**HEADER, "alg": "RS256"}, CLAIMS),
    "alg in lower case": signed({**HEADER, "alg": "eddsa"}, CLAIMS),
    "no alg": signed({"typ": "JWT", "kid": KEYS.signing.kid}, CLAIMS),
    "other typ": signed({**HEADER, "typ": "at+jwt"}, CLAIMS),
    "typ in lower case": signed({**HEADER, "typ": "jwt"}, CLAIMS),
    "typ a number": signed({**HEADER, "typ": 1}, CLAIMS),
    "no typ": signed({"alg": "EdDSA", "kid": KEYS.signing.kid}, CLAIMS),
    "crit": signed({**HEADER, "crit": ["exp"]}, CLAIMS),
    "key inside": signed({**HEADER, "jwk": KEYS.published()["keys"][0]}, CLAIMS),
    "unknown kid": signed({**HEADER, "kid": "unknown"}, CLAIMS),
    "kid a number": signed({**HEADER, "kid": 1}, CLAIMS),
    "kid a list": signed({**HEADER, "kid": [KEYS.signing.kid]}, CLAIMS),
    "no kid": signed({"alg": "EdDSA", "typ": "JWT"}, CLAIMS),
    "header not an object": f"{encoded(b'[]')}.{BODY}.{SIGNATURE}",
    "header not JSON": f"{encoded(b'{')}.{BODY}.{SIGNATURE}",
    "header nested deep": f"{encoded(b'[' * 2000)}.{BODY}.{SIGNATURE}",
    "signed by another": signed(HEADER, CLAIMS, STRANGER),
    "altered claims": f"{HEAD}.{encoded({**CLAIMS, 'username': 'eve@example.com'})}.{SIGNATURE}",
    "altered signature": f"{HEAD}.{BODY}.{'A' if SIGNATURE[0] != 'A' else 'B'}{SIGNATURE[1:]}",
    "claims not an object": signed(HEADER, b"[]"),
    "claims not JSON": signed(HEADER, b"{"),
    "claims nested deep": signed(HEADER, b"[" * 2000),
    "claims not UTF-8": signed(HEADER, b'{"sub": "\xff"}'),
    "exp in the past": signed(HEADER, {**CLAIMS, "iat": SECONDS - 90_000, "exp": SECONDS - 1}),
    "exp now": signed(HEADER, {**CLAIMS, "iat": SECONDS - 60, "exp": SECONDS}),
    "exp far ahead": signed(HEADER, {**CLAIMS, "exp": SECONDS + 10 * 365 * 86_400}),
    "exp a second too far": signed(HEADER, {**CLAIMS, "exp": SECONDS + 86_401}),
    "exp as text": signed(HEADER, {**CLAIMS, "exp": str(SECONDS + 60)}),
    "exp as fraction": signed(HEADER, {**CLAIMS, "exp": SECONDS + 60.5}),
    "exp infinite": signed(HEADER, {**CLAIMS, "exp": float("inf")}),
    "exp not a number": signed(HEADER, {**CLAIMS, "exp": float("nan")}),
    "exp true": signed(HEADER, {**CLAIMS, "exp": True}),
    "exp null": signed(HEADER, {**CLAIMS, "exp": None}),
    "exp huge": signed(HEADER, {**CLAIMS, "exp": 10**400}),
    "exp before iat": signed(HEADER, {**CLAIMS, "iat": SECONDS + 9, "exp": SECONDS + 5}),
    "iat as text": signed(HEADER, {**CLAIMS, "iat": str(SECONDS)}),
    "iat in the future": signed(HEADER, {**CLAIMS, "iat": SECONDS + 60, "exp": SECONDS + 90}),
    "nbf in the future": signed(HEADER, {**CLAIMS, "nbf": 99_999_999_999}),
    "other issuer": signed(HEADER, {**CLAIMS, "iss": "mint"}),
    "issuer a list": signed(HEADER, {**CLAIMS, "iss": ["auth"]}),
    "other audience": signed(HEADER, {**CLAIMS, "aud": "other"}),
    "audience a list": signed(HEADER, {**CLAIMS, "aud": ["video-to-mp3", "other"]}),
    "admin as text": signed(HEADER, {**CLAIMS, "admin": "true"}),
    "admin as number": signed(HEADER, {**CLAIMS, "admin": 1}),
    "username a list": signed(HEADER, {**CLAIMS, "username": ["ann@example.com"]}),
    "username empty": signed(HEADER, {**CLAIMS, "username": ""}),
    "subject a number": signed(HEADER, {**CLAIMS, "sub": 7}),
    "jti a number": signed(HEADER, {**CLAIMS, "jti": 7}),
    **{
        f"no {name}": signed(HEADER, {key: CLAIMS[key] for key in CLAIMS if key != name})
        for name in CLAIMS
    },
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_a_token_that_is_not_as_we_mint_them_is_refused(token: str) -> None:
    """Whatever is wrong with a token, it is refused with a reason and nothing else happens."""
    with pytest.raises(InvalidToken):
        TOKENS.check(token, NOW)


def test_a_token_of_another_installation_is_refused() -> None:
    """Issuer and audience are those of this installation."""
    change: Callable[[str, str], Tokens] = lambda issuer, audience: Tokens(KEYS, issuer, audience)  # noqa: E731 - one line says it
    for other in (change("auth2", "video-to-mp3"), change("auth", "videos")):
        with pytest.raises(InvalidToken):
            other.check(TOKEN, NOW)


def test_every_single_changed_letter_is_noticed() -> None:
    """No letter of a token can be changed for another without being refused."""
    for place, letter in enumerate(TOKEN):
        changed = TOKEN[:place] + ("A" if letter != "A" else "B") + TOKEN[place + 1 :]
        with pytest.raises(InvalidToken):
            TOKENS.check(changed, NOW)

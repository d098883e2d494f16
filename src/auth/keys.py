"""The Ed25519 keys that sign tokens, and what of them is published.

Sources: RFC 7517 (JWK Set), RFC 8037 (Ed25519 in it), RFC 7638 (thumbprints, used as key ids).

The first key signs, every key is published. To change keys without a token being refused: add the
new key last and restart all replicas, then move it to the front and restart, and take the old one
out when the last token that it signed has expired.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm
from jwt.exceptions import PyJWTError

from chassis.tokens import ALGORITHM, CURVE


class KeysInvalid(ValueError):
    """A text is not a set of signing keys; says why, never what."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One private key and its id."""

    kid: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> Ed25519PublicKey:
        """The public part."""
        return self.private.public_key()


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys of an installation, at least one; the first one signs."""

    keys: tuple[SigningKey, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The keys in a private JWK Set; raises KeysInvalid."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise KeysInvalid("this is not JSON") from error
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(entries, list) or not entries:
            raise KeysInvalid('a JWK Set with at least one key is needed: {"keys": [...]}')
        keys = tuple(_parse_key(entry, number) for number, entry in enumerate(entries, start=1))
        if len({key.kid for key in keys}) < len(keys):
            raise KeysInvalid("two keys have the same kid")
        return cls(keys)

    @property
    def signing(self) -> SigningKey:
        """The key for new tokens."""
        return self.keys[0]

    def public(self, kid: str) -> Ed25519PublicKey | None:
        """The public key with this id; None if there is none."""
        return next((key.public for key in self.keys if key.kid == kid), None)

    def published(self) -> dict[str, list[dict[str, str]]]:
        """The public JWK Set."""
        return {
            "keys": [_described(key, OKPAlgorithm.to_jwk(key.public, True)) for key in self.keys]
        }


def generate() -> str:
    """A private JWK Set with one fresh key, as one line of JSON."""
    private = Ed25519PrivateKey.generate()
    members = OKPAlgorithm.to_jwk(private, True)
    key = SigningKey(_thumbprint(members["x"]), private)
    return json.dumps({"keys": [_described(key, members)]})


def _described(key: SigningKey, members: Mapping[str, Any]) -> dict[str, str]:
    return {**members, "kid": key.kid, "use": "sig", "alg": ALGORITHM}


def _thumbprint(x: str) -> str:
    required = json.dumps({"crv": CURVE, "kty": "OKP", "x": x}, separators=(",", ":"))
    digest = hashlib.sha256(required.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _parse_key(entry: object, number: int) -> SigningKey:
    if not isinstance(entry, dict):
        raise KeysInvalid(f"key {number} is not a JSON object")
    kid = entry.get("kid")
    if not isinstance(kid, str) or not kid:
        raise KeysInvalid(f"key {number} has no kid")
    try:
        private = OKPAlgorithm.from_jwk(entry)
    except (PyJWTError, ValueError, TypeError) as error:
        raise KeysInvalid(f"key {number} is not a well-formed Ed25519 key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeysInvalid(f"key {number} is not a private Ed25519 key")
    return SigningKey(kid, private)

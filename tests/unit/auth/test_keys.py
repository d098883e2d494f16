"""Signing keys: what is accepted, what is published."""

import json
from typing import Any

import pytest

from auth import keys
from auth.keys import KeysInvalid, SigningKeys


def fresh_key() -> dict[str, Any]:
    (key,) = json.loads(keys.generate())["keys"]
    assert isinstance(key, dict)
    return key


def key_set(*entries: object) -> str:
    return json.dumps({"keys": entries})


def test_a_generated_set_is_accepted() -> None:
    """What keygen prints is a key set with one key that signs."""
    text = keys.generate()
    assert "\n" not in text
    (entry,) = json.loads(text)["keys"]
    parsed = SigningKeys.parse(text)
    assert parsed.signing.kid == entry["kid"]
    assert parsed.public(entry["kid"]) == parsed.signing.public
    assert parsed.public("other") is None


def test_no_two_generated_keys_are_the_same() -> None:
    """Every key is its own, and so is its id."""
    assert fresh_key()["kid"] != fresh_key()["kid"]


def test_a_key_id_is_the_thumbprint_of_the_key() -> None:
    """The id of a generated key is its RFC 7638 thumbprint, as in RFC 8037, appendix A.3."""
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert keys._thumbprint(x) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"  # noqa: SLF001 - the example of RFC 8037, A.3


def test_only_public_parts_are_published() -> None:
    """Every key is published, without its private part."""
    first, second = fresh_key(), fresh_key()
    published = SigningKeys.parse(key_set(first, second)).published()["keys"]
    assert [key["kid"] for key in published] == [first["kid"], second["kid"]]
    assert [key["x"] for key in published] == [first["x"], second["x"]]
    for key in published:
        assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == (
            "OKP",
            "Ed25519",
            "sig",
            "EdDSA",
        )


def test_the_first_key_signs() -> None:
    """The first of several keys is the one that signs."""
    first, second = fresh_key(), fresh_key()
    assert SigningKeys.parse(key_set(second, first)).signing.kid == second["kid"]


def without(entry: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}


KEY = fresh_key()
OTHER = fresh_key()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "[" * 100_000,
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": {}}',
        key_set("secret"),
        key_set(without(KEY, "kid")),
        key_set({**KEY, "kid": ""}),
        key_set({**KEY, "kid": 7}),
        key_set(without(KEY, "d")),
        key_set(without(KEY, "x")),
        key_set({**KEY, "x": OTHER["x"]}),
        key_set({**KEY, "d": "AAAA"}),
        key_set({**KEY, "d": 7}),
        key_set({**KEY, "x": None}),
        key_set({**KEY, "d": "not base64!"}),
        key_set({**KEY, "kty": "oct"}),
        key_set({**KEY, "crv": "Ed448"}),
        key_set(KEY, KEY),
    ],
)
def test_what_is_not_a_set_of_signing_keys_is_refused(text: str) -> None:
    """A set that cannot sign is refused at once, in words that repeat nothing of it."""
    with pytest.raises(KeysInvalid) as caught:
        SigningKeys.parse(text)
    assert KEY["d"] not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_private_key_is_not_shown() -> None:
    """Printing the keys shows no private part."""
    assert KEY["d"] not in repr(SigningKeys.parse(key_set(KEY)))
    assert "private" not in repr(SigningKeys.parse(key_set(KEY)))

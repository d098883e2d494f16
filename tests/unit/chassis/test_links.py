"""Signed links."""

import pytest
from itsdangerous import URLSafeTimedSerializer

from chassis.jobs import new_fid
from chassis.links import InvalidLink, LinkSigner

SECRET = "one secret that is long enough"


def test_a_link_opens_its_own_mp3_and_no_other() -> None:
    """A signature is good for the fid that it was made for."""
    signer, fid = LinkSigner(SECRET, 60), new_fid()
    signature = signer.sign(fid)
    signer.check(fid, signature)
    for other in (new_fid(), fid.upper(), ""):
        with pytest.raises(InvalidLink):
            signer.check(other, signature)


def test_an_altered_signature_opens_nothing() -> None:
    """Any changed letter is noticed; so is nonsense."""
    signer, fid = LinkSigner(SECRET, 60), new_fid()
    signature = signer.sign(fid)
    for altered in ("", "x", signature[:-2], signature[1:], signature.swapcase(), f"{signature}é"):
        with pytest.raises(InvalidLink):
            signer.check(fid, altered)


def test_a_link_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time a link opens nothing."""
    signer, fid = LinkSigner(SECRET, 60), new_fid()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000.0)
    signature = signer.sign(fid)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_060.0)
    signer.check(fid, signature)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_062.0)
    with pytest.raises(InvalidLink):
        signer.check(fid, signature)


def test_the_secret_rotates() -> None:
    """The newest secret signs, older ones are still accepted, others are not."""
    fid = new_fid()
    old, both, new = (
        LinkSigner("a" * 20, 60),
        LinkSigner(f"{'a' * 20},{'b' * 20}", 60),
        LinkSigner("b" * 20, 60),
    )
    both.check(fid, old.sign(fid))
    new.check(fid, both.sign(fid))
    with pytest.raises(InvalidLink):
        old.check(fid, both.sign(fid))


def test_a_signature_for_another_purpose_opens_nothing() -> None:
    """The same secret used for something else gives no links."""
    fid = new_fid()
    with pytest.raises(InvalidLink):
        LinkSigner(SECRET, 60).check(fid, str(URLSafeTimedSerializer(SECRET).dumps(fid)))

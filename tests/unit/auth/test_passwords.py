"""Hashing and checking passwords."""

import pytest

from auth.passwords import MEMORY_KIB, PASSES, Passwords

CHEAP = Passwords(memory_kib=8, passes=1)


def test_only_the_right_password_matches() -> None:
    """A hash matches its own password, and no other."""
    stored = CHEAP.hash("correct horse")
    assert CHEAP.verify(stored, "correct horse")
    assert not CHEAP.verify(stored, "correct horsf")
    assert not CHEAP.verify(stored, "")


def test_nobody_has_no_password() -> None:
    """Where there is no account, no password matches."""
    assert not CHEAP.verify(None, "correct horse")
    assert not CHEAP.verify(None, "")


def test_a_broken_hash_matches_nothing() -> None:
    """A hash that is none is a wrong password, not an error."""
    assert not CHEAP.verify("not a hash", "correct horse")


def test_each_hash_has_its_own_salt() -> None:
    """The same password never has the same hash twice."""
    assert CHEAP.hash("correct horse") != CHEAP.hash("correct horse")


def test_the_default_is_argon2id_as_owasp_has_it() -> None:
    """Without settings, hashes are argon2id with the parameters that OWASP names."""
    assert Passwords().hash("x").startswith(f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$")
    assert (MEMORY_KIB, PASSES) == (19 * 1024, 2)


def test_the_same_word_typed_as_other_code_points_matches() -> None:
    """A password matches however the keyboard composes its letters."""
    assert CHEAP.verify(CHEAP.hash("p\u00e4ssword"), "pa\u0308ssword")


@pytest.mark.parametrize(("memory_kib", "passes"), [(16, 1), (8, 2)])
def test_other_parameters_make_a_hash_outdated(memory_kib: int, passes: int) -> None:
    """A hash made with other parameters still matches, and is known to be outdated."""
    stored = CHEAP.hash("correct horse")
    assert not CHEAP.is_outdated(stored)
    stronger = Passwords(memory_kib, passes)
    assert stronger.is_outdated(stored)
    assert stronger.verify(stored, "correct horse")

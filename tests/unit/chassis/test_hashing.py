"""Hashing beside what else is done."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from chassis.hashing import ThreadedSha256


@given(st.lists(st.lists(st.binary(max_size=2000), max_size=20), min_size=1, max_size=4))
def test_hashes_are_hashlibs(files: list[list[bytes]]) -> None:
    """Of several files at once, in whatever pieces they come, and also asked for in between."""
    digests = [ThreadedSha256() for _ in files]
    for digest, pieces in zip(digests, files, strict=True):
        for number, piece in enumerate(pieces, start=1):
            digest.update(piece)
            if number == len(pieces) // 2:
                assert digest.hexdigest() == hashlib.sha256(b"".join(pieces[:number])).hexdigest()
    for digest, pieces in zip(digests, files, strict=True):
        assert digest.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()

"""A hash that is computed beside the caller is the one of all bytes in their order."""

import hashlib
import random

from gateway.serving.hashing import ThreadedSha256


def test_pieces_of_any_size_make_one_hash() -> None:
    """Short pieces, which are hashed at once, never overtake long ones."""
    dice = random.Random(1)
    pieces = [dice.randbytes(dice.choice([0, 1, 1000, 70_000, 1 << 20])) for _ in range(60)]
    digest = ThreadedSha256()
    for piece in pieces:
        digest.update(piece)
    assert digest.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_files_side_by_side_have_their_own_hashes() -> None:
    """Pieces of several files, in turn, do not get into each other's hash."""
    files = [random.Random(seed).randbytes(1 << 20) for seed in range(5)]
    digests = [ThreadedSha256() for _ in files]
    for _ in range(3):
        for digest, data in zip(digests, files, strict=True):
            digest.update(data)
    for digest, data in zip(digests, files, strict=True):
        assert digest.hexdigest() == hashlib.sha256(data * 3).hexdigest()

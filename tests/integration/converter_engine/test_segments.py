"""Encoding on several threads: byte for byte what one pass without a bit reservoir gives."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final
from weakref import finalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from converter import block_chain, segments
from converter.encoder_run import EncoderRun
from converter.formats import SAMPLE_RATES
from converter.frames import samples_per_frame
from converter.lame import DELAY, Encoder, Encoding, LameError
from converter.segments import encode
from converter.sound_block import PERIOD, PRE_ROLL
from converter.xing import FrameIndex, read_gaps, tag_frame
from tests.integration.converter_engine.lames import COMPILED, is_compiled, packaged, using

Samples = NDArray[np.float32]

BLOCK = PRE_ROLL + PERIOD
"""The shortest blocks there are, so that few seconds have many seams."""

LENGTHS = (BLOCK, BLOCK + PERIOD)


def passage(kind: str, channels: int, count: int, seed: int) -> Samples:
    """So many samples of one kind of sound."""
    random = np.random.default_rng(seed)
    time = np.arange(count) / 44100
    noise = random.standard_normal((channels, count))
    tones = np.stack([np.sin(2 * np.pi * (330 + 110 * c) * time) for c in range(channels)])
    clicks = np.zeros((channels, count))
    clicks[:, :: 9000 + seed % 5000] = 0.9
    sounds = {
        "noise": 0.3 * noise,
        "quiet noise": 1e-4 * noise,
        "music": 0.3 * tones * np.exp(-4 * (time % 0.4)) + 0.003 * noise,
        "tones": 0.5 * tones,
        "quiet tones": 10**-4.5 * tones,
        "fade": 0.5 * noise * np.exp(-2 * time),
        "clicks": clicks,
        "one channel": 0.2 * np.repeat(noise[:1], channels, axis=0),
        "silence": 0 * noise,
    }
    return sounds[kind].astype(np.float32)


KINDS = (
    "noise", "quiet noise", "music", "tones", "quiet tones", "fade", "clicks", "one channel",
    "silence",
)  # fmt: skip

passages = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 120), st.integers(0, 1151)),
    min_size=1,
    max_size=6,
)
"""Kinds of sound, and how many frames and samples of each."""

encodings = st.builds(
    Encoding,
    st.sampled_from(SAMPLE_RATES),
    st.sampled_from([1, 2]),
    st.just(None),
    st.integers(0, 9),
) | st.builds(
    Encoding,
    st.sampled_from(SAMPLE_RATES),
    st.sampled_from([1, 2]),
    st.sampled_from([32, 48, 64, 128, 192, 320]),
    lowpass=st.sampled_from([None, 9000]),
)


def pieces(samples: Samples, longest: int) -> Iterator[Samples]:
    """The samples in uneven pieces."""
    random, start = np.random.default_rng(longest), 0
    while start < samples.shape[1]:
        length = int(random.integers(1, longest))
        yield samples[:, start : start + length]
        start += length


def frames(samples: Samples, encoding: Encoding, threads: int, longest: int) -> list[bytes]:
    """All frames that come out, the tag first."""
    encoded = encode(pieces(samples, longest), encoding, threads, cycle(LENGTHS))
    return [frame for some in encoded for frame in some]


LAMES: Final = {"package": packaged(), "compiled": COMPILED}


@pytest.mark.parametrize("library", LAMES.values(), ids=LAMES)
@settings(max_examples=60, deadline=None)
@given(
    encoding=encodings,
    kinds=passages,
    seed=st.integers(0, 1000),
    threads=st.integers(2, 4),
    longest=st.integers(2, 30_000),
)
def test_threads_make_no_difference(
    library: Path,
    encoding: Encoding,
    kinds: list[tuple[str, int, int]],
    seed: int,
    threads: int,
    longest: int,
) -> None:
    """Whatever LAME, sound, rate, options, threads and pieces: the same bytes."""
    if library == COMPILED and not is_compiled():
        pytest.skip("it is not there, or not for this processor")
    spf = samples_per_frame(encoding.sample_rate)
    samples = np.concatenate(
        [
            passage(kind, encoding.channels, count * spf + rest, seed + number)
            for number, (kind, count, rest) in enumerate(kinds)
        ],
        axis=1,
    )
    with using(library):
        one_pass = frames(samples, encoding, 1, longest)
        assert frames(samples, encoding, threads, longest + 1)[1:] == one_pass[1:]


@pytest.fixture
def never_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No seam is right at first: more frames have to agree than a pre-roll has."""
    monkeypatch.setattr(block_chain, "AGREEING", PRE_ROLL + 30)


@pytest.mark.parametrize("options", [{"bitrate": 192}, {"quality": 2}])
@pytest.mark.usefixtures("never_at_once")
def test_encoders_that_disagree_go_on_until_they_agree(options: dict[str, int]) -> None:
    """The bytes are the same when the earlier encoder goes on at each seam."""
    encoding = Encoding(44100, 2, **options)
    samples = np.concatenate(
        [passage(kind, 2, 200_000, 1) for kind in ("noise", "quiet tones", "silence", "music")],
        axis=1,
    )
    assert frames(samples, encoding, 2, 9000)[1:] == frames(samples, encoding, 1, 9000)[1:]


class Watched:
    """Sound in pieces, and how many bytes of it were in memory at most."""

    piece = 20_000

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._alive = 0
        self.most = 0

    def __iter__(self) -> Iterator[Samples]:
        for start in range(0, self._samples.shape[1], self.piece):
            piece = self._samples[:, start : start + self.piece].copy()
            finalize(piece, self._gone, piece.nbytes)
            self._alive += piece.nbytes
            self.most = max(self.most, self._alive)
            yield piece

    def _gone(self, count: int) -> None:
        self._alive -= count


ROOM: Final = 3 << 20
LONG_BLOCK: Final = 6 * PERIOD  # 2.7 MB


def most_held(samples: Samples, threads: int) -> int:
    """How many bytes of the sound are in memory at once while blocks are long."""
    sound = Watched(samples)
    for _ in encode(sound, Encoding(44100, 2, bitrate=128), threads, cycle([LONG_BLOCK])):
        pass
    return sound.most


@pytest.mark.parametrize("threads", [2, 3])
def test_sound_waits_in_bounded_memory(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What encoders have had is gone once they have met; there is room for little more than one."""
    monkeypatch.setattr(segments, "SOUND_BYTES", ROOM)
    samples = passage("music", 2, 20 * LONG_BLOCK * 1152, 4)
    beside = (threads + 3) * Watched.piece * 8  # that is read, cut, or being encoded
    assert LONG_BLOCK * 1152 * 8 < most_held(samples, threads) < ROOM + beside


@pytest.mark.usefixtures("never_at_once")
def test_so_it_does_where_encoders_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The earlier encoder's sound has to stay until it is done, and no more than that waits."""
    monkeypatch.setattr(segments, "SOUND_BYTES", ROOM)
    samples = passage("noise", 2, 8 * LONG_BLOCK * 1152, 4)
    assert most_held(samples, 2) < ROOM + 5 * Watched.piece * 8


def test_an_encoder_that_fails_ends_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error comes out, and nobody waits for it, nor for those that are in the middle."""
    feed = EncoderRun.feed

    def fail_later(run: EncoderRun, samples: Samples) -> list[bytes]:
        if run.position > 3 * LONG_BLOCK * 1152:
            raise LameError("it fails")
        return feed(run, samples)

    monkeypatch.setattr(EncoderRun, "feed", fail_later)
    monkeypatch.setattr(segments, "SOUND_BYTES", ROOM)
    with pytest.raises(LameError):
        most_held(passage("noise", 2, 8 * LONG_BLOCK * 1152, 4), 2)


@pytest.mark.parametrize(
    "encoding", [Encoding(44100, 2, bitrate=192), Encoding(8000, 1, quality=4)]
)
def test_the_tag_says_what_lame_would_say(encoding: Encoding) -> None:
    """All but the table of places to seek to, which is exact here, is as LAME itself writes it."""
    samples = passage("noise", encoding.channels, 300_000, 3)
    with Encoder(encoding) as encoder:
        data = encoder.encode(samples) + encoder.flush()
        expected = encoder.tag_frame()
    template, *sound = frames(samples, encoding, 2, 9000)
    assert b"".join(sound) == data[len(expected) :]
    index = FrameIndex()
    index.add(b"".join(sound), map(len, sound))
    padding = len(sound) * samples_per_frame(encoding.sample_rate) - DELAY - samples.shape[1]
    tag = tag_frame(template, index, DELAY, padding)
    assert read_gaps(expected) == read_gaps(tag) == (DELAY, padding)
    table = slice(expected.index(b"LAME3") - 104, expected.index(b"LAME3") - 4)
    entries = np.frombuffer(tag[table], np.uint8).astype(int)
    assert np.abs(entries - np.frombuffer(expected[table], np.uint8)).max() <= 3
    assert tag[: table.start] == expected[: table.start]
    checksum = expected.index(b"LAME3") + 34
    assert tag[table.stop : checksum] == expected[table.stop : checksum]

"""Our meter of loudness and true peak, judged by ffmpeg's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chassis.sources import Loudness
from converter.loudness import FULL_SCALE, LoudnessMeter
from tests.integration.converter_engine.ebur128 import judged

RATES = (8000, 11025, 22050, 24000, 32000, 44100, 48000)


def measured(sound: NDArray[np.float32], rate: int = 44100, block: int = 7000) -> Loudness:
    meter = LoudnessMeter(rate, len(sound))
    for start in range(0, sound.shape[1], block):
        meter.feed(sound[:, start : start + block])
    return meter.finish()


def random_sound(rate: int, channels: int, seconds: float, seed: int) -> NDArray[np.float32]:
    """Noise of any colour below 0.8 of what the rate allows, with loud and quiet passages."""
    random = np.random.default_rng(seed)
    count = round(seconds * rate)
    spectrum = np.fft.rfft(random.standard_normal((channels, count)))
    frequencies = np.fft.rfftfreq(count, 1 / rate)
    spectrum /= np.maximum(frequencies, 30) ** random.uniform(0.0, 1.0)
    spectrum[:, frequencies > 0.4 * rate] = 0
    noise = np.fft.irfft(spectrum, count)
    levels = np.repeat(10 ** random.uniform(-2.5, 0, 1 + count // 5000), 5000)[:count]
    sound = noise / np.abs(noise).max() * levels * 10 ** random.uniform(-1.5, 0.1)
    return np.asarray(sound, np.float32)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([rate for rate in RATES if rate % 10 == 0]),  # theirs misses a block of others
    st.sampled_from([1, 2]),
    st.floats(0.5, 4.0),
    st.integers(0, 2**32 - 1),
    st.integers(100, 50_000),
)
def test_random_sound(rate: int, channels: int, seconds: float, seed: int, block: int) -> None:
    """Loudness within 0.1 LU and true peak within 0.2 dB, however the sound is cut into blocks."""
    sound = random_sound(rate, channels, seconds, seed)
    ours, theirs = measured(sound, rate, block), judged(sound, rate)
    assert ours.true_peak is not None
    assert ours.true_peak == pytest.approx(theirs.true_peak, abs=0.25)  # theirs has one decimal
    if ours.integrated is None:
        assert theirs.integrated == -70.0
    else:
        assert ours.integrated == pytest.approx(theirs.integrated, abs=0.15)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_reference_tone(rate: int, channels: int) -> None:
    """A sine of 997 Hz at full scale has -3.01 LUFS in one channel, 0 LUFS in two (BS.1770)."""
    wave = np.sin(2 * np.pi * 997 * np.arange(5 * rate) / rate)
    ours = measured(np.asarray([wave] * channels, np.float32), rate)
    assert ours.integrated == pytest.approx(10 * math.log10(channels / 2), abs=0.05)
    assert ours.true_peak == pytest.approx(0.0, abs=0.05)


def test_the_gates() -> None:
    """Silence, and what is much quieter than the rest, does not make the rest quieter."""
    tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(5 * 44100) / 44100)
    quiet = np.concatenate([tone, tone * 0.05, np.zeros(60 * 44100)])
    alone = measured(np.asarray([tone], np.float32)).integrated
    assert measured(np.asarray([quiet], np.float32)).integrated == pytest.approx(alone, abs=0.2)


def test_a_peak_between_samples() -> None:
    """A sine at a quarter of the sample rate whose samples miss its peaks by 3 dB."""
    wave = np.sin(np.pi / 2 * np.arange(44100) + np.pi / 4)[200:]
    fade = np.minimum(1, np.arange(len(wave)) / 5000)
    ours = measured(np.asarray([wave * fade * fade[::-1]], np.float32))
    assert ours.true_peak == pytest.approx(0.0, abs=0.1)


def test_silence_and_less_than_a_block() -> None:
    """They have no loudness; digital silence has no peak either."""
    assert measured(np.zeros((2, 100_000), np.float32)) == Loudness(None, None, 0)
    assert measured(np.zeros((1, 0), np.float32)) == Loudness(None, None, 0)
    short = measured(np.full((1, 17_000), 0.5, np.float32))
    assert short.integrated is None
    assert short.true_peak is not None


def test_clipped_samples_are_counted() -> None:
    """In every channel, at both ends of the scale, and nothing below it."""
    sound = np.zeros((2, 100_000), np.float32)
    sound[0, [3, 50_000]] = FULL_SCALE, -1.0
    sound[1, 99_999] = 1.7
    sound[1, 7] = 32766 / 32768
    assert measured(sound).clipped == 3


def test_damaged_samples_harm_nothing() -> None:
    """What is no number counts as silence, as it does for the encoder."""
    sound = np.full((1, 50_000), 0.1, np.float32)
    damaged = sound.copy()
    sound[0, 100] = 0.0
    damaged[0, 100] = np.nan
    assert measured(damaged) == measured(sound)

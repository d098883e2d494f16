"""The sample rate of the MP3."""

from hypothesis import given
from hypothesis import strategies as st

from converter.formats import SAMPLE_RATES, mp3_sample_rate


@given(st.integers(1, 400_000))
def test_the_rate_is_kept_or_raised_as_little_as_possible(rate: int) -> None:
    """A rate that MP3 knows is kept, another becomes the next higher one, 48 kHz at most."""
    chosen = mp3_sample_rate(rate)
    assert chosen in SAMPLE_RATES
    if rate in SAMPLE_RATES:
        assert chosen == rate
    if rate <= 48_000:
        assert chosen >= rate
        assert not any(rate <= other < chosen for other in SAMPLE_RATES)
    else:
        assert chosen == 48_000

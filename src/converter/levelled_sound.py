"""Sound on its way into an encoder: measured as it goes, or at the level that it was given."""

from collections.abc import Callable

from chassis.options import ConversionOptions
from chassis.sources import Loudness
from converter.conversion import Mp3Facts
from converter.encode import Written
from converter.lame import own_gain
from converter.loudness import LoudnessMeter, measuring
from converter.normalize import Level, PeakCheck, after_gain
from converter.receipt import mode, mp3_facts
from converter.wanted_sound import WantedSound


class LevelledSound:
    """The `blocks` of `sound` for its encoder, and what became of them in the end."""

    def __init__(self, sound: WantedSound, level: Level | None) -> None:
        self._encoding = sound.encoding
        self._level = level
        self._meter = LoudnessMeter(sound.encoding.sample_rate, sound.encoding.channels)
        self._encoder_gain = own_gain(sound.encoding)
        self.blocks = (
            level.applied(sound.blocks, self._encoder_gain)
            if level
            else measuring(sound.blocks, self._meter)
        )

    def new_check(self) -> Callable[[list[bytes]], None] | None:
        """What has to see the frames of an MP3 before they are written, if anything has."""
        if self._level is None or not self._level.is_near_limit:
            return None
        return PeakCheck(self._encoding.channels).look

    def facts(self, written: Written, options: ConversionOptions) -> tuple[Mp3Facts, Loudness]:
        """What is to be told of what was written, and the loudness of the sound before its gain."""
        level, encoding = self._level, self._encoding
        measured = level.measured if level else self._meter.finish()
        reached = level.reached if level else after_gain(measured, self._encoder_gain)
        how = mode(options)
        facts = mp3_facts(written, encoding.sample_rate, encoding.channels, how, reached)
        return facts, measured

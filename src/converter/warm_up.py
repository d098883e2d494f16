"""Everything that a conversion loads lazily, loaded once: libraries, filters, text codecs."""

import contextlib
import importlib
import io
import pkgutil
import wave
from typing import Final

import av
import numpy as np
from av.codec.context import CodecContext
from av.error import FFmpegError

from chassis.errors import Permanent
from chassis.options import ConversionOptions
from chassis.options.values import BITRATES_KBIT
from converter.chapters import Chapter
from converter.drawing import encode_jpeg
from converter.engine import convert
from converter.formats import AUDIO_DECODERS, SAMPLE_RATES
from converter.id3 import Id3
from converter.labels import Labels
from converter.lame import Encoding, own_gain
from converter.loudness import LoudnessMeter
from converter.picture_decoding import decode_picture
from converter.request import Request
from converter.tags import Tags, language_code

_SAMPLE_RATE: Final = 32_000
_LANGUAGES: Final = ("de-AT", "nowhere", "what is no code")
_TEXTS: Final = ("plain", "\u266a")  # ID3 writes the one as Latin-1, the other as UTF-16


def warm_up() -> None:
    """Convert a second of silence, refuse what is no media, and write every tag there is.

    Raises LameError where the encoder is not installed.
    """
    for module in pkgutil.walk_packages(av.__path__, "av."):  # it imports by what a file holds
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    request = Request(name="silence.wav", options=ConversionOptions(), max_seconds=60.0)
    convert(_Bytes(_silence()), _Nowhere(), request)
    with contextlib.suppress(Permanent):
        convert(_Bytes(b"no media"), _Nowhere(), request)
    for text in _TEXTS:
        tags = Tags(title=text, artist=text, date="2001-02-03", genre="Rock", comment=text)
        id3 = Id3(Labels(tags, (Chapter(0.0, 1.0, text),)))
        id3.finished(seconds=0.5)
        id3.end(size=1 << 20)
    b"\xff\xfe".decode("utf-16")
    _open_decoders()
    decode_picture(encode_jpeg(np.zeros((8, 8, 3), np.uint8)))
    for rate in SAMPLE_RATES:
        LoudnessMeter(rate, channels=2)
        for bitrate in BITRATES_KBIT:
            own_gain(Encoding(rate, channels=1, bitrate=bitrate))
    for language in _LANGUAGES:
        language_code(language)


def _open_decoders() -> None:
    """Have the tables made that all decoders of a kind share, where one opens without a file."""
    for name in AUDIO_DECODERS:
        with contextlib.suppress(FFmpegError, ValueError):
            CodecContext.create(name, "r").open()


def _silence() -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_SAMPLE_RATE)
        file.writeframes(bytes(2 * _SAMPLE_RATE))
    return written.getvalue()


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


class _Nowhere:
    def write(self, data: bytes) -> None:
        """Forget it."""

    def rewrite(self, offset: int, data: bytes) -> None:
        """Forget it."""

    def start_over(self) -> None:
        """Nothing to forget."""

    def progress(self, fraction: float) -> None:
        """Forget it."""

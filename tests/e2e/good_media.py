"""Files of every kind that people have, as ffmpeg makes them, and the MP3 that each one becomes."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.converter_engine.media import PICTURE, ffmpeg, sound

SECONDS = 2.0
NO_TITLE = ""

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
VPX = ("-c:v", "libvpx", "-deadline", "realtime")
MPEG4 = ("-c:v", "mpeg4")
AAC = ("-c:a", "aac")
MP3 = ("-c:a", "libmp3lame")
OPUS = ("-c:a", "libopus")
VORBIS = ("-c:a", "libvorbis")
NOISE = ("-f", "lavfi", "-i", f"anoisesrc=color=pink:amplitude=0.5:duration={SECONDS}:r=44100")
ODD_FRAMES = ("-vf", "select='not(mod(n,3))+not(mod(n,7))'", "-fps_mode", "vfr")

LEAK = "leaked"
_UNWANTED_TAGS = (
    *("-metadata", f"copyright={LEAK}", "-metadata", f"composer={LEAK}"),
    *("-metadata", f"encoded_by={LEAK}", "-metadata", f"location=+52.5+013.4/{LEAK}"),
    *("-metadata:s:a", f"handler_name={LEAK}"),
)


@dataclass(frozen=True)
class GoodMedia:
    """A file: its name, its inputs and options for ffmpeg; what is asked for; what has to come.

    `rate` and `channels` are those of the MP3, `title` is the tag that stands in the file, and
    `tags` are the MP3's tags beside its title.
    """

    name: str
    inputs: tuple[str, ...]
    codecs: tuple[str, ...]
    rate: int = 44100
    channels: int = 2
    title: str = NO_TITLE
    options: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def expected_tags(self) -> dict[str, str]:
        """Everything that ffprobe may find: the title, from the file or from its name."""
        return {"title": self.title or self.name.rpartition(".")[0]} | self.tags

    def make(self, folder: Path) -> Path:
        """Write the file."""
        path = folder / self.name
        own = {**({"title": self.title} if self.title else {}), **self.tags}
        tags = [part for key, value in own.items() for part in ("-metadata", f"{key}={value}")]
        ffmpeg(*self.inputs, *self.codecs, *_UNWANTED_TAGS, *tags, "-t", str(SECONDS), path)
        return path


def video(
    name: str, *codecs: str, rate: int = 44100, channels: int = 2, title: str = NO_TITLE
) -> GoodMedia:
    """Moving pictures with a tone of that rate and so many channels; `codecs` name both codecs."""
    inputs = (*PICTURE, *sound(SECONDS, rate, channels))
    return GoodMedia(name, inputs, codecs, min(rate, 48000), min(channels, 2), title)


def audio(name: str, *codecs: str, rate: int = 44100, channels: int = 2) -> GoodMedia:
    """A tone alone."""
    inputs = sound(SECONDS, rate, channels)
    return GoodMedia(name, inputs, codecs, min(rate, 48000), min(channels, 2))


def chosen(name: str, **options: str) -> GoodMedia:
    """Noise, which needs every bit that is allowed, with options of the user's."""
    return GoodMedia(name, NOISE, ("-c:a", "flac"), channels=1, options=options)


CONTAINERS = [
    video("index last.mp4", *H264, *AAC),
    video("index first.mp4", *H264, *AAC, "-movflags", "+faststart"),
    video("fragments.mp4", *H264, *AAC, "-movflags", "frag_keyframe+empty_moov"),
    video("aac.mkv", *H264, *AAC),
    video("aac.mov", *H264, *AAC),
    video("aac.ts", *H264, *AAC),
    video("mp3.avi", *MPEG4, *MP3),
    video("ac3.avi", *MPEG4, "-c:a", "ac3"),
    video("opus.webm", *VPX, *OPUS, rate=48000),
    video("vorbis.webm", *VPX, *VORBIS),
]

CODECS = [
    video("opus.mkv", *H264, *OPUS, rate=48000),
    video("vorbis.mkv", *H264, *VORBIS),
    video("ac3.mkv", *H264, "-c:a", "ac3"),
    video("flac.mkv", *H264, "-c:a", "flac"),
    video("mp3.mkv", *H264, *MP3),
    video("opus.mp4", *H264, *OPUS, rate=48000),
    video("ac3.mp4", *H264, "-c:a", "ac3"),
    video("flac.mp4", *H264, "-c:a", "flac", "-strict", "experimental"),
    video("mp3.mp4", *H264, *MP3),
    video("ac3.ts", *H264, "-c:a", "ac3"),
]

CHANNELS = [
    video("mono aac.mp4", *H264, *AAC, channels=1),
    video("mono opus.webm", *VPX, *OPUS, rate=48000, channels=1),
    video("mono ac3.ts", *H264, "-c:a", "ac3", channels=1),
    video("5.1 aac.mp4", *H264, *AAC, channels=6),
    video("5.1 ac3.mkv", *H264, "-c:a", "ac3", rate=48000, channels=6),
    video("5.1 vorbis.webm", *VPX, *VORBIS, channels=6),
    video("7.1 aac.mov", *H264, *AAC, channels=8),
    video("7.1 flac.mkv", *H264, "-c:a", "flac", channels=8),
    video("7.1 opus.webm", *VPX, *OPUS, "-mapping_family", "1", rate=48000, channels=8),
]

RATES = [
    video(f"{rate} Hz {codec}.{suffix}", *H264, "-c:a", codec, rate=rate, channels=channels)
    for rate in (8000, 11025, 16000, 22050, 44100, 48000, 96000)
    for codec, suffix, channels in (("flac", "mkv", 1), ("aac", "mp4", 2))
]

SOUND_ALONE = [
    audio("alone.m4a", *AAC),
    audio("alone.mp3", *MP3, rate=22050),
    audio("alone.flac", rate=96000, channels=1),
    audio("alone.wav", rate=8000, channels=1),
]

ODDITIES = [
    GoodMedia("phone.mp4", (*PICTURE, *sound(SECONDS)), (*ODD_FRAMES, *H264, *AAC)),
    GoodMedia(
        "two tracks.mkv",
        (*PICTURE, *sound(SECONDS, 44100, 6), *sound(SECONDS, 22050, 1)),
        (
            *("-map", "0", "-map", "1", "-map", "2", *H264, "-c:a", "flac"),
            *("-disposition:a:0", "0", "-disposition:a:1", "default"),
        ),
        rate=22050,
        channels=1,
    ),
    GoodMedia(
        "two tracks.mp4",
        (*PICTURE, *sound(SECONDS, 32000, 1), *sound(SECONDS, 48000)),
        ("-map", "0", "-map", "1", "-map", "2", *H264, *AAC),
        rate=32000,
        channels=1,
    ),
]

NAMES = [
    video("Grüße aus Córdoba, à bientôt.mkv", *H264, *AAC),
    video("Привет, мир.mp4", *H264, *AAC),
    video("مرحبا بالعالم.webm", *VPX, *VORBIS),
    video("東京の夜 〜夏祭り〜.mov", *H264, *AAC),
    video("🎬 party 👩‍👩‍👧 🎵.avi", *MPEG4, *MP3),
]

TITLES = [
    video("title 1.mkv", *H264, *AAC, title="Été à la façade, naïve & <œuvre>"),
    video("title 2.mp4", *H264, *AAC, title="Летний день"),
    video("title 3.webm", *VPX, *VORBIS, title="يوم صيفي"),
    video("title 4.mov", *H264, *AAC, title="夏の日"),
    video("title 5.avi", *MPEG4, *MP3, title="🎵 Sommer 🌞"),
    GoodMedia(
        "title 6.mp4",
        (*PICTURE, *sound(SECONDS)),
        (*H264, *AAC),
        title="Σονάτα",
        tags={"artist": "Ада", "album": "夏", "date": "2026"},
    ),
]

CONSTANT = [
    chosen("64k.mkv", bitrate="64k"),
    chosen("192k.mkv", bitrate="192k"),
    chosen("320k.mkv", bitrate="320"),
]

VARIABLE = [
    chosen("V0.mkv", quality="V0"),
    chosen("V2 by default.mkv"),
    chosen("V9.mkv", quality="9"),
]

ALL = [
    *(*CONTAINERS, *CODECS, *CHANNELS, *RATES, *SOUND_ALONE, *ODDITIES),
    *(*NAMES, *TITLES, *CONSTANT, *VARIABLE),
]

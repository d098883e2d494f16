"""The files that the measurements are made with: made once by ffmpeg and espeak-ng, then kept.

Sound is speech, tones and noise in stereo at 44.1 kHz; pictures are noisy, so that their bytes
cannot be compressed. Long files repeat a short clip by copying its streams.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

SOUND_SECONDS = 300
PICTURE_SECONDS = 60
CLIP_SECONDS = 10
STREAMED_SECONDS = 300
FILM_KBIT = 1_000
LARGE_FILM_KBIT = 5_400
DENSE_FILM_KBIT = 12_000
FRAGMENT_MICROSECONDS = 30_000_000
DOWNLOAD_KBIT = 320

TEXT = (
    "Somebody sends a film and wants its sound. The film is long, the voices in it are many, and "
    "the music never quite stops. Six quick questions, five vexing jokes, a waltz: whoever listens "
    "at night should hear each of them, with hiss, with rumble, and with the rain outside."
)
_MIX = (
    "[0]aresample=44100,aecho=0.8:0.7:40|90:0.3|0.2,aformat=channel_layouts=mono,asplit[s][t];"
    "[1]vibrato=f=5:d=0.4,volume=0.25[a];[2]tremolo=f=3:d=0.7,volume=0.2[b];"
    "[3]vibrato=f=2:d=0.3,tremolo=f=0.5:d=0.9,volume=0.2[c];"
    "[4]tremolo=f=0.3:d=0.8,asplit[n][m];"
    "[s][a][b][n]amix=4:normalize=0[l];[t][c][m]amix=3:normalize=0:weights=0.7 1 -0.6[r];"
    "[l][r]join=inputs=2:channel_layout=stereo,alimiter=limit=0.9[out]"
)
_FASTSTART = ("-movflags", "+faststart")
_FRAGMENTED = (
    *("-movflags", "+empty_moov+default_base_moof"),
    *("-frag_duration", str(FRAGMENT_MICROSECONDS)),
)


class Inputs:
    """The inputs in `folder`, each made when first asked for; `quick` ones are smaller.

    Those that an earlier version of these recipes made are deleted.
    """

    def __init__(self, folder: Path, say: Callable[[str], None], *, quick: bool) -> None:
        recipes = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
        self._folder = folder / f"inputs-{recipes}"
        self._say = say
        self.film_seconds = 120 if quick else 3600
        self.upload_bytes = 150_000_000 if quick else 1_000_000_000
        self.mp3_source_seconds = 60 if quick else 300
        self.two_gigabytes_bytes = 200_000_000 if quick else 2_000_000_000
        self.download_seconds = 600 if quick else 2500
        for stale in folder.glob("inputs-*"):
            if stale != self._folder:
                shutil.rmtree(stale)
        self._folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def film(self) -> Path:
        """A film of an ordinary bitrate, with its index at its end (MP4)."""
        return self._looped("film.mp4", self._picture(FILM_KBIT), self._aac, self.film_seconds)

    @cached_property
    def film_sound(self) -> Path:
        """The decoded sound of `film`: 16-bit stereo at 44.1 kHz, without a header."""
        arguments = ("-i", str(self.film), "-vn", "-f", "s16le", "-ac", "2", "-ar", "44100")
        return self._made(f"film-{self.film_seconds}.s16le", *arguments)

    @cached_property
    def large_film(self) -> Path:
        """A film of the same length and of about 2.5 GB an hour (Matroska)."""
        picture = self._picture(LARGE_FILM_KBIT)
        return self._looped("large-film.mkv", picture, self._aac, self.film_seconds)

    @cached_property
    def fragmented_film(self) -> Path:
        """A film a third as long, in which the sound of each half minute lies in one piece."""
        picture, seconds = self._picture(LARGE_FILM_KBIT), self.film_seconds // 3
        return self._looped("fragmented.mp4", picture, self._aac, seconds, *_FRAGMENTED)

    @cached_property
    def streamed(self) -> tuple[Path, ...]:
        """Files that can be converted while they arrive, of different kinds and lengths."""
        picture, seconds = self._picture(LARGE_FILM_KBIT), min(STREAMED_SECONDS, self.film_seconds)
        return (
            self.clip,
            self._looped("streamed.mp4", picture, self._aac, seconds, *_FASTSTART),
            self.large_film,
        )

    @cached_property
    def clip(self) -> Path:
        """Ten seconds, faststart MP4."""
        picture = self._picture(FILM_KBIT)
        return self._looped("clip.mp4", picture, self._aac, CLIP_SECONDS, *_FASTSTART)

    @cached_property
    def with_mp3(self) -> Path:
        """A film of five minutes whose sound is MP3 already, at a constant 192 kbit/s."""
        picture = self._picture(FILM_KBIT)
        return self._looped("with-mp3.mp4", picture, self._mp3, self.mp3_source_seconds)

    @cached_property
    def upload(self) -> Path:
        """A film of just over the size that uploads are measured with (Matroska)."""
        picture = self._picture(LARGE_FILM_KBIT)
        seconds = self.upload_bytes * 8 // (LARGE_FILM_KBIT * 1000)
        return self._looped("upload.mkv", picture, self._aac, seconds)

    @cached_property
    def two_gigabytes(self) -> Path:
        """A film of just over 2 GB and a third of an hour (Matroska)."""
        seconds = self.two_gigabytes_bytes * 8 // (DENSE_FILM_KBIT * 1000)
        return self._looped("dense.mkv", self._picture(DENSE_FILM_KBIT), self._aac, seconds)

    @cached_property
    def recording(self) -> Path:
        """Sound alone, so long that its MP3 at 320 kbit/s has 100 MB."""
        name = f"recording-{self.download_seconds}.m4a"
        loop = ("-stream_loop", "-1", "-i", str(self._aac))
        return self._made(name, *loop, "-c", "copy", "-t", str(self.download_seconds))

    @cached_property
    def _sound(self) -> Path:
        """The sound of all inputs: 16-bit stereo at 44.1 kHz."""
        voice = self._voice
        tones = [f"sine=f={frequency}:r=44100" for frequency in (220, 277.18, 329.63)]
        noise = "anoisesrc=c=pink:r=44100:a=0.08:seed=7"
        sources = [part for tone in (*tones, noise) for part in ("-f", "lavfi", "-i", tone)]
        speech = ("-stream_loop", "-1", "-i", str(voice))
        mixed = ("-filter_complex", _MIX, "-map", "[out]", "-t", str(SOUND_SECONDS))
        return self._made("sound.wav", *speech, *sources, *mixed, "-c:a", "pcm_s16le")

    @cached_property
    def _voice(self) -> Path:
        path = self._folder / "voice.wav"
        if not path.exists():
            unfinished = path.with_name("unfinished-voice.wav")
            subprocess.run(["espeak-ng", "-w", str(unfinished), TEXT], check=True)
            unfinished.rename(path)
        return path

    @cached_property
    def _aac(self) -> Path:
        return self._made("sound.m4a", "-i", str(self._sound), "-c:a", "aac", "-b:a", "160k")

    @cached_property
    def _mp3(self) -> Path:
        encoding = ("-c:a", "libmp3lame", "-b:a", "192k")
        return self._made("sound.mp3", "-i", str(self._sound), *encoding)

    def _picture(self, kbit: int) -> Path:
        size = "1280x720" if kbit > FILM_KBIT else "640x360"
        noisy = f"testsrc2=s={size}:r=25,noise=alls=14:allf=t"
        rate = [f"{number}k" for number in (kbit, kbit * 11 // 10, kbit * 2)]
        return self._made(
            f"picture-{kbit}.mp4",
            *("-f", "lavfi", "-i", noisy, "-t", str(PICTURE_SECONDS)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50"),
            *("-b:v", rate[0], "-minrate", rate[0], "-maxrate", rate[1], "-bufsize", rate[2]),
        )

    def _looped(self, name: str, picture: Path, sound: Path, seconds: int, *options: str) -> Path:
        stem, _, extension = name.partition(".")
        loops = [part for path in (picture, sound) for part in ("-stream_loop", "-1", "-i", path)]
        return self._made(
            f"{stem}-{seconds}.{extension}",
            *map(str, loops),
            *("-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-t", str(seconds), *options),
        )

    def _made(self, name: str, *arguments: str) -> Path:
        path = self._folder / name
        if not path.exists():
            self._say(f"making {name}")
            unfinished = path.with_name(f"unfinished-{name}")
            command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, str(unfinished)]
            subprocess.run(command, check=True)
            unfinished.rename(path)
        return path

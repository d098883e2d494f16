"""Sixty minutes of film: against LAME alone, plain ffmpeg on a local file, and the older design."""

from pathlib import Path

from benchmarks.bench import Bench, Benchmark
from benchmarks.contest import Contender, Cost, ratio
from benchmarks.converters import OPTIONS, OlderConverter, OurConverter
from benchmarks.costs import command_cost
from benchmarks.figures import Goal
from benchmarks.lame_limit import lame_limit

OURS, FFMPEG, OLDER = "ours", "ffmpeg, local file", "older design"
LAME, COMPILED = "the package's LAME alone, all cores", "the same as ours uses it"
ROUNDS = 4  # four follow each other equally often in four
ROUNDS_OF_LARGE = 3

WALL_TIME = "60 min video, wall time"
AGAINST_LAME = Goal(
    WALL_TIME, "x", 1.25, 1.08, against="pure LAME (the package's) on decoded PCM, all cores"
)
AGAINST_COMPILED = Goal(
    WALL_TIME, "x", 1.25, 1.08, against="pure LAME (as ours uses it) on decoded PCM, all cores"
)
AGAINST_OLDER = Goal(
    "60 min video of about 2.5 GB, times as fast",
    "x",
    2.4,
    3.2,
    against="older design",
    at_least=True,
)


def against_lame(bench: Bench) -> None:
    """A film of an ordinary bitrate."""
    inputs = bench.inputs
    film, sound = inputs.film, inputs.film_sound
    kbit = int(OPTIONS["bitrate"].removesuffix("k"))
    with OurConverter(bench.system) as ours:
        costs = bench.compete(
            f"{inputs.film_seconds // 60} min film, {film.stat().st_size / 1e9:.2f} GB, to MP3",
            [
                Contender(OURS, lambda: ours.convert(sampling=False), ours.storing(film)),
                Contender(LAME, lambda: lame_limit(sound, kbit, compiled=False)),
                Contender(FFMPEG, lambda: ffmpeg(film)),
                Contender(COMPILED, lambda: lame_limit(sound, kbit, compiled=True)),
            ],
            bench.rounds(ROUNDS),
        )
    bench.record(AGAINST_LAME, ratio(costs, OURS, LAME))
    bench.record(AGAINST_COMPILED, ratio(costs, OURS, COMPILED))


def against_older(bench: Bench) -> None:
    """A film of a high bitrate."""
    film = bench.inputs.large_film
    minutes = bench.inputs.film_seconds // 60
    with OurConverter(bench.system) as ours, OlderConverter(bench.system, film) as older:
        costs = bench.compete(
            f"{minutes} min film, {film.stat().st_size / 1e9:.2f} GB, to MP3",
            [
                Contender(OURS, ours.convert, ours.storing(film)),
                Contender(OLDER, older.convert),
                Contender(FFMPEG, lambda: ffmpeg(film)),
            ],
            bench.rounds(ROUNDS_OF_LARGE),
        )
    bench.record(AGAINST_OLDER, ratio(costs, OLDER, OURS))


def ffmpeg(path: Path) -> Cost:
    """The same by the system's ffmpeg, from a local file to nowhere."""
    encoding = ("-vn", "-c:a", "libmp3lame", "-b:a", OPTIONS["bitrate"])
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(path), *encoding]
    return command_cost([*command, "-f", "mp3", "/dev/null"], sampling=False)


FILM = Benchmark(
    "film",
    "an hour of film against LAME alone and ffmpeg",
    (AGAINST_LAME, AGAINST_COMPILED),
    against_lame,
)
LARGE_FILM = Benchmark(
    "large-film", "an hour in 2.5 GB against the older design", (AGAINST_OLDER,), against_older
)

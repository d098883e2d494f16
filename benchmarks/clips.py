"""Short clips: how long one takes, how many a second, and sound that is MP3 already.

Memory is measured by benchmarks.reading: to look at it all the time costs as much as a tenth of
such short work.
"""

import tempfile
from pathlib import Path

from benchmarks.bench import Bench, Benchmark
from benchmarks.content import Content
from benchmarks.contest import Contender, Cost, ratio
from benchmarks.converters import OPTIONS, OlderConverter, OurConverter
from benchmarks.costs import command_cost
from benchmarks.figures import Goal

OURS, OLDER, FFMPEG = "ours", "older design", "xargs -P2 ffmpeg, local files"
WORKERS = 2
CLIP_ROUNDS, CLIP_ROUNDS_QUICK = 20, 6
MANY, MANY_QUICK = 40, 16
MANY_ROUNDS = 9  # the machine's speed changes by a third within seconds
MP3_ROUNDS = 5

LATENCY = Goal("10 s clip, from video to mp3", "x", 0.6, 0.38, against="older design")
THROUGHPUT = Goal(
    "many 10 s clips, 2 workers, jobs a second",
    "x",
    1.3,
    1.7,
    against="xargs -P2 ffmpeg on local files",
    at_least=True,
)
MP3_SOURCE = Goal(
    "video with MP3 sound, times as fast", "x", 15, 20, against="older design", at_least=True
)


def latency(bench: Bench) -> None:
    """One clip after the other, through warm workers."""
    clip = bench.inputs.clip
    rounds = CLIP_ROUNDS_QUICK if bench.quick else CLIP_ROUNDS
    with OurConverter(bench.system) as ours, OlderConverter(bench.system, clip) as older:
        ours.store([Content.unique(clip) for _ in range(rounds + 1)])
        for warm_up in (ours.convert, older.convert):
            warm_up()
        costs = bench.compete(
            "one 10 s clip",
            [
                Contender(OURS, lambda: ours.convert(sampling=False)),
                Contender(OLDER, lambda: older.convert(sampling=False)),
            ],
            rounds,
        )
    bench.record(LATENCY, ratio(costs, OURS, OLDER))


def throughput(bench: Bench) -> None:
    """As many clips as two workers can do."""
    clip = bench.inputs.clip
    count = MANY_QUICK if bench.quick else MANY
    with OurConverter(bench.system) as ours:
        costs = bench.compete(
            f"{count} clips of 10 s, {WORKERS} workers",
            [
                Contender(
                    OURS, lambda: ours.convert(count, sampling=False), ours.storing(clip, count)
                ),
                Contender(FFMPEG, lambda: many_by_ffmpeg(clip, count)),
            ],
            bench.rounds(MANY_ROUNDS),
        )
    bench.record(THROUGHPUT, ratio(costs, FFMPEG, OURS))


def mp3_source(bench: Bench) -> None:
    """A source that could be copied: its sound is what was asked for."""
    source = bench.inputs.with_mp3
    rounds = bench.rounds(MP3_ROUNDS)
    with OurConverter(bench.system) as ours, OlderConverter(bench.system, source) as older:
        ours.store([Content.unique(source) for _ in range(rounds)])
        costs = bench.compete(
            f"{source.name}, {source.stat().st_size / 1e6:.0f} MB, sound at 192 kbit/s",
            [
                Contender(OURS, lambda: ours.convert(sampling=False)),
                Contender(OLDER, lambda: older.convert(sampling=False)),
            ],
            rounds,
        )
    bench.record(MP3_SOURCE, ratio(costs, OLDER, OURS))


def many_by_ffmpeg(clip: Path, count: int) -> Cost:
    """The clip so many times by ffmpeg, two at a time."""
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "names"
        names.write_text("".join(f"{folder}/{number}.mp3\n" for number in range(count)))
        encoding = f"-vn -c:a libmp3lame -b:a {OPTIONS['bitrate']}"
        command = f"ffmpeg -nostdin -v error -y -i {clip} {encoding}"
        xargs = ["xargs", "-a", str(names), f"-P{WORKERS}", "-n1", *command.split()]
        return command_cost(xargs, sampling=False)


CLIP = Benchmark("clip", "one short clip against the older design", (LATENCY,), latency)
CLIPS = Benchmark("clips", "many short clips against two ffmpegs", (THROUGHPUT,), throughput)
MP3 = Benchmark(
    "mp3-source", "sound that is MP3 already against the older design", (MP3_SOURCE,), mp3_source
)

"""All benchmarks, in the order in which they run."""

from benchmarks.bench import Benchmark
from benchmarks.clips import CLIP, CLIPS, MP3
from benchmarks.downloading import DOWNLOAD
from benchmarks.fetching import FETCH
from benchmarks.films import FILM, LARGE_FILM
from benchmarks.following import FOLLOWING
from benchmarks.large_upload import LARGE_UPLOAD
from benchmarks.reading import READING
from benchmarks.receipt import RECEIPT_COST
from benchmarks.requests_rate import REQUESTS_RATE
from benchmarks.same_content import SAME_CONTENT
from benchmarks.servers import SERVERS
from benchmarks.short_lived import SHORT_LIVED
from benchmarks.uploading import UPLOAD

BENCHMARKS: dict[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        FILM,
        LARGE_FILM,
        READING,
        RECEIPT_COST,
        FOLLOWING,
        CLIP,
        MP3,
        CLIPS,
        UPLOAD,
        DOWNLOAD,
        SAME_CONTENT,
        SHORT_LIVED,
        REQUESTS_RATE,
        LARGE_UPLOAD,
        FETCH,
        SERVERS,
    )
}

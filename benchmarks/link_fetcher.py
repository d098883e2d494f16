"""A process that brings links into GridFS, as the fetcher does, without queue and job.

`python -m benchmarks.link_fetcher MONGODB_URL ADDRESS:PORT`, the latter of the site that it may
fetch from: for each line of its input, a URL, it prints how many seconds it took.
"""

import sys
import time
from collections.abc import Sequence

from chassis.jobs import Link
from chassis.link_rules import LinkRules, parse_endpoint
from chassis.mongo import GridFsMediaStore, connect, media
from fetcher.bringing import LinkBringer
from fetcher.guard.name_resolver import NameResolver
from fetcher.guard.server import Guard
from fetcher.ports import Sink
from fetcher.settings import FetcherSettings


def main(arguments: Sequence[str]) -> None:
    """Fetch until there are no more lines."""
    url, site = arguments
    rules = LinkRules(open_addresses=frozenset({parse_endpoint(site)}))
    settings = FetcherSettings.model_validate({"mongodb_url": url, "amqp_url": "amqp://unused"})
    videos = GridFsMediaStore(connect(url, "fetcher"), media.VIDEOS)
    with Guard(rules, NameResolver()) as guard:
        bringer = LinkBringer(guard, rules, settings.limits, settings.program)
        for line in sys.stdin:
            print(_fetched(bringer, videos, line.strip()), flush=True)


def _fetched(bringer: LinkBringer, videos: GridFsMediaStore, url: str) -> float:
    started = time.perf_counter()
    writers = []

    def open_sink(name: str, content_type: str) -> Sink:
        writers.append(videos.writer(videos.new_id(), name=name, content_type=content_type))
        return writers[0]

    bringer.bring(
        Link(url, url),
        None,
        open_sink,
        on_progress=lambda _: None,
        should_stop=lambda: False,
    )
    writers[0].finish()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(sys.argv[1:])

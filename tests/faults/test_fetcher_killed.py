"""The fetcher is killed at each step of a fetch, or stops for longer than its lease."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.clips import Clip, Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault, stored
from tests.faults.steps import Step, after, before
from tests.faults.system import System, counted
from tests.integration.fetcher.media_site import MediaSite, Resource
from tests.waiting import wait_for

MATROSKA = "video/x-matroska"
Submit = Callable[[Clip], Promise]


@dataclass(frozen=True)
class Case:
    """A step, what is found after a kill there, and how often the site is asked in the end."""

    step: Step
    state: str
    chunks: bool
    file: bool
    cached: bool
    requests: int


CASES = {
    "claimed": Case(
        after("update", "jobs.jobs", state="fetching"), "fetching", False, False, False, 1
    ),
    "storing": Case(after("insert", "videos.fs.chunks"), "fetching", True, False, False, 2),
    "stored": Case(after("insert", "videos.fs.files"), "fetching", True, True, False, 2),
    "kept": Case(after("update", "jobs.cached_content"), "fetching", True, True, True, 2),
    "remembered": Case(
        before("update", "jobs.jobs", state="queued"), "fetching", True, True, True, 1
    ),
    "fetched": Case(after("update", "jobs.jobs", state="queued"), "queued", True, True, True, 1),
}


@pytest.fixture
def submit(system: System, site: MediaSite) -> Submit:
    """Has a link to a clip submitted; its path is that of no other test."""

    def submit(clip: Clip) -> Promise:
        content = clip.content()
        url = site.serve(f"/{content[-8:].hex()}.mkv", Resource(content, MATROSKA, etag='"1"'))
        return Promise(system.client.submit(url), clip.seconds)

    return submit


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fetcher_is_killed(
    case: Case, system: System, site: MediaSite, submit: Submit, fault: Fault, clips: Clips
) -> None:
    """At whatever step: nothing is left behind, and its successor does what is still to do."""
    fetcher = system.service("fetcher")
    system.interrupt(fetcher, case.step)
    promises = [submit(clips.long)]
    fid = promises[0].fid
    system.await_killed(fetcher)
    left = stored(system)
    found = (left.jobs[fid]["state"], bool(left.chunks["videos"]), bool(left.files["videos"]))
    assert (*found, bool(left.cached)) == (case.state, case.chunks, case.file, case.cached)
    fetcher.start()
    fault.ends()
    promises.append(submit(clips.short[0]))
    fault.assert_survived(promises)
    assert len(site.asked(_path_of(system, fid))) == case.requests
    # What the cache has is the last one's, and nobody has more.
    whole = stored(system)
    assert sorted(whole.files["videos"]) == sorted(whole.cached.values())
    assert len(whole.cached) == len(promises)


@pytest.mark.parametrize(
    "step",
    [before("update", "jobs.cached_content"), before("update", "jobs.jobs", state="queued")],
    ids=["stored", "remembered"],
)
def test_a_late_fetcher_changes_nothing(
    step: Step, system: System, submit: Submit, fault: Fault, clips: Clips
) -> None:
    """What a fetcher finishes after its lease has gone to another is deleted, and only that."""
    late = system.service("fetcher")
    earlier = counted(late, "fetches_total")
    system.interrupt(late, step, signal.SIGSTOP)
    promises = [submit(clips.long)]
    fid = promises[0].fid
    system.await_stopped(late)
    successor = system.add_replica("fetcher")
    wait_for(lambda: system.job(fid)["state"] == "ready", what="the successor's source")
    won = system.job(fid)
    late.resume()
    fault.ends()
    wait_for(lambda: counted(late, "fetches_total") > earlier, what="the end of the late fetch")
    successor.stop()
    promises.append(submit(clips.short[0]))
    fault.assert_survived(promises)
    unchanged = ("state", "attempts", "mp3_fid", "result", "failure", "source")
    assert {name: system.job(fid)[name] for name in unchanged} == {
        name: won[name] for name in unchanged
    }
    whole = stored(system)
    assert sorted(whole.files["videos"]) == sorted(whole.cached.values())


def test_a_fetcher_is_told_to_stop(
    system: System, site: MediaSite, fault: Fault, clips: Clips
) -> None:
    """A fetch longer than the time to drain is given back, and that is no attempt."""
    content = clips.long.content()
    slow = Resource(content, MATROSKA, pause=2.0)
    url = site.serve("/slow.mkv", slow, Resource(content, MATROSKA))
    promises = [Promise(system.client.submit(url), clips.long.seconds)]
    fid = promises[0].fid
    wait_for(lambda: system.job(fid)["state"] == "fetching", what="a fetch")
    fetcher = system.service("fetcher")
    fetcher.stop()
    assert system.job(fid)["state"] == "queued"
    assert system.job(fid)["attempts"] == 0
    fetcher.start()
    fault.ends()
    fault.assert_survived(promises)


def _path_of(system: System, fid: str) -> str:
    url: str = system.job(fid)["link"]["url"]
    return url[url.index("/", len("http://")) :]

"""`scripts/cluster-test`: the whole journey, then faults under load, then the account of it all."""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from devstack.cluster import curl_journey
from devstack.cluster.faults import Faults
from devstack.cluster.installation import Installation, NotApplied, NotRestricted
from devstack.cluster.journal import Journal
from devstack.cluster.kubectl import KubectlFailed, Namespace
from devstack.cluster.load import Load, made_clip
from devstack.cluster.mails import Mails
from devstack.cluster.site import Site
from devstack.cluster.user import User
from devstack.cluster.verdict import Verdict, is_quiet, judge
from devstack.journey import Journey
from devstack.services import SERVICES

FOLDER = Path(__file__).parents[2] / ".local" / "cluster-test"
STORED_PROBE = Path(__file__).with_name("stored_probe.py")
AT_LEAST = 2  # of each service: without its last pod nobody could serve a request
ALONE_SECONDS = 20
QUIET_SECONDS = 300
SWEPT_SECONDS = 400  # longer than the sweeper rests between two searches for orphans
POLL_SECONDS = 3.0


def main(arguments: list[str]) -> int:
    """Run the test; returns the exit code."""
    options = _parse(arguments)
    try:
        return _run(options)
    except (NotApplied, NotRestricted, KubectlFailed) as error:
        print(f"cluster-test: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    namespace = Namespace(options.namespace)
    installation = Installation(namespace)
    if options.overlay:
        _say(f"applying {options.overlay}")
        overlay = FOLDER / "overlay"
        installation.apply(
            *(options.overlay, options.image_prefix, options.image_tag, overlay, options.apply),
            site=options.site,
        )
    _say("waiting until everything is ready")
    installation.await_ready()
    installation.require_restricted()
    gateway = options.gateway_url or namespace.service_url("gateway", "http")
    mails = Mails(options.mail_url or namespace.service_url("mail-sink", "http"))
    journal = Journal()
    admin = User(journal, gateway, *installation.admin())
    admin.log_in()
    user = admin.new_user()
    _say("the journey, by curl")
    with journal.phase("the journey, by curl"):
        journey = Journey(gateway, *user.login)
        journal.promise(curl_journey.take(journey, mails, FOLDER, made_clip(FOLDER, 3)))
    with Site(options.site) if options.site else nullcontext() as site:
        never_accepted = _under_load(options, namespace, journal, user, site)
        _say("waiting until every job is finished and every mail sent")
        verdict = _verdict(journal, user, mails, never_accepted)
    print(f"\n{verdict.table}\n", flush=True)
    faults = [*verdict.faults, *_stored_faults(namespace)]
    print("\n".join(faults) or "Nothing is lost, nothing is doubled, nothing failed.")
    return 1 if faults else 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/cluster-test", description=__doc__)
    parser.add_argument(
        "--overlay", type=Path, help="kustomize folder to apply; else what is there"
    )
    parser.add_argument("--apply", default="kubectl apply -k", help="command that applies a folder")
    parser.add_argument("--image-prefix", default="video-to-mp3", help="of the names of our images")
    parser.add_argument("--image-tag", help="of our images, instead of the overlay's")
    parser.add_argument("--namespace", default="mp3converter")
    parser.add_argument("--gateway-url", help="where the gateway answers; else its ClusterIP")
    parser.add_argument("--mail-url", help="the mail sink's page; else its ClusterIP")
    parser.add_argument(
        "--site", help="ADDRESS:PORT of this machine that pods reach: every third video is a link"
    )
    parser.add_argument("--rate", type=float, default=1.0, help="videos a second")
    parser.add_argument("--kill-seconds", type=float, default=120.0)
    return parser.parse_args(arguments)


def _under_load(
    options: argparse.Namespace,
    namespace: Namespace,
    journal: Journal,
    user: User,
    site: Site | None,
) -> int:
    """All that is done to the system while it is used; how many videos were never accepted."""
    deployments = namespace.names("deployment")
    names = [name for name in SERVICES if name in deployments]
    for name in names:
        if len(namespace.pods(name)) < AT_LEAST:
            namespace.scale(name, AT_LEAST)
    faults = Faults(namespace, names, journal, _say)
    with Load(journal, user, FOLDER, options.rate, site) as load:
        steps: tuple[tuple[str, Callable[[], object]], ...] = (
            ("load alone", lambda: time.sleep(ALONE_SECONDS)),
            ("rolling restart of every Deployment", faults.restart_each),
            ("pods killed at random", lambda: faults.kill_at_random(options.kill_seconds)),
            ("converter from 1 to 3 and back", lambda: faults.scale_up_and_down("converter", 3)),
        )
        for title, work in steps:
            _say(title)
            with journal.phase(title):
                work()
    return load.never_accepted


def _verdict(journal: Journal, user: User, mails: Mails, never_accepted: int) -> Verdict:
    """What was promised against what there is, once that does not change any more."""
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        states = {str(job["fid"]): str(job["status"]) for job in user.jobs()}
        sent = mails.ids()
        if is_quiet(journal, states, sent) or time.monotonic() > deadline:
            return judge(journal, states, sent, never_accepted)
        time.sleep(POLL_SECONDS)


def _stored_faults(namespace: Namespace) -> list[str]:
    """What the sweeper has still not put right when it had the time for it."""
    _say("waiting until nothing is stored that no job names")
    deadline = time.monotonic() + SWEPT_SECONDS
    probe = STORED_PROBE.read_text()
    while True:
        found = namespace.kubectl(
            "exec", "-i", "deployment/sweeper", "--", "python", "-", text=probe
        )
        if not found or time.monotonic() > deadline:
            return found.splitlines()
        time.sleep(POLL_SECONDS)


def _say(text: str) -> None:
    print(f"cluster-test: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

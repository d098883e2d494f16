"""The journey of a user through the cluster's Services, by curl: login, upload, mail, download."""

import json
import os
import subprocess
import time
from pathlib import Path

from devstack.cluster.mails import Mails
from devstack.journey import Journey

MAIL_SECONDS = 120.0
POLL_SECONDS = 0.5


class JourneyFailed(Exception):
    """A step did not do what it promises; the text says which."""


def take(journey: Journey, mails: Mails, folder: Path, video: Path) -> str:
    """Take it, showing each command; returns the fid, raises JourneyFailed."""
    token = _shell(journey.login(), folder, then='echo "$TOKEN"').strip()
    answer = _shell(journey.upload(video.name), folder, token)
    try:
        fid = str(json.loads(answer)["fid"])
    except (ValueError, LookupError) as error:
        raise JourneyFailed(f"upload: the answer has no fid: {answer}") from error
    deadline = time.monotonic() + MAIL_SECONDS
    while f"{fid}.ready" not in mails.ids():
        if time.monotonic() > deadline:
            raise JourneyFailed(f"no mail about {fid} within {MAIL_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
    _shell(journey.download(fid, "out.mp3"), folder, token)
    if not (folder / "out.mp3").read_bytes().startswith(b"ID3"):
        raise JourneyFailed("download: this is no MP3 with tags")
    return fid


def _shell(command: str, folder: Path, token: str = "", then: str = "") -> str:
    print(f"$ {command}", flush=True)
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{command}\n{then}"],
        cwd=folder,
        env=os.environ | {"TOKEN": token, "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise JourneyFailed(f"exit code {done.returncode} of {command}: {done.stderr.strip()}")
    return done.stdout

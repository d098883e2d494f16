"""The whole journey with a small video, by curl, each step shown: `scripts/up --demo`."""

import json
import os
import subprocess
import time
from email.message import EmailMessage
from pathlib import Path

from devstack.journey import Journey
from devstack.maildir import plain_text
from devstack.ports import LOOPBACK
from devstack.stack import LOGIN_EMAIL, Stack

VIDEO_SECONDS = 6
MAIL_SECONDS = 120.0
POLL_SECONDS = 0.2
LENGTH_TOLERANCE_SECONDS = 0.2  # AAC and MP3 both fill their first and last frame
SUBJECT = "MP3 Download"


class DemoFailed(Exception):
    """A step did not do what it promises; the text says which step and what was wrong."""


class Demo:
    """One journey through a running stack; its files lie in the folder `demo` of the stack's."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._folder = stack.folder / "demo"
        self._journey = Journey(stack.gateway_url, LOGIN_EMAIL, stack.login_password)
        self._token = ""

    def run(self) -> str:
        """Take the journey; returns the line that says it went well, raises DemoFailed."""
        self._folder.mkdir(exist_ok=True)
        self._make_video("video.mkv")
        self._token = self._shell(self._journey.login(), then='echo "$TOKEN"').strip()
        if self._token.count(".") != 2:  # noqa: PLR2004 - a JWT has three parts
            raise DemoFailed(f"login: the answer is no token: {self._token}")
        fid = self._accepted(self._shell(self._journey.upload("video.mkv")))
        self._show_mail(self._await_mail(fid), fid)
        (self._folder / "out.mp3").unlink(missing_ok=True)
        self._shell(self._journey.download(fid, "out.mp3"))
        mp3 = self._folder / "out.mp3"
        self._check(mp3)
        return f"demo: ok fid={fid} mp3={mp3}"

    def _make_video(self, name: str) -> None:
        self._shell(
            f"ffmpeg -v error -y -f lavfi -i testsrc2=size=320x240:rate=25 "
            f"-f lavfi -i sine=frequency=440:sample_rate=44100 -t {VIDEO_SECONDS} "
            f"-c:v mpeg4 -c:a aac -metadata title='A short demo' {name}"
        )

    def _shell(self, command: str, then: str = "") -> str:
        """Run `command` as a user would; returns what it printed, and that of `then` after it."""
        print(f"\n$ {command}", flush=True)
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{command}\n{then}"],
            cwd=self._folder,
            env=os.environ | {"TOKEN": self._token, "no_proxy": LOOPBACK},
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout.strip(), flush=True)
        if done.returncode != 0:
            raise DemoFailed(f"exit code {done.returncode} of: {command}\n{done.stderr.strip()}")
        return done.stdout

    def _accepted(self, answer: str) -> str:
        try:
            return str(json.loads(answer)["fid"])
        except (ValueError, LookupError, TypeError):
            raise DemoFailed(f"upload: the answer has no fid: {answer}") from None

    def _await_mail(self, fid: str) -> EmailMessage:
        print(f"\nwaiting for the email about {fid}", flush=True)
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            self._stack.mend()
            for mail in self._stack.mail_sink.mails.messages():
                if fid in plain_text(mail):
                    return mail
            time.sleep(POLL_SECONDS)
        raise DemoFailed(
            f"no email about {fid} within {MAIL_SECONDS:.0f} s; "
            f"the logs are in {self._stack.folder / 'logs'}"
        )

    def _show_mail(self, mail: EmailMessage, fid: str) -> None:
        text = plain_text(mail)
        print(f"Subject: {mail['Subject']}\nTo: {mail['To']}\n\n{text.strip()}", flush=True)
        if mail["Subject"] != SUBJECT or f"mp3 file_id: {fid} is now ready!" not in text:
            raise DemoFailed("email: it does not say that the MP3 is ready")

    def _check(self, mp3: Path) -> None:
        report = self._shell(
            f"ffprobe -v error -of json -show_entries stream=codec_name,bit_rate,sample_rate"
            f":format=duration:format_tags=title {mp3.name}"
        )
        found = json.loads(report)
        if [stream["codec_name"] for stream in found["streams"]] != ["mp3"]:
            raise DemoFailed(f"download: {mp3} is not an MP3")
        seconds = float(found["format"]["duration"])
        if abs(seconds - VIDEO_SECONDS) > LENGTH_TOLERANCE_SECONDS:
            raise DemoFailed(f"download: {seconds} s of sound, of a video of {VIDEO_SECONDS} s")

"""The mails: what the owner of a finished job is told, as text and as HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from string import Template
from typing import Final
from urllib.parse import quote, urlencode

from chassis.jobs import Failure, Job, State
from chassis.names import mp3_name, plain_name, zip_name
from notification.addresses import one_address
from notification.receipt import receipt
from notification.wording import duration, moment, size

READY_SUBJECT: Final = "MP3 Download"
FAILED_SUBJECT: Final = "MP3 Download failed"

_LONGEST_LINE: Final = 998  # RFC 5322, section 2.1.1

_READY_TEXT: Final = Template("""\
mp3 file_id: $fid is now ready!

The MP3 of $source is ready: $facts.$alone

This link opens it in a browser, without logging in, until $until:

$link

On the command line, with a token of yours:

$curl

$receipt
""")

_READY_HTML: Final = Template("""\
<!DOCTYPE html>
<html lang="en">
<body>
<p>mp3 file_id: $fid is now ready!</p>
<p>The MP3 of <b>$source</b> is ready: $facts.$alone</p>
<p><a href="$link">Download the MP3</a> (works in a browser, without logging in, until $until)</p>
<p>On the command line, with a token of yours:</p>
<pre>$curl</pre>
<pre>$receipt</pre>
</body>
</html>
""")

_FAILED_TEXT: Final = Template("""\
mp3 file_id: $fid could not be made.

There is no MP3 of $source: $detail

The reason's code is $code. The job stands at:

$job_url
""")

_FAILED_HTML: Final = Template("""\
<!DOCTYPE html>
<html lang="en">
<body>
<p>mp3 file_id: $fid could not be made.</p>
<p>There is no MP3 of <b>$source</b>: $detail</p>
<p>The reason's code is <code>$code</code>. The job stands at
<a href="$job_url">$job_url</a></p>
</body>
</html>
""")

_ALONE: Final = (
    " To get the MP3 of one chapter alone, add &chapter=1, &chapter=2 and so on to its address."
)
_NO_REASON: Final = Failure("unknown", "No reason was written down.")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the mails of one installation.

    sender: the address they come from; public_url: where users reach the gateway; sign: makes the
    signature that opens a download without a token, good for link_lifetime.
    """

    sender: Address
    public_url: str
    sign: Callable[[str], str]
    link_lifetime: timedelta

    def write(self, job: Job, now: datetime) -> EmailMessage:
        """The mail that tells the owner how `job` ended; it is ready or failed.

        Raises InvalidAddress when the owner's name is not exactly one mail address. Every copy of
        a job's mail has the same Message-ID (RFC 5322, section 3.6.4).
        """
        kind = "ready" if job.state is State.READY else "failed"
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self.sender
        mail["To"] = one_address(job.username)
        mail["Subject"] = READY_SUBJECT if kind == "ready" else FAILED_SUBJECT
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{job.fid}.{kind}@{self.sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation answers, please
        if kind == "ready":
            values, text, html = self._ready(job, now), _READY_TEXT, _READY_HTML
        else:
            values, text, html = self._failed(job), _FAILED_TEXT, _FAILED_HTML
        _set_text(mail, text.substitute(values))
        escaped = {name: escape(value) for name, value in values.items()}
        _add_html(mail, html.substitute(escaped))
        return mail

    def _ready(self, job: Job, now: datetime) -> dict[str, str]:
        download = f"{self.public_url}/download?{urlencode({'fid': job.fid})}"
        until = now + self.link_lifetime
        if job.expires_at is not None:
            until = min(until, job.expires_at)
        return {
            "fid": job.fid,
            "source": plain_name(job.source.name) or mp3_name(job.source.name),
            "facts": _facts(job),
            "until": moment(until),
            "link": f"{download}&{urlencode({'signature': self.sign(job.fid)})}",
            "alone": _ALONE if _parts(job) else "",
            "curl": _curl(_file_name(job), download),
            "receipt": "\n".join(receipt(job)),
        }

    def _failed(self, job: Job) -> dict[str, str]:
        reason = job.failure or _NO_REASON
        return {
            "fid": job.fid,
            "source": plain_name(job.source.name) or "the video",
            "detail": reason.detail,
            "code": reason.code,
            "job_url": f"{self.public_url}/jobs/{quote(job.fid)}",
        }


def _facts(job: Job) -> str:
    name = _file_name(job)
    if job.result is None:
        return name
    if parts := _parts(job):
        name += " with one MP3" if parts == 1 else f" with {parts} MP3s, one for each chapter"
    return f"{name}, {duration(job.result.duration)}, {size(job.result.size)}"


def _parts(job: Job) -> int:
    return len(job.result.parts) if job.result else 0


def _file_name(job: Job) -> str:
    return zip_name(job.source.name) if _parts(job) else mp3_name(job.source.name)


def _curl(name: str, url: str) -> str:
    """A command for a POSIX shell: inside single quotes only the quote itself is special."""
    quoted = name.replace("'", "'\\''")
    return f"""curl -H "Authorization: Bearer $TOKEN" -o '{quoted}' "{url}\""""


def _set_text(mail: EmailMessage, text: str) -> None:
    mail.set_content(text, cte=_encoding(text))


def _add_html(mail: EmailMessage, html: str) -> None:
    mail.add_alternative(html, subtype="html", cte=_encoding(html))


def _encoding(text: str) -> str:
    """Plain where that is allowed, so that a program that knows no MIME finds its way too.

    The library itself would encode every text with a line over 78 characters.
    """
    longest = max(map(len, text.splitlines()))
    return "7bit" if text.isascii() and longest <= _LONGEST_LINE else "quoted-printable"

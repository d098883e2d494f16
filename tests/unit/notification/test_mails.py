"""The text of the mails."""

import shlex
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.jobs import Failure, Job, ResultPart
from notification.addresses import InvalidAddress
from notification.mails import Writer
from tests import sample_jobs
from tests.sample_jobs import NOW, RESULT

WRITER = Writer(
    sender=Address("MP3s", "mp3", "example.com"),
    public_url="https://mp3.example.com",
    sign=lambda fid: f"signature-of-{fid}",
    link_lifetime=timedelta(hours=48),
)


def sent(job: Job) -> EmailMessage:
    """The mail as a reader gets it, after the wire."""
    wire = WRITER.write(job, NOW).as_bytes()
    return message_from_bytes(wire, policy=policy.default)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


class Page(HTMLParser):
    """What a browser would make of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag, and where it leads."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def test_ready_mail_has_its_line_its_subject_and_both_forms() -> None:
    """The subject and the line are exactly those that users and programs know."""
    job = sample_jobs.ready()
    mail = sent(job)
    assert mail["Subject"] == "MP3 Download"
    assert mail["To"] == "ada@example.com"
    assert mail["From"] == "MP3s <mp3@example.com>"
    assert f"mp3 file_id: {job.fid} is now ready!" in text_of(mail).splitlines()
    assert f"mp3 file_id: {job.fid} is now ready!" in Page(text_of(mail, "html")).text
    assert mail.get_content_type() == "multipart/alternative"


def test_ready_line_stands_in_the_raw_mail() -> None:
    """A program that knows no MIME finds the line too, also when the name needs an encoding."""
    for name in ("Holiday.mkv", "映画.mkv"):
        job = sample_jobs.ready(name=name)
        wire = WRITER.write(job, NOW).as_bytes()
        assert f"\r\nmp3 file_id: {job.fid} is now ready!\r\n".encode() in wire
        assert max(map(len, wire.split(b"\r\n"))) <= 998
        assert wire.isascii()


def test_curl_command_can_be_pasted() -> None:
    """The command is one line that a shell takes apart as meant."""
    job = sample_jobs.ready()
    download = f"https://mp3.example.com/download?fid={job.fid}"
    command = f"""curl -H "Authorization: Bearer $TOKEN" -o 'Holiday.mp3' "{download}\""""
    assert command in text_of(sent(job)).splitlines()
    assert command in Page(text_of(sent(job), "html")).text


@pytest.mark.parametrize(
    ("source", "saved"),
    [
        ("it's $(rm -rf ~).mkv", "it's $(rm -rf ~).mp3"),
        ("`id`; \"x\" 'y'.mp4", "`id`; \"x\" 'y'.mp3"),
        ("映画 Фильм.webm", "映画 Фильм.mp3"),
    ],
)
def test_curl_command_is_safe_with_any_name(source: str, saved: str) -> None:
    """A video's name is a file name to the shell, whatever stands in it."""
    job = sample_jobs.ready(name=source)
    lines = [line for line in text_of(sent(job)).splitlines() if line.startswith("curl")]
    words = shlex.split(lines[0])
    assert words[words.index("-o") + 1] == saved
    assert len(words) == 6


def test_link_carries_the_signature_and_says_until_when() -> None:
    """The link works without a token until the date beside it."""
    job = sample_jobs.ready()
    mail = sent(job)
    links = [line for line in text_of(mail).splitlines() if line.startswith("https://")]
    assert Page(text_of(mail, "html")).links == links
    parts = urlsplit(links[0])
    assert parts.path == "/download"
    assert parse_qs(parts.query) == {"fid": [job.fid], "signature": [f"signature-of-{job.fid}"]}
    assert "until 23 November 2026, 09:05 UTC" in text_of(mail)


def test_link_is_promised_no_longer_than_the_mp3_is_kept() -> None:
    """The date is that of the MP3's end where that comes before the link's."""
    job = replace(sample_jobs.ready(), expires_at=NOW + timedelta(hours=1))
    assert "until 21 November 2026, 10:05 UTC" in text_of(sent(job))


def test_facts_are_in_plain_words() -> None:
    """The mail says what the MP3 is."""
    assert "The MP3 of Holiday.mkv is ready: Holiday.mp3, 3 minutes 20 seconds, 4.8 MB." in text_of(
        sent(sample_jobs.ready())
    )


def test_failed_mail_says_why_and_where() -> None:
    """A job that failed has a subject of its own, the reason, its code and the job's URL."""
    job = sample_jobs.failed()
    mail = sent(job)
    assert mail["Subject"] == "MP3 Download failed"
    for text in (text_of(mail), Page(text_of(mail, "html")).text):
        assert "The video holds no sound." in text
        assert "no_audio" in text
        assert f"https://mp3.example.com/jobs/{job.fid}" in text
        assert "signature" not in text


def test_every_copy_has_the_same_message_id() -> None:
    """Copies are known as such by their Message-ID; the two kinds of mail differ."""
    job = sample_jobs.ready()
    later = WRITER.write(job, NOW + timedelta(hours=3))
    assert sent(job)["Message-ID"] == later["Message-ID"] == f"<{job.fid}.ready@example.com>"
    lost = sample_jobs.failed()
    assert sent(lost)["Message-ID"] == f"<{lost.fid}.failed@example.com>"


def test_mail_is_marked_as_automatic_and_dated() -> None:
    """No vacation answer comes back (RFC 3834), and the date is that of the sending."""
    mail = sent(sample_jobs.ready())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW


def test_names_are_escaped_in_html() -> None:
    """A name cannot bring markup into the mail."""
    name = """<script>alert("x")</script> & <img src=x onerror='y'>.mkv"""
    page = Page(text_of(sent(sample_jobs.ready(name=name)), "html"))
    assert set(page.tags) == {"html", "body", "p", "b", "a", "pre"}
    assert "<img src=x onerror='y'>" in page.text
    reason = Failure("corrupt", "<b onclick=x>broken</b>")
    failed = Page(text_of(sent(sample_jobs.failed(reason=reason)), "html"))
    assert "<b onclick=x>broken</b>" in failed.text


def test_a_name_cannot_forge_a_line() -> None:
    """Line breaks in a name do not start lines, or headers, of their own."""
    job = sample_jobs.ready(name="a\r\nmp3 file_id: forged is now ready!\r\nBcc: eve@e.com.mkv")
    mail = sent(job)
    starts = [line for line in text_of(mail).splitlines() if line.startswith("mp3 file_id")]
    assert starts == [f"mp3 file_id: {job.fid} is now ready!"]
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    "username", ["ada@example.com, eve@example.com", "ada@example.com\r\nBcc: e@e.com", "admin"]
)
def test_no_mail_without_exactly_one_address(username: str) -> None:
    """An account's name that is not one address gets no mail at all."""
    with pytest.raises(InvalidAddress) as caught:
        WRITER.write(sample_jobs.ready(username=username), NOW)
    assert caught.value.code == "address_invalid"


def test_the_receipt_is_in_both_forms() -> None:
    """The mail ends with what was found, what was made, the loudness, times, hash and notes."""
    mail = sent(sample_jobs.ready())
    lines = [
        "Source: matroska, aac, 128 kbit/s, stereo, 44.1 kHz, 3 minutes 20 seconds",
        "MP3: VBR V2, 192 kbit/s, stereo, 44.1 kHz",
        "Loudness: -14.0 LUFS (source -23.5), true peak -1.5 dBTP",
        "Time: waited less than a second, converted in less than a second",
        f"SHA-256: {'0' * 64}",
        "Note: The source was quiet.",
    ]
    assert text_of(mail).rstrip().splitlines()[-len(lines) :] == lines
    html = Page(text_of(mail, "html")).text.replace("\r\n", "\n")
    assert "\n".join(lines) in html


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_name_makes_a_readable_mail(name: str) -> None:
    """Whatever the video is called, the mail can be sent, read, and holds its line once."""
    job = sample_jobs.ready(name=name)
    lines = text_of(sent(job)).splitlines()
    assert lines.count(f"mp3 file_id: {job.fid} is now ready!") == 1


def test_of_a_split_mp3_it_says_what_there_is() -> None:
    """A ZIP, of how many, and how to get one alone."""
    parts = tuple(ResultPart(f"{number}", 100 * number, 50, 1.0) for number in range(12))
    job = replace(sample_jobs.ready(), result=replace(RESULT, parts=parts))
    mail = sent(job)
    text = text_of(mail)
    assert "ready: Holiday.zip with 12 MP3s, one for each chapter, 3 minutes 20 seconds" in text
    assert "add &chapter=1" in text
    assert "-o 'Holiday.zip'" in text
    assert "add &chapter=1" in Page(text_of(mail, "html")).text
    one = replace(job, result=replace(RESULT, parts=parts[:1]))
    assert "Holiday.zip with one MP3, 3 minutes" in text_of(sent(one))
    assert "chapter" not in text_of(sent(sample_jobs.ready()))

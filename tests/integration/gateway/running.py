"""A real gateway process with the stores that it works on, and clients of all manners."""

import hashlib
import http.client
import itertools
import json
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import gridfs
import pika
import requests
from bson import ObjectId

from chassis.jobs import Job, now_utc
from chassis.links import LinkSigner
from chassis.media_cache import CachedContent, CachedLink
from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.media import MP3S, VIDEOS
from chassis.mongo.media_cache import MongoMediaCache
from chassis.sources import Metadata
from devstack.services import Service
from tests import sample_jobs
from tests.integration.gateway.key_server import KeyServer

LINK_SECRET = "a secret for tests only"
PUBLIC_URL = "https://mp3.example.com"
TIMEOUT = 60

_numbers = itertools.count(1)


@dataclass(frozen=True)
class RawAnswer:
    """What came over a socket: one answer after the interim ones, and whether the end came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    interim: list[int]

    @property
    def problem(self) -> dict[str, Any]:
        """The problem details in the body."""
        assert self.headers["content-type"] == "application/problem+json", self
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        return found


@dataclass
class RunningGateway:
    """A gateway on real stores; each test takes users of its own."""

    service: Service
    keys: KeyServer
    mongodb_url: str
    amqp_url: str

    def __post_init__(self) -> None:
        self.client = connect(self.mongodb_url, "tests")
        self.jobs = MongoJobStore(self.client)
        self.videos = GridFsMediaStore(self.client, VIDEOS)
        self.mp3s = GridFsMediaStore(self.client, MP3S)
        self.cache = MongoMediaCache(self.client)
        self.links = LinkSigner(LINK_SECRET, 3600)

    @property
    def url(self) -> str:
        """Address without a slash at the end."""
        return self.service.url

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return "127.0.0.1", int(self.service.settings["PORT"])

    def user(self) -> str:
        """A user whom no other test has."""
        return f"user-{next(_numbers)}@example.com"

    def bearer(self, username: str, **claims: Any) -> dict[str, str]:
        """The header that speaks for a user."""
        return {"Authorization": f"Bearer {self.keys.token(username, **claims)}"}

    def close(self) -> None:
        """Stop the process."""
        self.service.stop()
        self.client.close()

    def request(
        self, method: str, path: str, username: str | None = None, **options: Any
    ) -> requests.Response:
        """One request, as a user if one is named."""
        headers = {**(self.bearer(username) if username else {}), **options.pop("headers", {})}
        return requests.request(
            method,
            self.url + path,
            headers=headers,
            timeout=TIMEOUT,
            allow_redirects=False,
            **options,
        )

    def upload(
        self,
        username: str,
        content: bytes,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Upload a file, with further fields of its form."""
        return self.request(
            *("POST", "/upload", username),
            files={"file": ("video.mkv", content)},
            data=fields,
            headers=headers or {},
        )

    def curl(self, *arguments: str, timeout: float = TIMEOUT) -> subprocess.CompletedProcess[bytes]:
        """Run curl; the last argument is a path."""
        *options, path = arguments
        command = ["curl", "-sS", "--noproxy", "*", *options, self.url + path]
        return subprocess.run(command, capture_output=True, timeout=timeout, check=False)

    def connect(self) -> socket.socket:
        """A connection to do anything with."""
        return socket.create_connection(self.address, timeout=TIMEOUT)

    def exchange(self, *sent: bytes) -> RawAnswer:
        """Send bytes as they are, and read one answer."""
        with self.connect() as connection:
            for data in sent:
                connection.sendall(data)
            return read_answer(connection)

    def only_job(self, username: str) -> Job:
        """The user's one job."""
        (job,) = self.jobs.newest(username, 10)
        return job

    def stored_video(self, job: Job) -> gridfs.GridOut:
        """The job's source, read by pymongo's own GridFS."""
        return gridfs.GridFS(self.client["videos"]).get(ObjectId(job.video_fid))

    def nothing_stored(self, job: Job) -> bool:
        """Whether neither a file nor a chunk stands under the id of the job's source."""
        key = ObjectId(job.video_fid)
        videos = self.client["videos"]
        return not (
            videos["fs.chunks"].count_documents({"files_id": key})
            or videos["fs.files"].count_documents({"_id": key})
        )

    def chunks_stored(self) -> int:
        """How many chunks of videos there are."""
        return self.client["videos"]["fs.chunks"].count_documents({})

    def insert(self, job: Job) -> Job:
        """Store a job as it is."""
        self.jobs.insert(job)
        return job

    def ready_job(self, username: str, data: bytes, name: str = "Holiday.mkv") -> Job:
        """A job whose MP3 is `data`."""
        job = sample_jobs.ready(now_utc(), username=username, name=name)
        result = replace(
            sample_jobs.RESULT, size=len(data), sha256=hashlib.sha256(data).hexdigest()
        )
        assert job.mp3_fid
        with self.mp3s.writer(job.mp3_fid, name=name, content_type="audio/mpeg") as writer:
            writer.write(data)
            writer.finish()
        return self.insert(replace(job, result=result))

    def cached_file(
        self, url: str, data: bytes, *, name: str = "A song", content_type: str = "video/mp4"
    ) -> CachedContent:
        """What the fetcher leaves of a link (and what a fetch was told) in the cache."""
        now = now_utc()
        media_id = self.videos.new_id()
        with self.videos.writer(media_id, name=name, content_type=content_type) as writer:
            writer.write(data)
            stored = writer.finish()
        content = CachedContent(stored.sha256, stored.size, media_id, now, now)
        content = self.cache.keep(content)
        assert self.cache.confirm(content)
        self.cache.remember_link(
            CachedLink(
                fetch_key=url,
                url=url,
                sha256=stored.sha256,
                size=stored.size,
                name=name,
                content_type=content_type,
                checked_at=now,
                expires_at=now + timedelta(hours=1),
                metadata=Metadata(title=name, artist="Somebody"),
            )
        )
        return content

    def messages(self, queue: str = "video") -> list[tuple[pika.BasicProperties, dict[str, Any]]]:
        """Take every message off `queue`."""
        taken: list[tuple[pika.BasicProperties, dict[str, Any]]] = []
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            channel = connection.channel()
            while True:
                method, properties, body = channel.basic_get(queue, auto_ack=True)
                if method is None:
                    return taken
                taken.append((properties, json.loads(body)))

    def log_lines(self) -> list[dict[str, Any]]:
        """Everything it has logged."""
        return [json.loads(line) for line in self.service.process.output().splitlines()]

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric; 0 where it has not been counted yet."""
        text = requests.get(self.service.metrics_url, timeout=TIMEOUT).text
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        for line in text.splitlines():
            found, _, value = line.rpartition(" ")
            title, _, listed = found.partition("{")
            if title == name and wanted <= set(listed.rstrip("}").split(",")):
                return float(value)
        return 0.0


def read_answer(connection: socket.socket) -> RawAnswer:
    """The next answer on a connection, after the interim ones (1xx)."""
    interim: list[int] = []
    stream = connection.makefile("rb")
    while True:
        line = stream.readline().decode("latin-1")
        assert line, "the connection was closed without an answer"
        status = int(line.split()[1])
        headers = {name.lower(): value for name, value in http.client.parse_headers(stream).items()}
        if status >= 200:
            break
        interim.append(status)
    length = headers.get("content-length")
    body = stream.read(int(length)) if length is not None else stream.read()
    return RawAnswer(status, headers, body, interim)


def head(request_line: str, *fields: str) -> bytes:
    """The header of a request."""
    return "\r\n".join([f"{request_line} HTTP/1.1", "Host: gateway", *fields, "", ""]).encode()


def save(folder: Path, name: str, data: bytes) -> Path:
    """A file for curl."""
    path = folder / name
    path.write_bytes(data)
    return path

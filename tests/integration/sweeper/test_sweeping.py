"""The sweeper as real processes on real stores and queues."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import requests
from bson import ObjectId

from chassis import moves
from chassis.jobs import Job, Lease, State, now_utc
from chassis.messages import MP3_QUEUE, VIDEO_QUEUE, JobMessage
from tests import sample_jobs
from tests.stage import POLICY, Stage, store_file
from tests.waiting import wait_for

LONG_AGO = timedelta(days=100)


def insert(stage: Stage, job: Job) -> Job:
    """Store the job with a file under each id that it names."""
    stage.jobs.insert(job)
    if job.video_fid:
        store_file(stage.videos, job.video_fid)
    for media_id in (job.writing_fid, job.mp3_fid):
        if media_id:
            store_file(stage.mp3s, media_id)
    return job


def in_state(stage: Stage, job: Job, state: State) -> None:
    wait_for(lambda: stage.now_is(job).state is state, what=f"{state} of a {job.state} job")


def announced(stage: Stage, queue: str, job: Job) -> list[JobMessage]:
    """Wait for announcements of `job` on `queue`, and take them."""
    found: list[JobMessage] = []

    def arrived() -> bool:
        messages = [JobMessage.from_body(body) for body in stage.take(queue)]
        found.extend(message for message in messages if message.job_id == job.fid)
        return bool(found)

    wait_for(arrived, what=f"an announcement on {queue}")
    return found


def nothing_is_stored(stage: Stage) -> None:
    wait_for(lambda: not any(stage.stored_ids().values()), what="the end of all files")


def test_a_lost_announcement_is_made_again(stage: Stage) -> None:
    """A job whose message nobody has is announced with all that a message carries."""
    stage.start("sweeper")
    job = insert(stage, sample_jobs.queued(now_utc(), POLICY))
    messages = announced(stage, VIDEO_QUEUE, job)
    assert messages[0] == replace(JobMessage.about(job), traceparent=None)
    assert stage.now_is(job).state is State.QUEUED
    assert stage.now_is(job).announcements >= 1


def test_each_kind_of_due_job_gets_its_step(stage: Stage) -> None:
    """Stale uploads fail, stale conversions are offered again or fail, old things go."""
    now = now_utc() - LONG_AGO
    upload = insert(stage, sample_jobs.receiving(now, POLICY))
    stale = insert(stage, sample_jobs.converting(now, POLICY))
    hopeless = insert(stage, sample_jobs.converting(now, POLICY, attempts=POLICY.max_attempts))
    mp3 = insert(stage, sample_jobs.mailed(sample_jobs.ready(now, POLICY), now, POLICY))
    untold = insert(stage, sample_jobs.ready(now_utc(), POLICY))
    cancelled = insert(stage, sample_jobs.cancelled(now, POLICY))
    stage.jobs.update(cancelled.fid, lambda job: replace(job, due_at=now_utc()))
    stage.start("sweeper")
    in_state(stage, upload, State.FAILED)
    assert stage.now_is(upload).failure == moves.INTERRUPTED
    in_state(stage, hopeless, State.FAILED)
    assert stage.now_is(hopeless).failure == moves.WORKER_LOST
    in_state(stage, mp3, State.EXPIRED)
    wait_for(lambda: stage.jobs.get(cancelled.fid) is None, what="the removal")
    assert announced(stage, VIDEO_QUEUE, stale)
    assert stage.now_is(stale).state is State.CONVERTING
    told: set[str] = set()

    def all_announced() -> bool:
        told.update(JobMessage.from_body(body).job_id for body in stage.take(MP3_QUEUE))
        return told == {untold.fid, hopeless.fid}

    wait_for(all_announced, what="the announcements of mails")
    kept = {"videos": {stale.video_fid}, "mp3s": {stale.writing_fid, untold.mp3_fid}}
    wait_for(
        lambda: (
            {name: {str(media_id) for media_id in ids} for name, ids in stage.stored_ids().items()}
            == kept
        ),
        what="the end of the files that were let go",
    )


def test_a_converter_takes_over_a_stale_job(stage: Stage) -> None:
    """What the sweeper announces of a silent converter can be claimed, and the late one is out."""
    stage.start("sweeper")
    job = insert(stage, sample_jobs.converting(now_utc(), POLICY))
    announced(stage, VIDEO_QUEUE, job)
    taken = stage.jobs.update(
        job.fid,
        lambda seen: moves.claimed(seen, "second", stage.mp3s.new_id(), POLICY, now_utc()),
    )
    assert taken is not None
    assert taken.attempts == 2
    late = moves.Attempt("converter", 1)
    assert (
        stage.jobs.update(job.fid, lambda seen: moves.given_back(seen, late, POLICY, now_utc()))
        is None
    )


def test_two_sweepers_end_where_one_does(stage: Stage) -> None:
    """Two sweepers on the same jobs: each job has one fate, and nothing else is left."""
    now = now_utc() - LONG_AGO
    uploads = [insert(stage, sample_jobs.receiving(now, POLICY)) for _ in range(60)]
    mp3s = [
        insert(stage, sample_jobs.mailed(sample_jobs.ready(now, POLICY), now, POLICY))
        for _ in range(60)
    ]
    waiting = [insert(stage, sample_jobs.queued(now, POLICY)) for _ in range(60)]
    sweepers = [stage.service("sweeper") for _ in range(2)]
    for sweeper in sweepers:
        sweeper.launch()
    for job in uploads:
        in_state(stage, job, State.FAILED)
    for job in mp3s:
        in_state(stage, job, State.EXPIRED)
    wait_for(lambda: all(stage.now_is(job).announcements for job in waiting), what="announcements")
    named = {job.fid for job in waiting}
    assert {JobMessage.from_body(body).job_id for body in stage.take(VIDEO_QUEUE)} == named
    assert stage.jobs.referenced([job.video_fid or "" for job in waiting]) == {
        job.video_fid for job in waiting
    }
    wait_for(
        lambda: (
            {str(i) for i in stage.stored_ids()["videos"]} == {job.video_fid for job in waiting}
            and not stage.stored_ids()["mp3s"]
        ),
        what="the end of the files that were let go",
    )
    for sweeper in sweepers:
        assert "the step failed" not in sweeper.process.output()
        assert "Traceback" not in sweeper.process.output()


def test_a_killed_sweeper_loses_nothing(stage: Stage) -> None:
    """SIGKILL in the middle, again and again: in the end every job and every file had its step."""
    now = now_utc() - LONG_AGO
    jobs = [insert(stage, sample_jobs.receiving(now, POLICY)) for _ in range(150)]
    sweeper = stage.service("sweeper", SWEEP_SECONDS="0.01")
    dice = random.Random(7)

    def failed() -> int:
        return stage.jobs.counts()[State.FAILED]

    kills = 0
    while failed() < len(jobs):
        before = failed()
        sweeper.launch()
        wait_for(lambda before=before: failed() > before, what="progress")  # type: ignore[misc]  # a default binds it
        time.sleep(dice.uniform(0, 0.2))
        sweeper.kill()
        kills += 1
    assert kills > 1
    sweeper.start()
    nothing_is_stored(stage)
    assert {stage.now_is(job).failure for job in jobs} == {moves.INTERRUPTED}


@contextmanager
def renewing(stage: Stage, job: Job) -> Iterator[None]:
    """The lease of an upload under way is kept as a gateway keeps it."""
    stopped = Event()

    def keep() -> None:
        while not stopped.wait(POLICY.lease.total_seconds() / 3):
            stage.jobs.update(
                job.fid, lambda seen: moves.receiving_renewed(seen, "gateway", POLICY, now_utc())
            )

    thread = Thread(target=keep)
    thread.start()
    yield
    stopped.set()
    thread.join()


def test_an_upload_under_way_is_not_swept(stage: Stage) -> None:
    """A slow upload, and an MP3 being written, survive sweepers that search all the time."""
    sweepers = [stage.start("sweeper", ORPHAN_SECONDS="0.05") for _ in range(2)]
    upload = sample_jobs.receiving(now_utc(), POLICY)
    stage.jobs.insert(upload)
    assert upload.video_fid
    orphan = stage.videos.new_id()
    with (
        renewing(stage, upload),
        stage.videos.writer(upload.video_fid, name="a.mkv", content_type="video/x") as writer,
    ):
        until = time.monotonic() + 3 * POLICY.lease.total_seconds()
        while time.monotonic() < until:
            writer.write(bytes(1 << 20))
            time.sleep(0.2)
        stored = writer.finish()
    store_file(stage.videos, orphan)
    # The sweepers did search meanwhile, and afterwards: this orphan was found.
    wait_for(lambda: ObjectId(orphan) not in stage.stored_ids()["videos"], what="the sweep")
    assert stage.now_is(upload).state is State.RECEIVING
    with stage.videos.open(upload.video_fid) as reader:
        assert sum(map(len, reader.stream(0, stored.size))) == stored.size
    for sweeper in sweepers:
        sweeper.stop()


def test_orphans_of_every_kind_go(stage: Stage) -> None:
    """Chunks without a file, files without chunks, whole files: what no job names is deleted."""
    kept = insert(stage, sample_jobs.queued(now_utc(), POLICY))
    for media in (stage.videos, stage.mp3s):
        store_file(media, media.new_id(), size=3 << 20)
    for database in ("videos", "mp3s"):
        chunks, files = stage.client[database]["fs.chunks"], stage.client[database]["fs.files"]
        half_written = ObjectId()
        chunks.insert_many([{"files_id": half_written, "n": n, "data": b"x"} for n in range(5)])
        files.insert_one({"_id": ObjectId(), "length": 5, "chunkSize": 1, "filename": "x"})
    sweeper = stage.start("sweeper")
    assert kept.video_fid
    only = {"videos": {ObjectId(kept.video_fid)}, "mp3s": set()}
    wait_for(lambda: stage.stored_ids() == only, what="the end of the orphans")
    metrics = requests.get(sweeper.metrics_url, timeout=5).text
    assert 'sweeper_orphans_deleted_total{store="videos"} 3.0' in metrics
    assert 'sweeper_orphans_deleted_total{store="mp3s"} 3.0' in metrics


def test_a_queue_that_was_deleted_is_filled_again(stage: Stage) -> None:
    """Somebody deletes a queue with all its messages: each waiting job is announced anew."""
    stage.start("sweeper")
    jobs = [insert(stage, sample_jobs.queued(now_utc(), POLICY)) for _ in range(10)]
    wait_for(lambda: stage.depth(VIDEO_QUEUE) >= len(jobs), what="the first announcements")
    with stage.channel() as channel:
        channel.queue_delete(VIDEO_QUEUE)
    found: set[str] = set()

    def all_arrived() -> bool:
        found.update(JobMessage.from_body(body).job_id for body in stage.take(VIDEO_QUEUE))
        return found == {job.fid for job in jobs}

    wait_for(all_arrived, what="the announcements after the deletion")


def test_what_it_measures(stage: Stage) -> None:
    """Jobs by state and how old the oldest ones are is there for whoever watches."""
    earlier, later = (now_utc() - timedelta(minutes=minutes) for minutes in (10, -60))
    waiting = sample_jobs.queued(earlier, POLICY)
    insert(stage, replace(waiting, created_at=earlier - timedelta(minutes=10)))
    insert(stage, replace(sample_jobs.converting(earlier, POLICY), due_at=later))
    insert(stage, sample_jobs.ready(now_utc(), POLICY))
    sweeper = stage.start("sweeper")

    def value(name: str) -> float:
        text = requests.get(sweeper.metrics_url, timeout=5).text
        lines = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(lines[0].split()[1]) if lines else 0.0

    wait_for(lambda: value("jobs_oldest_waiting_seconds") > 0, what="the measure")
    assert 600 <= value("jobs_oldest_waiting_seconds") < 700
    assert value('jobs{state="queued"}') == value('jobs{state="ready"}') == 1.0
    assert value('jobs{state="failed"}') == 0.0
    assert value('jobs_waiting{worker="converter"}') == 1.0
    assert value('jobs_waiting{worker="fetcher"}') == 0.0
    assert 1200 <= value('jobs_oldest_seconds{state="queued"}') < 1300
    assert 600 <= value('jobs_oldest_seconds{state="converting"}') < 700
    assert value('jobs_oldest_seconds{state="receiving"}') == 0.0
    wait_for(lambda: value("jobs_overdue_seconds") < 100, what="a round")
    wait_for(lambda: value('sweeper_steps_total{step="announced"}') >= 1, what="a step")


def test_sigterm_ends_it_and_lines_carry_the_job(stage: Stage) -> None:
    """It ends with 0 after the step under way; its log says of which job each line is."""
    sweeper = stage.start("sweeper")
    trace = f"00-{'1' * 32}-{'2' * 16}-01"
    job = replace(sample_jobs.receiving(now_utc() - LONG_AGO, POLICY), traceparent=trace)
    insert(stage, job)
    in_state(stage, job, State.FAILED)
    sweeper.process.wait_for_line("took a step", 30)
    output = sweeper.process.output()
    os.kill(sweeper.pid, signal.SIGTERM)
    assert sweeper.process.wait(30) == 0
    line = next(json.loads(text) for text in output.splitlines() if "took a step" in text)
    assert line["step"] == "interrupted"
    assert (line["job_id"], line["trace_id"]) == (job.fid, "1" * 32)


def test_health_without_the_broker(stage: Stage) -> None:
    """It is alive and says that it is not ready; what needs no broker is done all the same."""
    lonely = stage.service("sweeper", AMQP_URL="amqp://127.0.0.1:1")
    job = insert(stage, sample_jobs.receiving(now_utc() - LONG_AGO, POLICY))
    lonely.launch()
    in_state(stage, job, State.FAILED)
    assert requests.get(f"{lonely.url}/healthz", timeout=5).status_code == 200
    answer = requests.get(f"{lonely.url}/readyz", timeout=5)
    assert (answer.status_code, answer.json()["rabbitmq"]) == (503, "failed")
    assert answer.json()["mongodb"] == "ok"


def test_a_live_lease_is_respected(stage: Stage) -> None:
    """A job whose worker renews its lease is neither announced nor taken back."""
    stage.start("sweeper")
    job = insert(stage, sample_jobs.converting(now_utc(), POLICY))
    attempt = moves.Attempt("converter", 1)
    until = time.monotonic() + 2 * POLICY.lease.total_seconds()
    while time.monotonic() < until:
        renewed = stage.jobs.update(
            job.fid, lambda seen: moves.renewed(seen, attempt, POLICY, now_utc(), progress=0.5)
        )
        assert renewed is not None
        time.sleep(0.5)
    assert stage.now_is(job).announcements == 0
    assert stage.now_is(job).lease == Lease("converter", stage.now_is(job).due_at)
    assert stage.take(VIDEO_QUEUE) == []

"""Job documents that nobody of ours wrote."""

from chassis.jobs import State, new_fid, now_utc
from chassis.mongo import MongoJobStore, connect
from tests import sample_jobs


def test_a_document_that_cannot_be_read_holds_up_nobody(mongodb_url: str) -> None:
    """The sweeper's work list leaves it out, and has all the others."""
    with connect(mongodb_url, "tests") as client:
        store = MongoJobStore(client)
        job = sample_jobs.queued()
        store.insert(job)
        client["jobs"]["jobs"].insert_one({"_id": "strange", "due_at": job.due_at, "state": 7})
        assert store.due(max(job.due_at, now_utc()), 10) == [job]


def test_no_question_is_answered_by_reading_all_jobs(mongodb_url: str) -> None:
    """Whatever is asked of the store for one upload or one deletion is answered by an index."""
    with connect(mongodb_url, "tests") as client:
        store = MongoJobStore(client)
        store.prepare()
        store.insert(sample_jobs.queued())
        client.admin.command("setParameter", 1, notablescan=True)
        try:
            store.get(new_fid())
            store.find_by_key("ada@example.com", "key")
            store.with_result_key("key", State.READY, 1)
            store.referenced(["0" * 24])
            store.count_unfinished("ada@example.com")
            store.due(now_utc(), 10)
            store.newest("ada@example.com", 10)
        finally:
            client.admin.command("setParameter", 1, notablescan=False)

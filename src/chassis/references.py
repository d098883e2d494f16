"""The stored files that jobs name, and deleting those that none names."""

from collections.abc import Collection

from chassis.jobs import Job
from chassis.ports import JobStore, MediaStore


def named_videos(job: Job) -> set[str]:
    """The ids under which `job` stores in `videos`."""
    return {media_id for media_id in (job.video_fid, job.picture_fid) if media_id}


def named_mp3s(job: Job) -> set[str]:
    """The ids under which `job` stores in `mp3s`."""
    return {media_id for media_id in (job.writing_fid, job.mp3_fid) if media_id}


def delete_unnamed(jobs: JobStore, media: MediaStore, media_ids: Collection[str]) -> int:
    """Delete those of `media_ids` that no job names; how many. Raises StoreUnavailable.

    Every file of ours is deleted here, for several jobs may name it. `media_ids` have to be known
    from before this call, and the caller has to have let go of them: a job names a file before its
    first byte is stored, so what was stored then and is not named now was let go, and nobody relies
    on it again (see chassis.sharing_moves and gateway.reconversion for those that would share it).
    """
    named = jobs.referenced(media_ids) if media_ids else set()
    unnamed = [media_id for media_id in media_ids if media_id not in named]
    for media_id in unnamed:
        media.delete(media_id)
    return len(unnamed)

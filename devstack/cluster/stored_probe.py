"""What MongoDB holds that neither a job nor the cache of links names.

Run inside a pod of the sweeper, with its settings. Prints a line for each orphaned file, and for
each file without which a job is not ready.
"""

import os

from chassis.mongo import connect
from chassis.mongo.jobs import CACHED_CONTENT
from chassis.mongo.media import MP3S, VIDEOS
from chassis.settings import StoreSettings, load_settings

FIELDS = {VIDEOS: ("video_fid", "picture_fid"), MP3S: ("mp3_fid", "writing_fid")}


def main() -> None:
    """Print what is wrong. What is stored is looked at before the jobs that name it."""
    settings = load_settings(StoreSettings, os.environ)
    client = connect(settings.mongodb_url.get_secret_value(), "cluster-test")
    files = {
        store: {str(one) for one in client[store]["fs.files"].distinct("_id")} for store in FIELDS
    }
    chunks = {
        store: {str(one) for one in client[store]["fs.chunks"].distinct("files_id")}
        for store in FIELDS
    }
    jobs = list(client["jobs"]["jobs"].find())
    naming = jobs + list(client["jobs"][CACHED_CONTENT].find())
    for store, fields in FIELDS.items():
        named = {str(one[field]) for one in naming for field in fields if one.get(field)}
        for orphan in sorted((files[store] | chunks[store]) - named):
            print(f"{store} {orphan} belongs to nobody")
    for job in jobs:
        wanted = job["state"] == "ready" and job.get("kind", "mp3") == "mp3"
        if wanted and str(job["mp3_fid"]) not in files[MP3S] & chunks[MP3S]:
            print(f"{job['_id']} is ready without an MP3")


if __name__ == "__main__":
    main()

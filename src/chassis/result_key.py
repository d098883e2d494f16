"""The key of a result: two jobs that have the same one are answered with the same MP3.

It is made of all that decides what is in the MP3: whose it is, the source's hash and name,
canonical options, the encoder's version. The name is among them because it is the title of an MP3
whose source has no title of its own.
"""

import hashlib
import json
from typing import Final

from chassis.jobs import Job
from chassis.options import ConversionOptions

ENCODER_VERSION: Final = "4"
"""To be raised with every change after which the same source and options give another MP3.

Such are changes of the encoding, the resampling, the choice of the track, the tags, and upgrades of
LAME or FFmpeg that change what they make. What was made before is then not answered with again.
"""


def result_key(scope: str, sha256: str, name: str, options: ConversionOptions) -> str:
    """The key, as SHA-256 in hex, of what becomes of the source with that hash (hex) and file name.

    `scope` is whose jobs may share it, see `upload_scope`.
    """
    parts = [scope, sha256, name, options.to_document(), ENCODER_VERSION]
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def upload_scope(username: str) -> str:
    """The scope of a user's uploads: they are private to their owner."""
    return f"user:{username}"


def key_of(job: Job) -> str | None:
    """The key of what this version makes of `job`; None until its source is stored whole."""
    if job.source.sha256 is None:
        return None
    scope = upload_scope(job.username)
    return result_key(scope, job.source.sha256, job.source.name, job.options)

"""The key of a result: two jobs that have the same one are answered with the same MP3.

It is made of all that decides what is in the MP3: whose it is, the source's hash and name, what its
site says of it, canonical options, the encoder's version. The name is among them because it is the
title of an MP3 whose source has no title of its own.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Final

from chassis.jobs import Job
from chassis.options import ConversionOptions
from chassis.sources import Source

ENCODER_VERSION: Final = "6"
"""To be raised with every change after which the same source and options give another MP3.

Such are changes of the encoding, the resampling, the choice of the track, the tags, and upgrades of
LAME or FFmpeg that change what they make. What was made before is then not answered with again.
"""


PUBLIC: Final = "public"
"""The scope of what came by a link, which is shared by all."""


def scope_of(job: Job) -> str:
    """Whose jobs may share the MP3 of `job`: an upload is private to its owner."""
    return PUBLIC if job.link else f"user:{job.username}"


def result_key(scope: str, source: Source, options: ConversionOptions) -> str:
    """The key, as SHA-256 in hex, of what becomes of a source that is stored whole.

    `scope` is whose jobs may share it, see `scope_of`.
    """
    parts = [scope, source.sha256, source.name, options.to_document(), ENCODER_VERSION]
    if source.metadata:
        parts.append(asdict(source.metadata))
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def key_of(job: Job) -> str | None:
    """The key of what this version makes of `job`; None until its source's hash is known."""
    if job.source.sha256 is None:
        return None
    return result_key(scope_of(job), job.source, job.options)

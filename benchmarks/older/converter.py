"""The converter of the older design: a file in memory, a copy on disk, moviepy, one at a time.

Run as `python -m benchmarks.older.converter MONGODB_URL AMQP_URL`; prints `ready` once it consumes.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import gridfs
import pika
import pymongo
from bson import ObjectId
from moviepy import VideoFileClip

from benchmarks.older import MP3_QUEUE, MP3S, VIDEO_QUEUE, VIDEOS

PERSISTENT = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent.value)


def main(mongodb_url: str, amqp_url: str) -> None:
    """Convert what messages name until killed."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(mongodb_url)
    videos, mp3s = (gridfs.GridFS(client[name]) for name in (VIDEOS, MP3S))
    connection = pika.BlockingConnection(pika.URLParameters(f"{amqp_url}?heartbeat=0"))
    channel = connection.channel()
    for queue in (VIDEO_QUEUE, MP3_QUEUE):
        channel.queue_declare(queue, durable=True)

    def handle(channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        message = json.loads(body)
        message["mp3_fid"] = str(convert(message["video_fid"], videos, mp3s))
        channel.basic_publish("", MP3_QUEUE, json.dumps(message), PERSISTENT)
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(VIDEO_QUEUE, handle)
    print("ready", flush=True)
    channel.start_consuming()


def convert(video_fid: str, videos: gridfs.GridFS, mp3s: gridfs.GridFS) -> ObjectId:
    """Store the MP3 of a stored video; its id."""
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(videos.get(ObjectId(video_fid)).read())
        copy.flush()
        audio = VideoFileClip(copy.name).audio
    path = Path(tempfile.gettempdir()) / f"{video_fid}.mp3"
    audio.write_audiofile(str(path), logger=None)  # no progress bar: the better choice again
    with path.open("rb") as file:
        data = file.read()
    path.unlink()
    return ObjectId(mp3s.put(data))


if __name__ == "__main__":
    main(*sys.argv[1:])

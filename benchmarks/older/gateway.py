"""The gateway of the older design: Flask's own form parser, `fs.put`, `send_file(GridOut)`.

Run as `python -m benchmarks.older.gateway PORT MONGODB_URL AMQP_URL AUTH_URL`, under Flask's own
server, as it ran.
"""

import json
import sys
from typing import Any

import gridfs
import pika
import pymongo
import requests
from bson import ObjectId
from flask import Flask, Request, abort, request, send_file
from flask.typing import ResponseReturnValue

from benchmarks.older import MP3S, VIDEO_QUEUE, VIDEOS

PERSISTENT = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent.value)


def create_app(mongodb_url: str, amqp_url: str, auth_url: str) -> Flask:
    """The application with its connections."""
    app = Flask(__name__)
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(mongodb_url)
    videos, mp3s = (gridfs.GridFS(client[name]) for name in (VIDEOS, MP3S))
    connection = pika.BlockingConnection(pika.URLParameters(f"{amqp_url}?heartbeat=0"))
    channel = connection.channel()
    channel.queue_declare(VIDEO_QUEUE, durable=True)

    @app.post("/upload")
    def upload() -> ResponseReturnValue:
        access = _checked_token(request, auth_url)
        if len(request.files) != 1:
            return "exactly 1 file required", 400
        for file in request.files.values():
            message = {
                "video_fid": str(videos.put(file)),
                "mp3_fid": None,
                "username": access["username"],
            }
            channel.basic_publish("", VIDEO_QUEUE, json.dumps(message), PERSISTENT)
        return "success!", 200

    @app.get("/download")
    def download() -> ResponseReturnValue:
        _checked_token(request, auth_url)
        fid = request.args.get("fid")
        if not fid:
            return "fid is required", 400
        return send_file(mp3s.get(ObjectId(fid)), download_name=f"{fid}.mp3")

    @app.get("/jobs/<fid>")
    def show_job(fid: str) -> ResponseReturnValue:
        """It had none; this one does the least that a status needs, after the same token check."""
        _checked_token(request, auth_url)
        found = client[VIDEOS]["fs.files"].find_one({"_id": ObjectId(fid)})
        return {"fid": fid, "status": "FINISH" if found else "ONQUEUE"}, 200

    return app


def _checked_token(request: Request, auth_url: str) -> dict[str, Any]:
    """The claims of an admin's token, as auth says; aborts the request otherwise."""
    if "Authorization" not in request.headers:
        abort(401, "missing credentials")
    answer = requests.post(
        f"{auth_url}/validate",
        headers={"Authorization": request.headers["Authorization"]},
        timeout=60,
    )
    if answer.status_code != 200:
        abort(answer.status_code, answer.text)
    claims: dict[str, Any] = json.loads(answer.text)
    if not claims["admin"]:
        abort(401, "not authorized")
    return claims


if __name__ == "__main__":
    create_app(*sys.argv[2:]).run(port=int(sys.argv[1]))

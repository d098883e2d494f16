"""The design that this service replaces, rebuilt to be measured; never to be run for users.

Files are in memory whole, moviepy converts with its defaults, each request asks auth by HTTP
whether its token is good, Flask's own server serves (gunicorn was measured to be no faster). Where
it was careless in ways that a stopwatch does not see, it is given the better choice: queues that
exist, connections without heartbeats, no progress bar.
"""

VIDEOS = "older_videos"
MP3S = "older_mp3s"
VIDEO_QUEUE = "older_video"
MP3_QUEUE = "older_mp3"

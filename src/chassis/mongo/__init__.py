"""MongoDB behind the ports: the only place that imports pymongo and bson."""

from chassis.mongo.client import connect, is_reachable
from chassis.mongo.jobs import MongoJobStore
from chassis.mongo.media import GridFsMediaStore
from chassis.mongo.media_cache import MongoMediaCache

__all__ = ["GridFsMediaStore", "MongoJobStore", "MongoMediaCache", "connect", "is_reachable"]

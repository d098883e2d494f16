"""MongoDB behind the ports: the only place that imports pymongo and bson."""

from chassis.mongo.client import connect, is_reachable
from chassis.mongo.jobs import MongoJobStore
from chassis.mongo.media import GridFsMediaStore

__all__ = ["GridFsMediaStore", "MongoJobStore", "connect", "is_reachable"]

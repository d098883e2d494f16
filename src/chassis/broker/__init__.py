"""RabbitMQ behind the ports: the only place that imports pika.

A connection of pika's belongs to one thread. So `Publisher` and `Consumer` each keep a thread that
serves the socket, and everybody else hands work over to it: heartbeats go on however long a job
takes.
"""

from chassis.broker.consumer import Consumer
from chassis.broker.publisher import RabbitPublisher

__all__ = ["Consumer", "RabbitPublisher"]

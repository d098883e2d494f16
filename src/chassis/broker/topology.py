"""The queues as they are declared: durable, replicated, each with its dead letters.

Sources: https://www.rabbitmq.com/docs/quorum-queues (delivery limit, at-least-once dead lettering,
which needs the overflow behaviour `reject-publish`).
"""

from typing import Any, Final

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from chassis.errors import Permanent

DELIVERY_LIMIT: Final = 20
DEAD_LETTERS_KEPT: Final = 100_000
_PRECONDITION_FAILED: Final = 406


class QueueMismatch(Permanent):
    """A queue exists with other arguments than ours: an operator has to decide."""

    def __init__(self, queue: str, said: str) -> None:
        super().__init__(
            "queue_mismatch",
            f"The queue {queue!r} exists with other arguments than this version declares. Drain and"
            f" delete it, then it is declared anew. RabbitMQ said: {said}",
        )


def dead_letters(queue: str) -> str:
    """The name of the queue that keeps what `queue` could not deliver."""
    return f"{queue}.dead"


def queue_arguments(queue: str) -> dict[str, Any]:
    """The arguments of one of our queues."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_letters(queue),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def dead_letter_arguments() -> dict[str, Any]:
    """The arguments of a queue of dead letters: the newest are kept."""
    return {"x-queue-type": "quorum", "x-max-length": DEAD_LETTERS_KEPT}


def declare(channel: BlockingChannel, queue: str) -> None:
    """Declare `queue` and its dead letters; idempotent. Raises QueueMismatch."""
    wanted = {dead_letters(queue): dead_letter_arguments(), queue: queue_arguments(queue)}
    for name, arguments in wanted.items():
        try:
            channel.queue_declare(name, durable=True, arguments=arguments)
        except ChannelClosedByBroker as error:
            if error.reply_code == _PRECONDITION_FAILED:
                raise QueueMismatch(name, error.reply_text) from error
            raise

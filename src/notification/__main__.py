"""`python -m notification`: tells users by mail how their jobs ended."""

import os
from threading import Event
from typing import Final

from chassis import logs
from chassis.broker import Consumer
from chassis.consuming import in_service
from chassis.identity import unique_name
from chassis.links import LinkSigner
from chassis.messages import MP3_QUEUE
from chassis.mongo import MongoJobStore, connect
from chassis.settings import load_settings
from notification.addresses import sender_address
from notification.handler import Notifier
from notification.mails import Writer
from notification.settings import NotificationSettings
from notification.smtp import SmtpMailer
from notification.smtp_url import MailServer

SERVICE: Final = "notification"


def main() -> None:
    """Run until SIGTERM or SIGINT; mails on their way are finished."""
    settings = load_settings(NotificationSettings, os.environ)
    logs.configure(SERVICE, settings.log_level)
    client = connect(settings.mongodb_url.get_secret_value(), SERVICE)
    sender = sender_address(settings.mail_from)
    lifetime = settings.link_lifetime
    signer = LinkSigner(settings.link_secret.get_secret_value(), lifetime.total_seconds())
    server = MailServer.parse(settings.smtp_url.get_secret_value())
    hurry = Event()
    notifier = Notifier(
        jobs=MongoJobStore(client),
        writer=Writer(sender, settings.public_url, signer.sign, lifetime),
        mailer=SmtpMailer(server, sender, settings.mail_timeout),
        policy=settings.policy,
        process=unique_name(SERVICE),
        hurry=hurry,
    )
    consumer = Consumer(
        settings.amqp_url.get_secret_value(),
        SERVICE,
        MP3_QUEUE,
        notifier.handle,
        workers=settings.mail_workers,
        drain_seconds=settings.mail_timeout,
        hurry=hurry,
    )
    with in_service(consumer, client, settings):
        consumer.run()
    client.close()


if __name__ == "__main__":
    main()

"""What the notification service counts."""

from prometheus_client import Counter

MAILS = Counter("mails_total", "Attempts to send a mail, by kind and outcome.", ["kind", "outcome"])

"""What the notification service counts."""

from prometheus_client import Counter, Histogram

from chassis.mail_moves import TOLD

MAILS = Counter("mails_total", "Attempts to send a mail, by kind and outcome.", ["kind", "outcome"])
for _kind in TOLD:
    for _outcome in ("sent", "postponed", "given_up"):
        # From 0 on: Prometheus sees no increase in a counter that begins at 1.
        MAILS.labels(_kind, _outcome)
MAIL_DELAY_SECONDS = Histogram(
    "mail_delay_seconds",
    "From the end of a job until a mail server took its mail.",
    buckets=(0.5, 1, 2, 5, 15, 30, 60, 300, 900, 3600, 14_400, 43_200),
)

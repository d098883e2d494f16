"""Metrics of the converter."""

from prometheus_client import Counter, Gauge, Histogram

CONVERSIONS = Counter(
    "conversions_total",
    "Attempts, by outcome: ready, or the failure's code.",
    ["outcome"],
)
for _outcome in ("ready", "media_missing"):
    # From 0 on: Prometheus sees no increase in a counter that begins at 1.
    CONVERSIONS.labels(_outcome)
CONVERSION_SECONDS = Histogram(
    "conversion_seconds",
    "How long a successful conversion took, by source: whole, or arriving (it was waited for).",
    ["source"],
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600),
)
AUDIO_SECONDS = Counter(
    "converted_audio_seconds_total", "Length of all MP3s that were made, by source.", ["source"]
)
for _source in ("whole", "arriving"):
    CONVERSION_SECONDS.labels(_source)
    AUDIO_SECONDS.labels(_source)
WAIT_SECONDS = Histogram(
    "job_wait_seconds",
    "From the source's last byte to the conversion that made the MP3; retries are in it.",
    buckets=(1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400),
)
FOLLOWED_UPLOADS = Gauge("followed_uploads", "Uploads that are converted while they arrive.")

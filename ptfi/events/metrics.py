"""Metrics of the events process."""

from prometheus_client import Counter, Gauge

STREAMS = Gauge("ptfi_events_streams", "Open streams.")
LISTENING = Gauge("ptfi_events_listening", "Whether PostgreSQL's notifications arrive.")
SENT = Counter("ptfi_events_sent", "Events that were sent, by event.", ["event"])
REFUSED = Counter("ptfi_events_refused", "Streams that were not opened, by status.", ["status"])
DROPPED = Counter("ptfi_events_dropped", "Streams of clients that took nothing any more.")

"""What a projector counts of itself."""

from prometheus_client import Counter, Histogram

from ptfi.telemetry.metrics import SECONDS

BATCHES = Histogram("ptfi_projector_batch_seconds", "Time of a batch of people, from its claim.", buckets=SECONDS)
PEOPLE = Counter("ptfi_projector_people", "People of all batches.")
FAILED = Counter("ptfi_projector_failures", "People who could not be projected, each time.")

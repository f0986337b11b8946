"""What is measured of ingest and of the ledger, in each process as it happens; campaignos.telemetry says how."""

from prometheus_client import Counter, Gauge, Histogram

ITEMS = Counter("campaignos_ingest_items", "Items of batches, by what became of them.", ["outcome"])
NEWEST_ITEM = Gauge(
    "campaignos_newest_item_timestamp_seconds",
    "When the newest event, message or contact was accepted since the server started.",
    multiprocess_mode="max",
)
MERGE_SECONDS = Histogram(
    "campaignos_merge_seconds",
    "Seconds that one look after a commit took to merge what the ledger had gathered.",
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10),
)


def note_items(**numbers: int) -> None:
    """How many were `accepted`, `updated`, `duplicate` or `rejected`."""
    for outcome, number in numbers.items():
        if number:
            ITEMS.labels(outcome).inc(number)
    if numbers.get("accepted") or numbers.get("updated"):
        NEWEST_ITEM.set_to_current_time()

"""What is done to a workspace's data, as the audit log names it."""

from django.db import models


class DataAction(models.TextChoices):
    """What is recorded. To record one more, add it here."""

    KEY_DATA_DROPPED = "key_data_dropped", "Data of a key deleted"
    FUNNEL_SAVED = "funnel_saved", "Funnel saved"
    FUNNEL_CHANGED = "funnel_changed", "Funnel changed"
    FUNNEL_DELETED = "funnel_deleted", "Funnel deleted"
    SEGMENT_SAVED = "segment_saved", "Segment saved"
    SEGMENT_CHANGED = "segment_changed", "Segment changed"
    SEGMENT_DELETED = "segment_deleted", "Segment deleted"
    NOTE_WRITTEN = "note_written", "Note written"
    NOTE_CHANGED = "note_changed", "Note changed"
    NOTE_DELETED = "note_deleted", "Note deleted"
    QUESTION_SAVED = "question_saved", "Question saved"
    QUESTION_CHANGED = "question_changed", "Saved question changed"
    QUESTION_DELETED = "question_deleted", "Saved question deleted"
    TEST_MADE = "test_made", "A/B test made"
    TEST_CHANGED = "test_changed", "A/B test changed"
    TEST_DELETED = "test_deleted", "A/B test deleted"
    PROPERTY_CHANGED = "property_changed", "Event property changed"
    MONEY_MOVED = "money_moved", "Money told by changed settings"
    RATES_STATED = "rates_stated", "Exchange rates changed"
    RATE_DELETED = "rate_deleted", "Exchange rate deleted"
    DATA_EXPORTED = "data_exported", "Data exported"
    DATA_IMPORTED = "data_imported", "Data imported"
    CONTACT_ERASED = "contact_erased", "Contact deleted"
    CONTACTS_JOINED = "contacts_joined", "Contacts joined"
    JOIN_UNDONE = "join_undone", "Join undone"

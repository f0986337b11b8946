"""What segments and scores of buyers are called."""

from analytics.reports.revenue.rfm import RfmChoice, RfmScore, RfmSegment

SEGMENT_LABELS = {
    RfmSegment.CHAMPIONS: "Champions",
    RfmSegment.LOYAL: "Loyal",
    RfmSegment.POTENTIAL: "Potential loyalists",
    RfmSegment.NEW: "New",
    RfmSegment.PROMISING: "Promising",
    RfmSegment.ATTENTION: "Need attention",
    RfmSegment.SLEEPING: "About to sleep",
    RfmSegment.AT_RISK: "At risk",
    RfmSegment.LOST_BEST: "Cannot lose them",
    RfmSegment.HIBERNATING: "Hibernating",
    RfmSegment.NONE: "No order",
}
SCORE_LABELS = {RfmScore.RECENCY: "Recency", RfmScore.FREQUENCY: "Frequency", RfmScore.MONETARY: "Monetary"}


def rfm_labels(choice: RfmChoice) -> list[str]:
    """`RFM: Champions`, `A month before: Loyal`, `Recency: 5`"""
    if choice == RfmChoice():
        return ["RFM: all buyers"]
    labels = [f"RFM: {SEGMENT_LABELS[choice.segment]}"] if choice.segment else []
    if choice.before:
        labels.append(f"A month before: {SEGMENT_LABELS[choice.before]}")
    return [*labels, *(f"{SCORE_LABELS[by]}: {score}" for by, score in choice.scores)]

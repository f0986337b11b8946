"""How many emails somebody had got before one, in words."""

from analytics.reports.emails.fatigue import EmailsBefore

EMAILS_BEFORE_LABELS = {
    EmailsBefore.NONE: "None",
    EmailsBefore.ONE: "1 email",
    EmailsBefore.FEW: "2–3 emails",
    EmailsBefore.SEVERAL: "4–7 emails",
    EmailsBefore.MANY: "8–15 emails",
    EmailsBefore.MOST: "16 emails or more",
}

"""What models of credit and touches are called."""

from analytics.questions.credit import CreditModel, CreditRule, TouchKind, duration_text
from analytics.reports.credit.touches import CreditBy, TouchLabel

WITHOUT_TOUCH = "Direct / no touch"
NO_NAME = "(not set)"
ROW_LABELS = {
    CreditBy.SOURCE: "Source",
    CreditBy.MEDIUM: "Medium",
    CreditBy.CAMPAIGN: "Campaign",
    CreditBy.TOUCH: "Touch",
}
TOUCH_LABELS = {
    TouchKind.VISIT: "Visits with a UTM source",
    TouchKind.CLICKED: "Clicks in messages",
    TouchKind.OPENED: "Opens of messages",
    TouchKind.DELIVERED: "Messages delivered",
}
_ACTS = {TouchKind.CLICKED: "click", TouchKind.OPENED: "open", TouchKind.DELIVERED: "delivery"}
_MODELS = {
    CreditModel.FIRST: "First touch",
    CreditModel.LAST: "Last touch",
    CreditModel.LINEAR: "Linear",
    CreditModel.LINEAR_UNIQUE: "Linear, touches once",
    CreditModel.DECAY: "Time decay",
    CreditModel.POSITION: "Position",
    CreditModel.MARKOV: "Markov chain",
}


def model_label(rule: CreditRule) -> str:
    """`Time decay (half-life 7d)`, `Position 40/20/40`."""
    name = _MODELS[rule.model]
    match rule.model:
        case CreditModel.DECAY:
            return f"{name} (half-life {duration_text(rule.half_life)})"
        case CreditModel.POSITION:
            return f"{name} {'/'.join(map(str, rule.shares))}"
    return name


def model_text(rule: CreditRule) -> str:
    """The same inside a sentence."""
    label = model_label(rule)
    return label if rule.model is CreditModel.MARKOV else f"{label[:1].lower()}{label[1:]}"


def touch_text(label: TouchLabel, by: CreditBy = CreditBy.TOUCH) -> str:
    """`google / cpc / brand`; of a message `Spring (email click)`, or with its variant `Spring, B (email click)`."""
    if by is not CreditBy.TOUCH:
        return label.name(by)[0] or NO_NAME
    if label.kind is TouchKind.VISIT:
        return " / ".join(part for part in (label.source, label.medium, label.campaign) if part)
    names = ", ".join(part for part in (label.campaign or NO_NAME, label.variant) if part)
    return f"{names} ({label.source} {_ACTS[label.kind]})"

"""What models of credit and touches are called."""

from analytics.questions.credit import CreditModel, CreditRule, TouchKind
from analytics.questions.durations import duration_text
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


def touch_text(label: TouchLabel, by: CreditBy) -> str:
    """What a row is called."""
    return label.text if by is CreditBy.TOUCH else label.name(by)[0] or NO_NAME

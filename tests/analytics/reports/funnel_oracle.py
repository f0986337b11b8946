"""How far somebody got in a funnel, found by trying every entry and every act: slow and obvious."""

from dataclasses import dataclass
from functools import cache

from analytics.questions.funnel_rules import StepOrder


@dataclass(frozen=True)
class Rules:
    """`steps` and what is excluded say of an act whether it is one; `exclusions` have places, 1 the first. `window` and
    `last_entry` are instants as the acts have them; `breaks` says which acts break a strict order."""

    steps: tuple
    order: StepOrder = StepOrder.ORDERED
    window: int | None = None
    last_entry: int = 10**18
    exclusions: tuple = ()
    breaks: object = staticmethod(lambda act: True)

    def end(self, entered):
        return self.last_entry if self.window is None else entered + self.window


def furthest(acts, rules):
    """When the best of somebody's attempts began, and when it reached each step; None for who never enters. Acts are
    pairs of an instant and what was done."""
    tried = attempts_in_any_order if rules.order is StepOrder.ANY else attempts_in_order
    best = None
    for entered, reached in tried(sorted(acts, key=lambda act: act[0]), rules):
        if reached and (best is None or len(reached) > len(best[1])):
            best = entered, reached
    return best


def attempts_in_order(acts, rules):
    first = rules.steps[0]
    for entered in sorted({at for at, act in acts if first(act) and at <= rules.last_entry}):
        end = rules.end(entered)
        later = [(at, act) for at, act in acts if entered <= at <= end]
        strict = rules.order is StepOrder.STRICT
        reached = strictly(later, rules, entered) if strict else earliest(later, rules.steps, entered)
        if not any(is_void(acts, exclusion, reached, end) for exclusion in rules.exclusions):
            yield entered, reached


def earliest(acts, steps, entered):
    """For each step that can be reached at all, the earliest instant, of all ways through."""
    best = {}
    served = [(at, tuple(step(act) for step in steps)) for at, act in acts]

    @cache
    def go(place, left, since):
        for number, (at, serves) in enumerate(left):
            if serves[place] and (at == entered if place == 0 else at >= since) and (at, serves) not in left[:number]:
                best[place] = min(best.get(place, at), at)
                if place + 1 < len(steps):
                    go(place + 1, left[:number] + left[number + 1 :], at)

    go(0, tuple((at, serves) for at, serves in served if any(serves)), entered)
    return [best[place] for place in sorted(best)]


def strictly(acts, rules, entered):
    """As many steps as an instant's acts suffice for, then those of the next instant at which anything was done."""
    instants = sorted({at for at, act in acts if rules.breaks(act) or any(step(act) for step in rules.steps)})
    reached = []
    for at in instants:
        then = [act for when, act in acts if when == at]
        run = 0
        while len(reached) + run < len(rules.steps) and suffice(
            then, rules.steps[len(reached) : len(reached) + run + 1]
        ):
            run += 1
        reached += [at] * run
        others = [act for act in then if rules.breaks(act)]
        if not run or len(reached) == len(rules.steps) or (at != entered and len(others) > run):
            break
    return reached


def suffice(acts, steps):
    """Whether each step can have an act of its own."""
    served = (tuple(step(act) for step in steps) for act in acts)
    return are_served(tuple(sorted(serves for serves in served if any(serves))), len(steps) - 1)


@cache
def are_served(acts, place):
    """Whether the steps up to a place can have one each of the acts, which say of each step whether they serve it."""
    if place < 0:
        return True
    return any(
        act[place] and are_served(acts[:number] + acts[number + 1 :], place - 1)
        for number, act in enumerate(acts)
        if act not in acts[:number]
    )


def is_void(acts, exclusion, reached, end):
    what, first, last = exclusion
    if len(reached) < first:
        return False
    since = reached[first - 1]
    until = reached[last - 1] if len(reached) >= last else end + 1
    return any(since < at < until and what(act) for at, act in acts)


def attempts_in_any_order(acts, rules):
    begin = {at for at, act in acts if any(step(act) for step in rules.steps) and at <= rules.last_entry}
    for entered in sorted(begin):
        end = min(
            [
                rules.end(entered),
                *(at for at, act in acts for what, *_ in rules.exclusions if at > entered and what(act)),
            ]
        )
        later = [(at, act) for at, act in acts if entered <= at <= end]
        at_first = [act for at, act in later if at == entered]
        reached = []
        for place in range(1, len(rules.steps) + 1):
            done = next((at for at, _ in later if can_all(later, at, rules.steps[:place])), None)
            if done is None:
                break
            reached.append(done)
        begun = next(place for place, step in enumerate(rules.steps, start=1) if any(map(step, at_first)))
        yield entered, reached if len(reached) >= begun else []


def can_all(acts, until, steps):
    return suffice([act for at, act in acts if at <= until], steps)

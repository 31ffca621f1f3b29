from dataclasses import replace
from datetime import UTC, datetime

from engine.context import sample
from engine.model import Rule, StageEvent
from engine.rules import fired

ORDER = sample("uk").order
EVENT = StageEvent("e", ORDER.id, "done", "Оксана", datetime(2026, 11, 24, tzinfo=UTC))


def test_the_rules_of_the_stage_fire_in_their_order_and_no_others():
    act, letter = Rule("act", "sales", "done", "act"), Rule("letter", "sales", "done", "letter")
    others = [Rule("a", "sales", "new", "act"), Rule("b", "services", "done", "act"), replace(act, id="c", is_on=False)]

    assert fired(EVENT, ORDER, [letter, *others, act]) == (letter, act)

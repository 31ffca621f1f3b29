"""Which rules a stage event fires."""

from __future__ import annotations

from collections.abc import Iterable

from engine.model import Order, Rule, StageEvent


def fired(event: StageEvent, order: Order, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules that are on for the order's process and the stage it entered, in their order."""
    return tuple(rule for rule in rules if rule.is_on and (rule.process, rule.stage) == (order.process, event.stage))

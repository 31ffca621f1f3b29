"""What one language needs to count: number words, forms of nouns, currencies, and how it writes numbers and dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f", "n"]


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing that is counted: 1 `one`, 2 `few`, 5 `many`. English says `many` for all but one."""

    one: str
    few: str
    many: str
    gender: Gender = "m"


@dataclass(frozen=True, slots=True)
class Language:
    """The tables of one language. `ones` are masculine and count from 1, as `tens` and `hundreds` do; `scales` start at the thousand.

    `gendered` holds the words for 1 and 2 that differ; `joint` stands between tens and ones; `group` and `point` are the marks in
    written numbers; `date` and `date_long` are CLDR patterns. A language with `has_few` counts as Slavic languages do.
    """

    code: str
    zero: str
    minus: str
    ones: tuple[str, ...]
    gendered: Mapping[Gender, tuple[str, str]]
    tens: tuple[str, ...]
    hundreds: tuple[str, ...]
    scales: tuple[Noun, ...]
    currencies: Mapping[str, tuple[Noun, Noun]]
    joint: str
    group: str
    point: str
    date: str
    date_long: str
    has_few: bool = True

    def form(self, count: int, noun: Noun) -> str:
        """The form of `noun` that goes with `count`."""
        if not self.has_few:
            return noun.one if count == 1 else noun.many
        if count % 100 in range(11, 15):
            return noun.many
        last = count % 10
        return noun.one if last == 1 else noun.few if last in (2, 3, 4) else noun.many

    def spell(self, count: int, gender: Gender) -> str:
        """`count` in words, for a noun of `gender`; not negative, below a thousand times the greatest scale."""
        words = [
            f"{self._below_thousand(group, noun.gender)} {self.form(group, noun)}"
            for power, noun in reversed(list(enumerate(self.scales, start=1)))
            if (group := count // 1000**power % 1000)
        ]
        if count % 1000:
            words.append(self._below_thousand(count % 1000, gender))
        return " ".join(words) or self.zero

    def _below_thousand(self, count: int, gender: Gender) -> str:
        hundreds, rest = divmod(count, 100)
        tens, ones = divmod(rest, 10) if rest >= 20 else (0, rest)
        below_hundred = [self.tens[tens - 1]] if tens else []
        if ones:
            special = self.gendered.get(gender, ())
            below_hundred.append(special[ones - 1] if ones <= len(special) else self.ones[ones - 1])
        words = [self.hundreds[hundreds - 1]] if hundreds else []
        if below_hundred:
            words.append(self.joint.join(below_hundred))
        return " ".join(words)

"""Where the rows of a sheet go when some repeat, and what its formulas say then."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from itertools import accumulate

from openpyxl.formula.tokenizer import Token, Tokenizer

_QUALIFIED = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!(.*)$", re.DOTALL)
_REFERENCE = re.compile(r"^(\$?[A-Za-z]{0,3})(\$?)(\d+)$")
# Excel writes SUM(F14) when one cell is summed: over a row that repeats, its author means all of them.
_OVER_ALL = ("SUM(", "SUBTOTAL(", "AVERAGE(", "COUNT(", "COUNTA(", "MIN(", "MAX(", "PRODUCT(")


class Rows:
    """`counts` maps a row that repeats to how often; a row that repeats no times stays once, empty."""

    def __init__(self, counts: Mapping[int, int]) -> None:
        self._repeated = sorted(counts)
        self._sizes = {row: max(count, 1) for row, count in counts.items()}
        self._added = [0, *accumulate(self._sizes[row] - 1 for row in self._repeated)]

    def first(self, row: int) -> int:
        """The new place of a row, of the first of its copies."""
        return row + self._added[bisect_left(self._repeated, row)]

    def last(self, row: int) -> int:
        """The new place of the last of its copies."""
        return self.first(row) + self.size(row) - 1

    def size(self, row: int) -> int:
        """How many rows it becomes."""
        return self._sizes.get(row, 1)

    def formula(self, formula: str, *, sheet: str, home: str, row: int = 0, copied: int = 0) -> str:
        """The formula of a cell in `row` (its copy number `copied`) on the sheet `home`, its references to `sheet` moved.

        A reference to its own row stays in its own copy; a range grows over the rows that its ends became.
        """
        tokens = Tokenizer(formula)
        functions: list[str] = []
        for position, token in enumerate(tokens.items):
            if token.type in (Token.FUNC, Token.PAREN, Token.ARRAY):
                functions = [*functions, token.value.upper()] if token.subtype == Token.OPEN else functions[:-1]
            elif token.type == Token.OPERAND and token.subtype == Token.RANGE:
                prefix, inner, named = _split(token.value)
                if (named or home) == sheet:
                    is_all = functions[-1:] and functions[-1] in _OVER_ALL and _is_alone(tokens.items, position)
                    token.value = prefix + self._moved(inner, own=row if home == sheet else 0, copied=copied, is_all=bool(is_all))
        return "=" + "".join(token.value for token in tokens.items)

    def reference(self, text: str) -> str:
        """A reference such as `A1`, `$B$2:C7` or `3:3`, moved; a range grows."""
        return self._moved(text, own=0, copied=0, is_all=True)

    def references(self, text: str) -> str:
        """Several references with spaces between."""
        return " ".join(self.reference(part) for part in text.split())

    def _moved(self, text: str, *, own: int, copied: int, is_all: bool) -> str:
        start, colon, end = text.partition(":")
        if not colon and is_all and _row(start) != own and self.size(_row(start)) > 1:
            end = start
        first = self._end(start, own=own, copied=copied, place=self.first)
        return f"{first}:{self._end(end, own=own, copied=copied, place=self.last)}" if end else first

    def _end(self, text: str, *, own: int, copied: int, place: Callable[[int], int]) -> str:
        """One end of a reference: relative to its own row it stays in its own copy, as when Excel copies a row down."""
        match = _REFERENCE.match(text)
        is_own = match is not None and not match.group(2) and int(match.group(3)) == own
        return _placed(text, lambda row: self.first(row) + copied if is_own else place(row))


def renamed(formula: str, sheets: Mapping[str, str]) -> str:
    """The formula with sheets called by their new names."""
    tokens = Tokenizer(formula)
    for token in tokens.items:
        _, inner, named = _split(token.value)
        if token.type == Token.OPERAND and token.subtype == Token.RANGE and named in sheets:
            quoted = sheets[named].replace("'", "''")
            token.value = f"'{quoted}'!{inner}"
    return "=" + "".join(token.value for token in tokens.items)


def _split(value: str) -> tuple[str, str, str]:
    """A reference as its prefix, what follows it, and the sheet that the prefix names."""
    match = _QUALIFIED.match(value)
    if match is None:
        return "", value, ""
    inner = match.group(3)
    return value[: len(value) - len(inner)], inner, (match.group(1) or match.group(2)).replace("''", "'")


def _is_alone(tokens: list[Token], position: int) -> bool:
    """Whether a token is a whole argument of a function."""
    around = [token.type for token in tokens[max(position - 1, 0) : position + 2]]
    return len(around) == 3 and all(kind in (Token.FUNC, Token.SEP) for kind in (around[0], around[2]))


def _placed(text: str, place: Callable[[int], int]) -> str:
    """The reference with its row put elsewhere; what has no row (a column, a name) as it is."""
    match = _REFERENCE.match(text)
    return f"{match.group(1)}{match.group(2)}{place(int(match.group(3)))}" if match else text


def _row(reference: str) -> int:
    match = _REFERENCE.match(reference)
    return int(match.group(3)) if match else -1

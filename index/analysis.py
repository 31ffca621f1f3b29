"""One chain from text to terms, for what is indexed and for what is asked.

A word becomes its forms: the lemma where its letters are Ukrainian, the stem where they are Russian or English, both where it could be
either. A date, a sum and a document number become terms that do not depend on how they were written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

_APOSTROPHES = "'’ʼ‘`´"
_WORD = rf"[^\W\d_]+(?:[{_APOSTROPHES}][^\W\d_]+)*"
_TOKEN = re.compile(
    rf"""
    (?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}\b)
  | (?P<date>\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}\b)
  | (?P<long>\b\d{{1,2}}[\s\u00a0]+(?:{_WORD})[\s\u00a0]+\d{{4}}\b)
  | (?P<number>\b\d{{1,3}}(?:[\u0020\u00a0\u202f]\d{{3}})+(?:[.,]\d+)?\b(?![-/]\w) | \b\d+[.,]\d+\b(?![-/.,]\d) | \b\d+\b(?![-/]\w))
  | (?P<code>\b(?=[^\s]*\d)[^\W_]+(?:[-/][^\W_]+)+)
  | (?P<word>{_WORD})
  | (?P<mixed>\b[^\W_]+\b)
    """,
    re.VERBOSE,
)
_MONTHS = {
    start: month
    for month, starts in enumerate(
        (
            "січн январ jan", "лют феврал feb", "берез март mar", "квіт апрел apr", "трав май мая may", "черв июн jun",
            "лип июл jul", "серп август aug", "верес сентябр sep", "жовт октябр oct", "листоп ноябр nov", "груд декабр dec",
        ),
        start=1,
    )
    for start in starts.split()
}  # fmt: skip
_FOLDED = str.maketrans({"ё": "е", "ґ": "г", **dict.fromkeys(_APOSTROPHES, None)})
_LOOK_ALIKE = str.maketrans("асеіорхукмнтв", "aceiopxykmhtb")
_UKRAINIAN, _RUSSIAN = set("іїєґ"), set("ыэёъ")
_STEMMERS = {language: snowballstemmer.stemmer(language) for language in ("russian", "english")}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: where it stands, and the terms that it is found by."""

    start: int
    end: int
    forms: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """The terms to ask for: a date, a number or a code as a whole, a word in any of its forms."""
        return self.forms[:1] if self.forms[0][:1] in "cdn" and any(letter.isdigit() for letter in self.forms[0]) else self.forms


def words(text: str) -> Iterator[Word]:
    """The words of a text in order.

    >>> [word.forms for word in words("1 200,50 грн за РХ-2026-0001")][0]
    ('n1200.5', 'n1200')
    """
    position = 0
    while match := _TOKEN.search(text, position):
        kind, found = match.lastgroup or "", match.group()
        position = match.end()
        if kind == "long":
            # Its words one by one; a real date is found by its first word as a whole.
            position = match.start() + len(found.split()[0])
            dated = _long_date(found)
            yield Word(match.start(), match.end() if dated else position, (*([dated] if dated else []), *_number(found.split()[0])))
            continue
        forms = _forms(kind, found)
        if forms:
            yield Word(match.start(), match.end(), forms)


def joined(text: str) -> str:
    """A query with each date and each number in one piece: «24 листопада 2026» as 2026-11-24, «1 200,50» as 1200,50."""
    pieces, position = [], 0
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup, match.group()
        term = _long_date(found) if kind == "long" else ""
        if term:
            found = f"{term[1:5]}-{term[5:7]}-{term[7:]}"
        elif kind == "number":
            found = "".join(found.split())
        pieces += [text[position : match.start()], found]
        position = match.end()
    return "".join([*pieces, text[position:]])


def _forms(kind: str, found: str) -> tuple[str, ...]:
    if kind in ("iso", "date"):
        parts = re.split(r"[-./]", found)
        year, month, day = parts if kind == "iso" else reversed(parts)
        return (f"d{year}{month:0>2}{day:0>2}", f"n{year}")
    if kind == "email":
        address = found.casefold()
        return (address, *address.split("@"))
    if kind == "number":
        return _number(found)
    return _code(found) if kind == "code" else word_forms(found)


def _long_date(text: str) -> str:
    """The term of «24 листопада 2026», "" where the word is no month."""
    day, name, year = text.split()
    month = next((number for start, number in _MONTHS.items() if name.casefold().startswith(start)), 0)
    return f"d{year}{month:02}{day:0>2}" if month else ""


def _number(text: str) -> tuple[str, ...]:
    """A number with and without its fraction: who asks for 1200 finds 1 200,50 too. As it was written, where zeros lead it."""
    whole, _, fraction = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".").partition(".")
    fraction = fraction.rstrip("0")
    forms = [f"n{whole}.{fraction}" if fraction else f"n{whole}", f"n{whole}"]
    return tuple(dict.fromkeys(forms))


def _code(text: str) -> tuple[str, ...]:
    """A document number whole, which comes first, and by its parts; look-alike letters are one."""
    parts = re.split(r"[-/]", text.casefold())
    count = len(parts)
    runs = ["-".join(parts[start : start + size]) for size in range(count, 1, -1) for start in range(count - size + 1)]
    forms = [f"c{run.translate(_LOOK_ALIKE)}" for run in runs[:40]]
    for part in parts:
        forms += _number(part) if part.isdigit() else [*word_forms(part), f"c{part.translate(_LOOK_ALIKE)}"]
    return tuple(dict.fromkeys(forms))


@lru_cache(maxsize=200_000)
def word_forms(word: str) -> tuple[str, ...]:
    """The terms of one word, whatever its letter case, apostrophe and ending.

    >>> set(word_forms("рахунку")) & set(word_forms("рахунок"))
    {'рахунок'}
    """
    lowered = unicodedata.normalize("NFC", word).casefold()
    letters = set(lowered)
    plain = lowered.translate(_FOLDED)
    if letters & set("abcdefghijklmnopqrstuvwxyz"):
        return tuple(dict.fromkeys((_STEMMERS["english"].stemWord(plain), plain)))
    is_ukrainian = bool(letters & (_UKRAINIAN | set(_APOSTROPHES)))
    forms = []
    if not letters & _RUSSIAN:
        forms.append(_lemma(lowered))
    if not is_ukrainian:
        forms.append(_STEMMERS["russian"].stemWord(plain))
    return tuple(dict.fromkeys(forms)) or (plain,)


def _lemma(word: str) -> str:
    """The Ukrainian lemma; simplemma loads its data at the first word, about a second, so nobody pays who asks for numbers only."""
    import simplemma

    unified = word
    for apostrophe in _APOSTROPHES:
        unified = unified.replace(apostrophe, "'")
    return str(simplemma.lemmatize(unified, lang="uk")).casefold().translate(_FOLDED)

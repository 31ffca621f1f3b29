"""One chain from text to terms, for what is indexed and for what is asked.

A word becomes its forms: the lemma where its letters are Ukrainian, the stem where they are Russian or English, both where it could be
either, and the word as it stands. A date, a sum and a document number become terms that do not depend on how they were written; such
terms begin with a capital (D, N, C, E), words never do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from index.forms import APOSTROPHES, LOOK_ALIKE, word_forms

_LONGEST = 64  # letters of a word that count; what is longer is no word
_MOST_FORMS = 60  # of one document number with many parts
_CACHED = 50_000
_WORD = rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*"
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
_MONTH = rf"(?i:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})[^\W\d_]*"
_ENGLISH_MONTH = "(?:[Jj]an|[Ff]eb|[Mm]ar|[Aa]pr|[Mm]ay|[Jj]u[nl]|[Aa]ug|[Ss]ep|[Oo]ct|[Nn]ov|[Dd]ec)"
_SPACE = "[\\s\u00a0]{1,3}"
# What has spaces inside: everything else is found between spaces, and remembered. Each way begins with its letters, and what may not
# stand before them is looked at after: so the search skips from one such letter to the next.
_SPACED = re.compile(
    rf"""
    (?P<day_first>\d(?<![\d.]\d)\d?[»"”]?{_SPACE}{_MONTH}{_SPACE}\d{{4}}(?!\d))
  | (?P<month_first>{_ENGLISH_MONTH}(?<![^\W\d_]...)[a-z]*{_SPACE}\d{{1,2}},?{_SPACE}\d{{4}}(?!\d))
  | (?P<number>[1-9](?<![\w+.,/-][1-9])\d{{0,2}}(?:[\u0020\u00a0\u2009\u202f]\d{{3}})+(?!\d)(?:[.,]\d{{1,6}}(?!\d))?(?![-/]\w))
    """,
    re.VERBOSE,
)
_TOKEN = re.compile(
    rf"""
    (?=\w)(?:
    (?P<plain>{_WORD})(?![\w@+/–-]|[.]\w)  # most words: before the ways that need looking further
  | (?P<email>\w[\w.+-]{{0,63}}@[\w-]{{1,64}}(?:\.[\w-]{{1,64}})+)
  | (?P<iso>(?<!\d)\d{{4}}-\d{{2}}-\d{{2}}(?!\d))
  | (?P<date>(?<![\d.])\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}(?!\d))
  | (?P<commas>(?<![\w.,])[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d+)?(?![.,]?\d))
  | (?P<dots>(?<![\w.,])[1-9]\d{{0,2}}(?:\.\d{{3}})+(?:,\d+)?(?![.,]?\d))
  | (?P<code>(?=[\w/–-]{{0,64}}?\d)[^\W_]{{1,64}}(?:[-/–][^\W_]{{1,64}})+)
  | (?P<number>(?<!\d[.,])(?<![^\W\d_])\d+[.,]\d+(?![.,]?\d) | \d+(?![^\W_]))
  | (?P<mixed>(?=[^\W_]{{0,64}}?\d)[^\W_]+)
  | (?P<word>{_WORD}))
    """,
    re.VERBOSE,
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Word(NamedTuple):
    """One word of a text: where it stands, the terms that it is found by, and those of them that ask for it."""

    start: int
    end: int
    forms: tuple[str, ...]
    asked: tuple[str, ...]


def clean(text: str) -> str:
    """The text as the index keeps it: letters composed, without soft hyphens, control characters and what else nobody sees."""
    return unicodedata.normalize("NFC", _CONTROLS.sub(" ", _INVISIBLE.sub("", text)))


def words(text: str) -> Iterator[Word]:
    """The words of a clean text in order.

    >>> [word.forms for word in words("1 200,50 грн")][0]
    ('N1200.5', 'N1200', 'N200.5', 'N200')

    A date with its month in letters is one word as a whole, and after it come the month and the year by themselves.
    """
    for start, piece, spaced in _pieces(text):
        for word in _spaced(spaced, piece) if spaced else _tokens(piece):
            yield Word(start + word.start, start + word.end, word.forms, word.asked)


def forms(text: str) -> list[tuple[str, ...]]:
    """The forms of each word of a clean text: what `words` gives, without the places, and faster."""
    found: list[tuple[str, ...]] = []
    for _, piece, spaced in _pieces(text):
        if spaced:
            found += [word.forms for word in _spaced(spaced, piece)]
        else:
            for part in piece.split():
                found += _remembered(part) if len(part) <= _LONGEST else [word.forms for word in _tokens(part)]
    return found


def places(text: str) -> list[tuple[int, int]]:
    """Where each word of a clean text starts and ends: what `words` gives, without asking for its forms, and much faster."""
    found: list[tuple[int, int]] = []
    for start, piece, spaced in _pieces(text):
        if spaced == "number":
            found.append((start, start + len(piece)))
            continue
        first = len(found)
        found += [(start + match.start(), start + match.end()) for match in _TOKEN.finditer(piece)]
        if spaced:
            found[first] = (start, start + len(piece))
    return found


def joined(text: str) -> str:
    """The text with each date and each number in one piece.

    >>> joined("кава 1 200,50 від 24 листопада 2026")
    'кава 1200,50 від 2026-11-24'
    """

    def whole(match: re.Match[str]) -> str:
        if match.lastgroup == "number":
            return "".join(match.group().split())
        term = _long_date(match.group())
        return f"{term[1:5]}-{term[5:7]}-{term[7:]}"

    return _SPACED.sub(whole, text)


def starts(text: str) -> tuple[str, ...]:
    """The beginnings of terms that a word cut short asks for.

    >>> starts("РХ-2026-00")
    ('Cpx-2026-00',)
    """
    plain = text.casefold()
    if "@" in plain:
        return (f"E{plain}",)
    if not any(letter.isdigit() for letter in plain):
        return word_forms(text)[-1:]
    code = f"C{re.sub('[/–]', '-', plain).translate(LOOK_ALIKE)}"
    return (f"N{plain}", code) if plain.isdigit() else (code,)


def _pieces(text: str) -> Iterator[tuple[int, str, str]]:
    """The text in pieces: where each starts, and its kind if it is one thing with spaces inside."""
    position = 0
    for match in _SPACED.finditer(text):
        yield position, text[position : match.start()], ""
        yield match.start(), match.group(), str(match.lastgroup)
        position = match.end()
    yield position, text[position:], ""


def _tokens(piece: str) -> Iterator[Word]:
    for match in _TOKEN.finditer(piece):
        found, asked = _BY_KIND[str(match.lastgroup)](match.group()[: 2 * _LONGEST])
        yield Word(match.start(), match.end(), found, asked)


@lru_cache(maxsize=_CACHED)
def _remembered(piece: str) -> tuple[tuple[str, ...], ...]:
    return tuple(word.forms for word in _tokens(piece))


def _spaced(kind: str, piece: str) -> list[Word]:
    if kind == "number":
        groups = piece.split()
        whole = _number("".join(groups))
        # A quantity may stand before a price with nothing between them but a space: each tail is a number too.
        tails = [form for size in range(1, len(groups)) for form in _number("".join(groups[size:]))] if " " in piece else []
        return [Word(0, len(piece), tuple(dict.fromkeys([*whole, *tails])), whole[:1])]
    first, *rest = _tokens(piece)
    return [Word(0, len(piece), (_long_date(piece), *first.forms), first.asked), *rest]


def _long_date(text: str) -> str:
    """The term of «24 листопада 2026» or of «November 24, 2026»."""
    name = next(re.finditer(r"[^\W\d_]+", text)).group().casefold()
    month = next(number for start, number in _MONTHS.items() if name.startswith(start))
    day, year = re.findall(r"\d+", text)
    return f"D{year}{month:02}{day:0>2}"


Forms = tuple[tuple[str, ...], tuple[str, ...]]


def _email(found: str) -> Forms:
    address = found.casefold()
    name, _, domain = address.partition("@")
    return (f"E{address}", name, domain, *domain.split(".")[:1]), (f"E{address}",)


def _iso(found: str) -> Forms:
    year, month, day = found.split("-")
    return (f"D{year}{month}{day}", f"N{year}"), (f"D{year}{month}{day}",)


def _date(found: str) -> Forms:
    day, month, year = re.split("[./]", found)
    return _iso(f"{year}-{month:0>2}-{day:0>2}")


def _plain_number(found: str) -> Forms:
    number = _number(found)
    return number, number[:1]


def _commas(found: str) -> Forms:
    """«1,234.56» is one thousand; «1,250» may be one thousand or, in kilograms, one and a quarter."""
    return _thousands(found.replace(",", ""), found if found.count(",") == 1 and "." not in found else "")


def _dots(found: str) -> Forms:
    return _thousands(found.replace(".", ""), found if found.count(".") == 1 and "," not in found else "")


def _thousands(whole: str, fraction: str) -> Forms:
    both = [*_number(whole), *(_number(fraction) if fraction else ())]
    asked = [_number(whole)[0], *(_number(fraction)[:1] if fraction else ())]
    return tuple(dict.fromkeys(both)), tuple(asked)


def _number(text: str) -> tuple[str, ...]:
    """A number with and without its fraction: who asks for 1200 finds 1 200,50 too. So with the zeros that lead it."""
    whole, _, fraction = text.replace(",", ".").partition(".")
    whole, fraction = whole[:_LONGEST], fraction.rstrip("0")
    found = [f"N{whole}.{fraction}"] if fraction else []
    found += [f"N{whole[zeros:]}" for zeros in range(len(whole) - len(whole.lstrip("0")) + 1) if whole[zeros:]][:12]
    return tuple(found) or ("N0",)


def _code(found: str) -> Forms:
    """A document number whole, which comes first, and by its parts, with and without look-alike letters."""
    parts = re.split("[-/–]", found.casefold())
    count = min(len(parts), 8)
    runs = ["-".join(parts[start : start + size]) for size in range(count, 1, -1) for start in range(count - size + 1)]
    whole = [f"C{run.translate(LOOK_ALIKE)}"[:_LONGEST] for run in ["-".join(parts), *runs]]
    found_forms = [*whole, *(form for part in parts for form in _part(part))]
    return tuple(dict.fromkeys(found_forms))[:_MOST_FORMS], tuple(whole[:1])


def _part(part: str) -> tuple[str, ...]:
    return _number(part) if part.isdecimal() else (*_mixed(part)[0],)


def _mixed(found: str) -> Forms:
    """Letters and digits together, like «2026р», «A4» or an account number: whole, and its letters and digits apart."""
    plain = found.casefold()
    whole = f"C{plain.translate(LOOK_ALIKE)}"[:_LONGEST]
    apart = [form for run in re.findall(r"\d+|[^\W\d_]+", plain)[:8] for form in (_number(run) if run.isdecimal() else word_forms(run))]
    return tuple(dict.fromkeys([whole, *apart])), (whole,)


def _word(found: str) -> Forms:
    of_word = word_forms(found[:_LONGEST])
    # «РХ» may be the letters of a document number, typed with either keyboard.
    is_mark = len(found) <= 4 and found.isupper()
    return of_word, (*of_word, f"C{found.casefold().translate(LOOK_ALIKE)}") if is_mark else of_word


_BY_KIND = {
    "email": _email,
    "iso": _iso,
    "date": _date,
    "commas": _commas,
    "dots": _dots,
    "code": _code,
    "number": _plain_number,
    "mixed": _mixed,
    "plain": _word,
    "word": _word,
}

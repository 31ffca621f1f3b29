"""The forms of one word: in which language it is, and what it is found by."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import snowballstemmer

APOSTROPHES = "'’ʼ‘`´′"
LOOK_ALIKE = str.maketrans("асеіорхукмнтв", "aceiopxykmhtb")

_FOLDED = str.maketrans({"ё": "е", "ґ": "г", **dict.fromkeys(APOSTROPHES, None)})
_ONE_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_UKRAINIAN, _RUSSIAN, _LATIN = frozenset("іїєґ" + APOSTROPHES), frozenset("ыэёъ"), frozenset("abcdefghijklmnopqrstuvwxyz")
_STEMMERS = {language: snowballstemmer.stemmer(language) for language in ("russian", "english")}


@lru_cache(maxsize=50_000)
def word_forms(word: str) -> tuple[str, ...]:
    """The terms of one word, whatever its letter case, apostrophe and ending; the last is the word as it stands.

    >>> set(word_forms("рахунку")) & set(word_forms("рахунок"))
    {'рахунок'}
    """
    lowered = unicodedata.normalize("NFC", word.casefold())
    letters = frozenset(lowered)
    plain = lowered.translate(_FOLDED)
    if letters & _LATIN:
        found = [_STEMMERS["english"].stemWord(plain)]
    else:
        stem = _STEMMERS["russian"].stemWord
        found = [] if letters & _RUSSIAN else [_lemma(lowered)]
        if not found or not letters & _UKRAINIAN:
            found.append(stem(plain))
        elif not _is_known(lowered):
            # A Ukrainian name that no dictionary has is cut as a Russian one would be: many endings are the same.
            found += [stem(found[0]), stem(plain)]
    found = [form for form in found if form and form != plain]
    return (*dict.fromkeys(found), plain)


def _lemma(word: str) -> str:
    """The Ukrainian lemma; simplemma loads its data at the first word, about a second, so nobody pays who asks for numbers only."""
    import simplemma

    lemma = str(simplemma.lemmatize(word.translate(_ONE_APOSTROPHE), lang="uk"))
    return lemma.casefold().translate(_FOLDED).strip(".")


def _is_known(word: str) -> bool:
    import simplemma

    return bool(simplemma.is_known(word.translate(_ONE_APOSTROPHE), lang="uk"))

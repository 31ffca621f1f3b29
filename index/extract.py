"""Text out of PDFs, page by page, in the order in which people read it."""

from __future__ import annotations

import re
import subprocess
import unicodedata

from index.failures import NoExtractor

_SECONDS = 60
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])(?:\u00ad|[-\u2010])\n(?=[^\W\d_])")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})


def pdf_pages(data: bytes) -> tuple[str, ...]:
    """The text of each page; words broken at the end of a line are whole again.

    By poppler's pdftotext: it goes by where the letters stand on the page. LibreOffice writes a line's letters and digits as separate
    pieces of the PDF, so text in the order of the file reads «Рахунок № від листопада -0001 24». Raises NoExtractor, ValueError.
    """
    try:
        done = subprocess.run(["pdftotext", "-q", "-enc", "UTF-8", "-", "-"], input=data, capture_output=True, check=True, timeout=_SECONDS)
    except FileNotFoundError as error:
        raise NoExtractor("pdftotext") from error
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise ValueError(f"no text in this PDF: {error}") from error
    pages = done.stdout.decode("utf-8", "replace").split("\f")
    return tuple(_cleaned(page) for page in pages[:-1])


def _cleaned(text: str) -> str:
    text = unicodedata.normalize("NFC", text.translate(_LIGATURES))
    return _BROKEN_WORD.sub("", text).replace("\u00ad", "")

"""Text out of PDFs, page by page, as people read it."""

from __future__ import annotations

import re
import unicodedata
from threading import Lock

import pypdfium2

# Two threads in PDFium at once ended the process without a word.
_PDFIUM = Lock()
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])(?:\u00ad|[-\u2010]\ufffe?|\ufffe)\r?\n(?=[^\W\d_])")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})


def pdf_pages(data: bytes) -> tuple[str, ...]:
    """The text of each page; words broken at the end of a line are whole again. Raises ValueError where it is no PDF."""
    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise ValueError(f"not a PDF: {error}") from error
        try:
            return tuple(_cleaned(page.get_textpage().get_text_range()) for page in document)
        finally:
            document.close()


def _cleaned(text: str) -> str:
    text = unicodedata.normalize("NFC", text.translate(_LIGATURES))
    return _BROKEN_WORD.sub("", text).replace("\u00ad", "").replace("\ufffe", "").replace("\r\n", "\n")

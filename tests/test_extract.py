import pytest

from index.extract import pdf_pages
from tests.templates_for_tests import word


def test_text_comes_page_by_page_in_the_order_of_reading(pdf_of):
    pages = pdf_pages(pdf_of(word("Рахунок № РХ-2026-0001 від 24.11.2026", "Сума 1 200,50 грн")))

    assert len(pages) == 1
    assert "Рахунок № РХ-2026-0001 від 24.11.2026" in pages[0]


def test_what_is_no_pdf_says_so():
    with pytest.raises(ValueError, match="PDF"):
        pdf_pages(b"not a PDF")

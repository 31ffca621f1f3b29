"""The shipped templates, filled with orders of every sort and read off their PDFs."""

import re
from dataclasses import replace
from datetime import date

import pytest

from engine.catalogue import Catalogue, shipped
from engine.context import merge_fields, sample
from engine.demo import demo_data
from engine.errors import MissingValue
from engine.fill import Manner, fill
from engine.model import BankAccount, Case, Client, LegalEntity, Order
from engine.orders import read_object
from engine.totals import totals
from engine.wording import money, words
from index.extract import pdf_pages

RECORDS = list(read_object(demo_data()))
CLIENTS = {record.id: record for record in RECORDS if isinstance(record, Client)}
ENTITIES = {record.id: record for record in RECORDS if isinstance(record, LegalEntity)}
ORDERS = {record.number: record for record in RECORDS if isinstance(record, Order)}
TEMPLATES = {template.id: template for template in Catalogue(shipped()).templates()}


def case(number: str) -> Case:
    order = ORDERS[number]
    return Case(order, CLIENTS[order.client_id], ENTITIES[order.entity_id])


@pytest.fixture
def pages_of(pdf_of):
    """A function from a template's id and a case to the text of its pages."""

    def made(template_id: str, of: Case) -> list[str]:
        template = TEMPLATES[template_id]
        language = template.language
        facts = {"number": "РХ-2026-0001", "date": date(2026, 11, 24), "name": template.title, "revision": 1, "language": language}
        data = (shipped() / f"{template_id}{template.suffix}").read_bytes()
        office = fill(
            data, template.suffix, merge_fields(of, facts, "Оксана"), manner=Manner(language, of.order.currency), name=template_id
        )
        return [" ".join(page.replace("\u00a0", " ").split()) for page in pdf_pages(pdf_of(office, template.suffix))]

    return made


@pytest.mark.parametrize(
    ("template_id", "number"),
    [
        ("invoice.uk", "1002"),
        ("invoice.uk", "1003"),
        ("invoice.uk", "1013"),
        ("invoice.uk", "1006"),
        ("invoice.ru", "1004"),
        ("invoice.ru", "1011"),
        ("invoice.en", "1005"),
        ("invoice.en", "1019"),
        ("contract.uk", "1002"),
        ("contract.uk", "1003"),
        ("act.uk", "1002"),
        ("act.uk", "1022"),
        ("act.ru", "1004"),
        ("act.ru", "1011"),
    ],
)
def test_a_document_shows_its_number_the_client_the_total_and_its_words(pages_of, template_id, number):
    of, language = case(number), TEMPLATES[template_id].language
    sums = totals(of.order, is_vat_payer=of.entity.is_vat_payer)

    text = " ".join(pages_of(template_id, of))

    total, spelled = money(sums.total, language), words(sums.total, of.order.currency, language)
    for expected in ("РХ-2026-0001", of.client.name, of.entity.code, total, spelled, *(line.name for line in of.order.lines)):
        assert " ".join(expected.split()) in text
    for tax in sums.taxes:
        assert money(tax.amount, language).replace("\u00a0", " ") in text
    assert not re.search(r"None|[{}]|True|False|  | ,|\( ", text)


@pytest.mark.parametrize(
    ("number", "shown", "hidden"),
    [
        ("1002", ["Ціна з ПДВ", "у т.ч. ПДВ 20 %"], ["Без ПДВ", "Разом без ПДВ"]),
        ("1013", ["Ціна без ПДВ", "Разом без ПДВ", "ПДВ 20 %", "Всього з ПДВ"], ["у т.ч."]),
        ("1003", ["Без ПДВ", "Платник єдиного податку"], ["Ціна з ПДВ", "ПДВ 20 %"]),
    ],
)
def test_prices_with_without_and_free_of_vat_are_worded_so(pages_of, number, shown, hidden):
    text = " ".join(pages_of("invoice.uk", case(number)))

    assert [words_ for words_ in shown if words_ not in text] == []
    assert [words_ for words_ in hidden if words_ in text] == []


@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_a_client_with_only_a_name_leaves_no_empty_labels(pages_of, template_id):
    of = replace(
        case("1002" if ".uk" in template_id else "1004" if ".ru" in template_id else "1005"), client=Client("c", "ТОВ «Гола назва»")
    )

    text = " ".join(pages_of(template_id, of))

    assert "ТОВ «Гола назва»" in text
    assert not re.search(r", ,|: ,|,\.|тел\. ?(,|$)|IBAN ,", text)


@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_what_the_form_must_have_of_ours_is_required(pages_of, template_id):
    of = sample(TEMPLATES[template_id].language)
    lacking = replace(of, entity=replace(of.entity, code="", account=BankAccount()))

    with pytest.raises(MissingValue):
        pages_of(template_id, lacking)


def test_a_contract_has_three_pages_and_its_specification_on_the_last(pages_of):
    pages = pages_of("contract.uk", case("1002"))

    assert len(pages) == 3
    assert "Специфікація" in pages[2]
    assert "Реквізити та підписи" in pages[1]
    assert "в особі директора Ковальчук Олени Іванівни" in pages[0]


def test_an_invoice_of_six_lines_is_one_page(pages_of):
    of = case("1002")

    assert len(pages_of("invoice.uk", replace(of, order=replace(of.order, lines=of.order.lines * 2)))) == 1


@pytest.mark.parametrize("template_id", ["invoice.uk", "act.ru"])
def test_the_head_of_a_long_table_stands_on_every_page(pages_of, template_id):
    of = case("1002" if template_id == "invoice.uk" else "1004")
    long = replace(of, order=replace(of.order, lines=(of.order.lines * 40)[:110]))

    pages = pages_of(template_id, long)

    assert len(pages) >= 3
    head = "Од." if template_id == "invoice.uk" else "Кол-во"
    assert all(head in page for page in pages[:-1])
    assert all(f"{number} з {len(pages)}" in page or f"{number} из {len(pages)}" in page for number, page in enumerate(pages, start=1))

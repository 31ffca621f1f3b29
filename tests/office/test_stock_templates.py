"""The shipped templates, filled with orders of every sort and read off their PDFs."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn

from engine.catalogue import Catalogue, shipped
from engine.context import merge_fields, sample, sample_document
from engine.demo import demo_data
from engine.errors import MissingValue
from engine.fill import Manner, fill, problems
from engine.model import BankAccount, Case, Client, LegalEntity, Order, Person
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


def lines_of(number: str, count: int) -> Case:
    """The case of an order with as many lines as asked, its own over and over."""
    of = case(number)
    return replace(of, order=replace(of.order, lines=(of.order.lines * count)[:count]))


def fields(template_id: str, of: Case) -> dict[str, object]:
    template = TEMPLATES[template_id]
    facts = {"number": "РХ-2026-0001", "date": date(2026, 11, 24), "name": template.title, "revision": 1, "language": template.language}
    return merge_fields(of, facts, "Оксана")


def template_bytes(template_id: str) -> bytes:
    return (shipped() / f"{template_id}{TEMPLATES[template_id].suffix}").read_bytes()


def filled(template_id: str, of: Case) -> bytes:
    template = TEMPLATES[template_id]
    manner = Manner(template.language, of.order.currency)
    return fill(template_bytes(template_id), template.suffix, fields(template_id, of), manner=manner, name=template_id)


def texts_of(office: bytes, suffix: str) -> list[str]:
    """The paragraphs of a Word file, the texts of the cells of an Excel file."""
    if suffix == ".docx":
        return ["".join(run.text or "" for run in p.iter(qn("w:t"))) for p in docx.Document(io.BytesIO(office)).element.iter(qn("w:p"))]
    sheet = openpyxl.load_workbook(io.BytesIO(office)).active
    return [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


@pytest.fixture
def pages_of(pdf_of):
    """A function from a template's id and a case to the text of its pages."""

    def made(template_id: str, of: Case) -> list[str]:
        pdf = pdf_of(filled(template_id, of), TEMPLATES[template_id].suffix)
        return [" ".join(page.replace("\u00a0", " ").split()) for page in pdf_pages(pdf)]

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
    assert not re.search(r"None|[{}]|True|False| ,|\( ", text)


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


def poorest(of: Case) -> Case:
    """The case with nothing known but what the forms must have: an address in the EU, a bank and its code in Russia."""
    entity, account = of.entity, of.entity.account
    signer = Person(entity.signer.name, entity.signer.post)
    known = BankAccount(account.number, account.bank, account.bic) if entity.language == "ru" else BankAccount(account.number)
    address = entity.address if entity.language == "en" else ""
    ours = LegalEntity(entity.id, entity.name, code=entity.code, address=address, signer=signer, account=known)
    return replace(of, client=Client("c", "ТОВ «Гола назва»"), entity=ours)


def nameless_post(of: Case) -> Case:
    return replace(of, client=replace(of.client, signer=Person("Іваненко Іван Іванович"), basis="", code=""))


@pytest.mark.parametrize("known", [poorest, nameless_post])
@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_what_is_not_known_leaves_no_label_comma_or_gap(template_id, known):
    of = known(case({"uk": "1002", "ru": "1004", "en": "1005"}[TEMPLATES[template_id].language]))

    texts = texts_of(filled(template_id, of), TEMPLATES[template_id].suffix)

    assert of.client.name in " ".join(texts)
    # Between a line to sign on and the place of the seal a gap is meant.
    wrong = r"^[ ,·]|[ ,·]$|[^_ ][ \u00a0]{2}|, ,|: ,|,\.|\( ?\)|тел\.\W*$|(ІПН|ИНН|КПП|IBAN|BIC|МФО|No\.)\s*(,|·|$)|/ */"
    assert [text for text in texts if re.search(wrong, text)] == []


@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_what_the_form_must_have_of_ours_is_required(pages_of, template_id):
    of = sample(TEMPLATES[template_id].language)
    lacking = replace(of, entity=replace(of.entity, code="", account=BankAccount()))

    with pytest.raises(MissingValue):
        pages_of(template_id, lacking)


@pytest.mark.parametrize("template_id", ["act.uk", "act.ru", "contract.uk"])
def test_who_signs_for_us_is_required_where_the_form_wants_it(pages_of, template_id):
    of = sample(TEMPLATES[template_id].language)

    for signer in (Person(), Person(name=of.entity.signer.name), Person(post=of.entity.signer.post)):
        with pytest.raises(MissingValue):
            pages_of(template_id, replace(of, entity=replace(of.entity, signer=signer)))


@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_a_stock_template_has_no_slips(template_id):
    language = TEMPLATES[template_id].language
    known = merge_fields(sample(language), sample_document(language), "Оксана")

    assert problems(template_bytes(template_id), TEMPLATES[template_id].suffix, known, name=template_id) == ()


@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_very_long_names_are_printed_whole(pages_of, template_id):
    of = case("1002" if ".uk" in template_id else "1004" if ".ru" in template_id else "1005")
    goods = " ".join(f"складова{number}" for number in range(1, 16))
    name = "Комунальне некомерційне підприємство «Обласний центр екстреної допомоги та медицини катастроф» Вигаданої обласної ради"
    lines = tuple(replace(line, name=goods) for line in of.order.lines)

    text = " ".join(pages_of(template_id, Case(replace(of.order, lines=lines), replace(of.client, name=name), of.entity)))

    assert name in text
    assert [text.count(word) for word in ("складова1 ", "складова8 ", "складова15 ")] == [len(lines)] * 3


@pytest.mark.parametrize(
    ("template_id", "number", "shown", "main"),
    [
        ("invoice.uk", "1006", ["180 мл (знижка 58,33)", "<базова> (ПДВ 7 %)", "чашки» (без ПДВ)"], "(ПДВ 20 %)"),
        ("contract.uk", "1006", ["180 мл (знижка 58,33)", "<базова> (ПДВ 7 %)", "чашки» (без ПДВ)"], "(ПДВ 20 %)"),
        ("act.ru", "1011", ["покупателя (скидка 570,00)", "весовой (НДС 10 %)", "церемонии» (без НДС)"], "(НДС 22 %)"),
    ],
)
def test_a_line_tells_its_discount_and_a_rate_that_is_not_the_main_one(pages_of, template_id, number, shown, main):
    text = " ".join(pages_of(template_id, case(number)))

    assert [note for note in shown if note not in text] == []
    assert main not in text


def test_a_contract_has_three_pages_and_its_specification_on_the_last(pages_of):
    pages = pages_of("contract.uk", case("1002"))

    assert len(pages) == 3
    assert "Специфікація" in pages[2]
    assert "Реквізити та підписи" in pages[1]
    assert "в особі директора Ковальчук Олени Іванівни" in pages[0]


@pytest.mark.parametrize("template_id", ["invoice.uk", "invoice.ru", "invoice.en", "act.uk", "act.ru"])
def test_six_lines_fit_on_one_page(pages_of, template_id):
    number = {"uk": "1002", "ru": "1004", "en": "1005"}[TEMPLATES[template_id].language]

    assert len(pages_of(template_id, lines_of(number, 6))) == 1


@pytest.mark.parametrize(
    ("template_id", "number", "head", "page"),
    [
        ("invoice.uk", "1022", "К-сть", "Сторінка {} з {}"),
        ("invoice.ru", "1011", "Кол-во", "Страница {} из {}"),
        ("invoice.en", "1026", "Description", "Page {} of {}"),
        ("act.uk", "1022", "К-сть", "Сторінка {} з {}"),
        ("act.ru", "1011", "Кол-во", "Страница {} из {}"),
    ],
)
def test_the_head_of_a_table_of_sixty_lines_stands_on_the_second_page(pages_of, template_id, number, head, page):
    pages = pages_of(template_id, lines_of(number, 60))

    assert len(pages) in (2, 3)
    assert [head in page for page in pages[:2]] == [True, True]
    assert all(page.format(place, len(pages)) in text for place, text in enumerate(pages, start=1))


@pytest.mark.parametrize("template_id", ["invoice.uk", "act.uk"])
def test_a_signature_never_stands_on_a_page_without_the_total(pages_of, template_id):
    for count in (24, 26, 28):
        of = lines_of("1002", count)

        pages = pages_of(template_id, of)

        sums = totals(of.order, is_vat_payer=True)
        [last] = [text for text in pages if text.count("Ковальчук Олена Іванівна")]
        assert money(sums.total, "uk").replace("\u00a0", " ") in last
        assert words(sums.total, "UAH", "uk") in last


@pytest.mark.parametrize("template_id", ["act.uk", "contract.uk"])
def test_a_sole_trader_acts_in_person_and_a_company_through_its_director(template_id):
    trader, company = (" ".join(texts_of(filled(template_id, case(number)), ".docx")) for number in ("1014", "1002"))

    assert "(далі — Виконавець), що діє на підставі запису" in trader
    assert "(далі — Виконавець) в особі директора Ковальчук Олени Іванівни, що діє на підставі Статуту" in company


def test_an_invoice_that_charges_no_vat_says_why(pages_of):
    of = case("1019")
    exempt = replace(of, entity=replace(of.entity, is_vat_payer=False, tax_note="VAT exempt: Article 132"))

    text = " ".join(pages_of("invoice.en", exempt))

    assert [words_ for words_ in ("VAT is not charged", "VAT exempt: Article 132") if words_ not in text] == []


def test_the_sums_of_the_excel_act_are_numbers_that_add_up():
    of = case("1011")

    sheet = openpyxl.load_workbook(io.BytesIO(filled("act.ru", of))).active

    count, total = len(of.order.lines), float(totals(of.order, is_vat_payer=True).total)
    numbers = [cell.value for cell in sheet["F"] if isinstance(cell.value, int | float)]
    assert round(sum(numbers[:count]), 2) == total
    assert total in numbers[count:]


@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_a_stock_template_keeps_its_logo_and_names_its_document(template_id):
    suffix, number = TEMPLATES[template_id].suffix, {"uk": "1002", "ru": "1004", "en": "1005"}[TEMPLATES[template_id].language]

    office = filled(template_id, case(number))

    assert [name for name in zipfile.ZipFile(io.BytesIO(office)).namelist() if "/media/" in name]
    if suffix == ".docx":
        mark = "No." if template_id.endswith(".en") else "№"
        assert docx.Document(io.BytesIO(office)).core_properties.title == f"{TEMPLATES[template_id].title} {mark} РХ-2026-0001"

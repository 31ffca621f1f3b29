"""CommerceML as 1C, Bitrix and shops send it: what was sent is what is read, and a hostile file does no harm."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.errors import BadOrderFile
from engine.model import BankAccount, Client, Order, Person
from engine.orders import Refusal, Remark, read, xml_stream

DATA = Path(__file__).parent / "data"
OLD = DATA / "commerceml-2.05-windows-1251.xml"
NEW = DATA / "commerceml-3.1-utf-8.xml"

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
DOCUMENT = """<Документ><Ид>{id}</Ид><Номер>{id}</Номер><Дата>2026-11-24</Дата><ХозОперация>Заказ товара</ХозОперация><Валюта>грн</Валюта>
<Контрагенты><Контрагент><Ид>c</Ид><Наименование>Сміт &amp; Ко</Наименование><Роль>Покупатель</Роль></Контрагент></Контрагенты>
<Товары>{lines}</Товары></Документ>
"""
LINE = (
    "<Товар><Наименование>{name}</Наименование><ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу>"
    "<Количество>{qty}</Количество><Сумма>{total}</Сумма>{more}</Товар>"
)


def line(*, name="Кава", price="10.00", qty="1", total="10.00", more=""):
    return LINE.format(name=name, price=price, qty=qty, total=total, more=more)


def document(lines="", number="1"):
    return DOCUMENT.format(id=number, lines=lines)


def around(*documents):
    return f'<КоммерческаяИнформация ВерсияСхемы="2.10">\n{"".join(documents)}</КоммерческаяИнформация>'


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "orders.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


@pytest.fixture
def refused(written):
    """The line and the reason for which a file is not read."""

    def refuse(content):
        with pytest.raises(BadOrderFile) as caught:
            list(read(written(content), {}))
        assert "$" not in caught.value.text("uk")
        return caught.value.facts["where"], caught.value.facts["reason"]

    return refuse


def orders_of(path, stages=()):
    return [outcome for outcome in read(path, dict(stages)) if isinstance(outcome, Order)]


def order_of(path, number, stages=()):
    [order] = [order for order in orders_of(path, stages) if order.number == number]
    return order


def only(outcomes, kind, number=""):
    [found] = [outcome for outcome in outcomes if isinstance(outcome, kind) and number in getattr(outcome, "where", "")]
    return found


def walked(path):
    """The lines of each order by another reading, which knows nothing of ours: number -> (name, quantity, price, sum)."""
    root = ElementTree.fromstring(path.read_bytes())  # our own file
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    found = {}
    for order in root.iter("Документ"):
        if (order.findtext("ХозОперация") or "").split() == ["Заказ", "товара"] and order.findtext("Валюта") != "тугрик":
            found[order.findtext("Номер")] = [
                tuple((goods.findtext(tag) or "") for tag in ("Наименование", "Количество", "ЦенаЗаЕдиницу", "Сумма"))
                for goods in order.iter("Товар")
            ]
    return found


def number(text):
    return Decimal("".join(text.split()).replace(",", "."))


@pytest.mark.parametrize("path", [OLD, NEW])
def test_every_line_is_read_as_it_was_sent(path):
    sent = walked(path)

    got = {order.number: order.lines for order in orders_of(path)}

    assert got.keys() == sent.keys()
    for key, lines in sent.items():
        assert [(one.name, one.qty, one.total) for one in got[key]] == [(name, number(qty), number(total)) for name, qty, _, total in lines]
        assert [one.price for one, (*_, price, _) in zip(got[key], lines, strict=True) if price] == [number(p) for *_, p, _ in lines if p]


def test_an_order_of_2_05_in_windows_1251():
    order = order_of(OLD, "501", {"N": "new"}.items())
    beans, sugar, delivery = order.lines

    assert (order.id, order.date, order.currency, order.client_id) == ("shop-501", date(2026, 10, 1), "UAH", "buyer-1")
    assert (order.stage, order.note, order.is_cancelled) == ("new", "Дзвонити <до обіду>", False)
    assert (beans.sku, beans.unit, beans.unit_code, beans.discount, beans.vat_rate) == ("Б-001", "шт", "796", Decimal(60), Decimal(20))
    assert (sugar.sku, sugar.unit, sugar.vat_rate, sugar.is_service) == ("sugar-1", "кг", Decimal(7), False)
    assert (delivery.is_service, delivery.vat_rate, delivery.unit) == (True, None, "")


def test_a_client_of_2_05_comes_before_his_order_and_once():
    outcomes = list(read(OLD, {}))

    client = outcomes[0]

    assert client == Client(
        "buyer-1",
        "ТОВ «П'ять & Зерен»",
        full_name="Товариство з обмеженою відповідальністю «П'ять & Зерен»",
        country="UA",
        language="uk",
        code="45911333",
        address="03000, м. Київ, вул. Вигадана, буд. 2",
        phone="+380 44 000 12 12",
        email="buh@zeren.example",
        contact=Person("Гриценко Леся Павлівна"),
    )
    assert [one.name for one in outcomes if isinstance(one, Client)] == ["ТОВ «П'ять & Зерен»", "Леся"]


def test_an_order_of_3_1_with_namespace_and_containers():
    order = order_of(NEW, "ЗК-0601", {"выполнен": "done"}.items())
    [tool] = order.lines

    assert (order.date, order.currency, order.stage) == (date(2026, 10, 4), "RUB", "done")
    assert (tool.unit, tool.unit_code, tool.is_service) == ("шт", "796", True)
    assert (tool.discount, tool.total) == (Decimal("200.00"), Decimal("2300.00"))
    assert (tool.vat_rate, tool.is_vat_included) == (Decimal(22), False)


def test_the_buyer_is_found_among_parties_with_all_that_was_sent():
    [client] = [one for one in read(NEW, {}) if isinstance(one, Client) and one.id == "buyer-2"]

    assert (client.name, client.full_name) == (
        'ООО "Ромашка × Лютик"',
        'Общество с ограниченной ответственностью "Ромашка × Лютик"',
    )
    assert (client.code, client.kpp, client.country, client.language) == ("7843905616", "784301001", "RU", "ru")
    assert client.address == "197000, Санкт-Петербург, ул. Придуманная, д. 3"
    assert (client.email, client.phone) == ("zakaz@romashka.example", "+7 900 000-00-00")
    assert client.account == BankAccount("40702810300000067890", "АО «Другой банк»", "044030997", "30101810800000000997")


def test_a_buyer_without_id_is_known_by_his_code():
    order = order_of(NEW, "602")

    [client] = [one for one in read(NEW, {}) if isinstance(one, Client) and one.id == order.client_id]

    assert (client.id, client.name) == ("ИНН 45910277", "О'Коннор Ірина Іванівна")
    assert (client.code, client.vat_number, client.country) == ("45910277", "459102726548", "UA")
    assert client.email == "iryna@oconnor.example"


def test_a_price_that_is_missing_comes_of_the_sum():
    assert order_of(NEW, "602").lines[0].price == Decimal("12.50")


def test_a_buyer_of_whom_nothing_is_known_is_no_client():
    outcomes = list(read(NEW, {}))

    assert order_of(NEW, "604").client_id == ""
    assert only(outcomes, Remark, "604").code == "no-client"


def test_a_country_that_is_not_certain_is_left_open():
    [client] = [one for one in read(OLD, {}) if isinstance(one, Client) and one.name == "Леся"]

    assert (client.country, client.language) == ("", "")


def test_orders_under_the_id_of_their_buyer_stay_apart():
    """Bitrix sends a user's id, `7#lesia# Леся`, for an order's: his two orders are two."""
    assert [order.id for order in orders_of(OLD)] == ["shop-501", "7#lesia# Леся №502", "7#lesia# Леся №503"]


def test_a_cancelled_order_is_read_as_cancelled():
    assert [order.is_cancelled for order in orders_of(OLD)] == [False, True, False]


def test_another_kind_of_document_is_said_and_left():
    remark = only(read(OLD, {}), Remark, "501/1")

    assert remark.code == "other-operation"
    assert "Отпуск товара" in remark.text("uk")


def test_a_sum_that_does_not_add_up_stays_as_sent_and_is_said():
    remark = only(read(OLD, {}), Remark, "502")

    assert order_of(OLD, "502").lines[0].total == Decimal("100.05")
    assert (remark.code, remark.facts["sent"], remark.facts["computed"]) == ("sum-differs", Decimal("100.05"), Decimal("99.99"))


def test_a_document_sum_other_than_its_lines_is_said(written):
    sent = document(line()).replace("<Товары>", "<Сумма>11.00</Сумма><Товары>")

    assert only(read(written(around(sent)), {}), Remark).code == "order-sum-differs"


def test_vat_on_top_makes_no_difference_of_the_sum():
    """2 300 without VAT and 506 of VAT are the 2 806 of the document."""
    codes = {outcome.code for outcome in read(NEW, {}) if isinstance(outcome, Remark) and "0601" in outcome.where}

    assert codes == {"discount-not-in-sum", "other-tax"}


def test_a_state_without_a_stage_is_said_where_there_is_a_table():
    said = [outcome for outcome in read(OLD, {"N": "new"}) if isinstance(outcome, Remark) and outcome.code == "unknown-state"]

    assert [remark.facts["state"] for remark in said] == ["[P] Оплачен"]
    assert "docstage.toml" in said[0].text("uk")


def test_one_order_that_cannot_be_read_is_refused_and_the_others_enter():
    outcomes = list(read(NEW, {}))

    refusal = only(outcomes, Refusal)
    assert (refusal.code, refusal.facts["value"]) == ("unknown-currency", "тугрик")
    assert refusal.where.startswith("Документ 603 (")
    assert [outcome.number for outcome in outcomes if isinstance(outcome, Order)] == ["ЗК-0601", "602", "604"]


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ({"qty": "дві"}, "Количество"),
        ({"qty": ""}, "Количество"),
        ({"total": "NaN"}, "Сумма"),
        ({"price": "1.000,50"}, "ЦенаЗаЕдиницу"),
        ({"price": "9" * 16}, "ЦенаЗаЕдиницу"),
        ({"name": ""}, "Наименование"),
        ({"name": "х" * 10_001}, "Наименование"),
        ({"more": "<Налоги><Налог><Ставка>200</Ставка></Налог></Налоги>"}, "Ставка"),
    ],
)
def test_a_value_that_cannot_be_read_names_its_element(written, broken, name):
    refusal = only(read(written(around(document(line(**broken)))), {}), Refusal)

    assert (refusal.code, refusal.facts["name"]) == ("bad-value", name)
    assert name in refusal.text("ru")


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        ("20", "20"),
        ("20.00", "20"),
        ("22 %", "22"),
        ("НДС 22%", "22"),
        ("20/120", "20"),
        ("13,5", "13.5"),
        ("0", "0"),
        ("Без НДС", None),
        ("", None),
    ],
)
def test_a_vat_rate_is_read_in_every_spelling(written, words, rate):
    tax = f"<Налоги><Налог><Наименование>НДС</Наименование><Ставка>{words}</Ставка></Налог></Налоги>"

    [order] = orders_of(written(around(document(line(more=tax)))))

    assert order.lines[0].vat_rate == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize(
    ("word", "code"),
    [("грн.", "UAH"), ("Гривна", "UAH"), ("RUR", "RUB"), ("руб.", "RUB"), ("eur", "EUR"), ("KZT", "KZT"), ("$", "USD")],
)
def test_a_currency_is_read_as_word_and_as_code(written, word, code):
    [order] = orders_of(written(around(document().replace("грн", word))))

    assert order.currency == code


def test_the_same_order_twice_is_said(written):
    outcomes = list(read(written(around(document(), document(line()))), {}))

    assert len([outcome for outcome in outcomes if isinstance(outcome, Order)]) == 2
    assert only(outcomes, Remark).code == "duplicate"


def test_a_doctype_is_refused_wherever_it_hides(refused):
    entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    body = around(document(line(name="&a;")))

    assert refused(HEAD + entity + body) == ("2", "dtd")
    assert refused(HEAD + "<!-- a -->\n<?pi ?>\n" + entity + body) == ("4", "dtd")
    assert refused("\ufeff" + HEAD + entity + body) == ("2", "dtd")
    assert refused(HEAD + f"<!-- {' ' * xml_stream.PROLOGUE_LIMIT} -->" + entity + body)[1] == "dtd"


def test_a_billion_laughs_are_not_begun(refused):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

    assert refused(f'{HEAD}<!DOCTYPE x [<!ENTITY l0 "ха">{laughs}]>{around(document(line(name="&l9;")))}') == ("2", "dtd")


@pytest.mark.parametrize("encoding", ["utf-7", "utf-16", "koi8-r", "ebcdic-cp-us"])
def test_an_encoding_that_could_hide_a_doctype_is_refused(refused, encoding):
    assert refused(HEAD.replace("UTF-8", encoding) + around()) == ("1", "encoding")


def test_utf_16_is_refused(refused):
    assert refused((HEAD + around()).encode("utf-16")) == ("1", "unknown-format")


def test_windows_1251_that_calls_itself_utf_8_is_refused_with_its_line(refused):
    assert refused((HEAD + around(document())).encode("cp1251")) == ("2", "encoding")


def test_utf_8_that_calls_itself_windows_1251_is_refused(refused):
    assert refused(HEAD.replace("UTF-8", "windows-1251") + around(document())) == ("1", "encoding")


def test_a_file_cut_off_is_refused_with_its_line_after_what_came_before(written):
    whole = HEAD + around(document(), document(number="2"))
    outcomes = read(written(whole[: whole.rindex("<Товары>")]), {})

    assert isinstance(next(outcomes), Client)
    assert isinstance(next(outcomes), Order)
    with pytest.raises(BadOrderFile) as caught:
        next(outcomes)
    assert (caught.value.facts["where"], caught.value.facts["reason"]) == ("8", "bad-xml")
    assert "рядок 8" in caught.value.text("uk")


def test_other_xml_is_refused_by_its_root(refused):
    assert refused("<html><Документ/></html>") == ("1", "not-commerceml")


def test_deep_nesting_is_refused(refused):
    assert refused(around("<Документ>" + "<а>" * 5000))[1] == "too-deep"


def test_a_text_without_end_is_refused(refused):
    assert refused(around(document(line(name="х" * 10_000_001))))[1] == "bad-xml"


def test_a_document_without_end_is_refused(refused):
    assert refused(around("<Документ>" + "<а/>" * (xml_stream.ELEMENT_LIMIT + 1)))[1] == "too-many-elements"


def test_a_large_file_is_read_in_little_memory(written):
    """A catalogue of 10 MB before the orders would take some 100 MB as a tree."""
    goods = "<Товар><Ид>1</Ид><Наименование>Кава</Наименование></Товар>\n" * 100_000
    path = written(around("<Каталог>", goods, "</Каталог>", *(document(line(), str(n)) for n in range(300))))
    before = resident_bytes()

    sizes = [resident_bytes() for outcome in read(path, {}) if isinstance(outcome, Order)]

    assert len(sizes) == 300
    assert max(sizes) - before < 20_000_000


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

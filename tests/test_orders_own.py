"""docstage's own JSON and NDJSON: what is right enters whole, what is wrong is refused alone and says where, what and how to mend it."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine import messages
from engine.demo import demo_data
from engine.errors import BadOrderFile
from engine.model import BankAccount, Client, LegalEntity, Order, OrderLine, Person, Process, Rule
from engine.orders import Refusal, Remark, json_stream, read, read_object
from engine.orders.own import SCHEMA

LINE = {"name": "Кава «Ранок»", "qty": "3", "price": "420.00"}
ORDER = {"id": "o-1", "number": "1", "date": "2026-11-24", "currency": "UAH", "client_id": "c-1", "lines": [LINE]}
CLIENT = {"id": "c-1", "name": "ФОП О'Коннор Ірина"}


@pytest.fixture
def written(tmp_path):
    def write(content, name="orders.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def order_with(**changes):
    return {"orders": [{**ORDER, **changes}]}


def line_with(**changes):
    return order_with(lines=[{**LINE, **changes}])


def only(outcomes, kind):
    [found] = [outcome for outcome in outcomes if isinstance(outcome, kind)]
    return found


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(demo_data())


def test_an_order_enters_with_every_field():
    line = {
        **LINE,
        "total": "1160.00",
        "discount": 100,
        "unit": "шт",
        "unit_code": "796",
        "sku": "К-1",
        "vat_rate": "20",
        "is_vat_included": False,
        "is_service": True,
    }
    rest = {"entity_id": "e", "process": "sales", "stage": "new", "basis": "Договір 5", "note": "до обіду", "is_cancelled": True}

    [order] = read_object(order_with(lines=[line], **rest))

    sold = OrderLine(
        "Кава «Ранок»",
        Decimal(3),
        Decimal("420.00"),
        Decimal("1160.00"),
        unit="шт",
        unit_code="796",
        sku="К-1",
        discount=Decimal(100),
        vat_rate=Decimal(20),
        is_vat_included=False,
        is_service=True,
    )
    assert order == Order("o-1", "1", date(2026, 11, 24), "UAH", "c-1", (sold,), **rest)


def test_parties_processes_and_rules_enter_before_orders():
    data = {
        **order_with(),
        "clients": [{**CLIENT, "contact": {"name": "Бондар Ігор"}, "account": {"number": "UA1", "bank": "Банк"}}],
        "entities": [{"id": "e", "name": "ТОВ", "accountant": {"name": "Мельник", "name_genitive": "Мельник"}}],
        "rules": [{"id": "r", "process": "p", "stage": "new", "kind": "invoice", "is_sent": True}],
        "processes": [{"slug": "p", "names": {"uk": "Продаж"}, "stages": [{"slug": "new", "names": {"uk": "Новий"}}]}],
    }

    process, rule, entity, client, order = read_object(data)

    assert isinstance(process, Process)
    assert process.stages[0].names["uk"] == "Новий"
    assert rule == Rule("r", "p", "new", "invoice", is_sent=True)
    assert entity == LegalEntity("e", "ТОВ", accountant=Person("Мельник", name_genitive="Мельник"))
    assert client == Client("c-1", "ФОП О'Коннор Ірина", contact=Person("Бондар Ігор"), account=BankAccount("UA1", "Банк"))
    assert isinstance(order, Order)


def test_a_sum_that_was_not_sent_is_computed_halves_up():
    [order] = read_object(line_with(qty="0.75", price="12394.46", discount="0.34"))

    assert order.lines[0].total == Decimal("9295.51")


def test_a_sum_that_was_sent_wins_and_the_difference_is_said():
    outcomes = list(read_object(line_with(total="1259.99")))

    remark = only(outcomes, Remark)
    assert only(outcomes, Order).lines[0].total == Decimal("1259.99")
    assert remark.where == "/orders/0/lines/0"
    assert "1259.99" in remark.text("uk")
    assert "1260.00" in remark.text("uk")


def test_numbers_of_json_are_taken_as_they_are_written(written):
    text = json.dumps(line_with()).replace('"420.00"', "0.1").replace('"3"', "3")

    [order] = read(written(text), {})

    assert order.lines[0].price == Decimal("0.1")
    assert order.lines[0].total == Decimal("0.30")


def test_an_order_may_bring_its_client():
    data = {key: value for key, value in ORDER.items() if key != "client_id"}

    client, order = read_object({"orders": [{**data, "client": CLIENT}]})

    assert client == Client("c-1", "ФОП О'Коннор Ірина")
    assert order.client_id == "c-1"


def test_an_order_with_two_different_clients_is_refused():
    [refusal] = read_object(order_with(client={**CLIENT, "id": "c-2"}))

    assert (refusal.where, refusal.code) == ("/orders/0/client_id", "two-clients")


def test_an_order_without_client_enters_and_that_is_said():
    outcomes = list(read_object(order_with(client_id="")))

    assert only(outcomes, Remark).code == "no-client"
    assert only(outcomes, Order).client_id == ""


def test_one_bad_order_is_refused_and_the_others_enter():
    bad = {**ORDER, "id": "o-2", "lines": [LINE, {**LINE, "qty": "1,5"}]}

    outcomes = list(read_object({"orders": [ORDER, bad, {**ORDER, "id": "o-3"}]}))

    assert [outcome.id for outcome in outcomes if isinstance(outcome, Order)] == ["o-1", "o-3"]
    assert only(outcomes, Refusal).where == "/orders/1/lines/1/qty"
    assert "1,5" in only(outcomes, Refusal).text("uk")
    assert "1200.50" in only(outcomes, Refusal).text("uk")


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1,5", "1 200", "1e3", "", "٣", "9" * 16, "0.12345678901", True, None, [], float("nan"), 1e300]
)
def test_what_is_no_number_is_refused(value):
    [refusal] = read_object(line_with(price=value))

    assert (refusal.where, refusal.code) == ("/orders/0/lines/0/price", "not-a-number")


@pytest.mark.parametrize(
    ("data", "where", "code"),
    [
        (order_with(date="24.11.2026"), "/orders/0/date", "not-a-date"),
        (order_with(date="2026-02-30"), "/orders/0/date", "not-a-date"),
        (order_with(currency="грн"), "/orders/0/currency", "not-a-currency"),
        (order_with(currency="UAH\n"), "/orders/0/currency", "too-long"),
        (order_with(lines={}), "/orders/0/lines", "not-a-list"),
        (order_with(lines=[1]), "/orders/0/lines/0", "not-an-object"),
        (order_with(id=""), "/orders/0/id", "nothing-there"),
        (order_with(id=7), "/orders/0/id", "not-text"),
        (order_with(note="х" * 10_001), "/orders/0/note", "too-long"),
        (order_with(is_cancelled="так"), "/orders/0/is_cancelled", "not-yes-no"),
        (line_with(vat_rate="двадцять"), "/orders/0/lines/0/vat_rate", "not-a-rate"),
        ({"clients": [{**CLIENT, "language": "de"}]}, "/clients/0/language", "not-allowed"),
        ({"clients": [{**CLIENT, "country": "Україна"}]}, "/clients/0/country", "not-a-country"),
        ({"clients": [{"id": "c"}]}, "/clients/0", "missing-field"),
        ({"clients": [7]}, "/clients/0", "not-an-object"),
        ({"processes": [{"slug": "p", "names": {}, "stages": []}]}, "/processes/0/stages", "nothing-there"),
        ({"type": "deal"}, "/type", "not-allowed"),
    ],
)
def test_a_record_that_does_not_fit_says_where_and_what(data, where, code):
    [refusal] = read_object(data)

    assert (refusal.where, refusal.code) == (where, code)
    assert all("$" not in refusal.text(language) for language in ("uk", "ru", "en"))


def test_a_misspelt_field_gets_the_right_one_suggested():
    [refusal] = read_object(line_with(prise="1"))

    assert refusal.code == "unknown-field"
    assert "`prise`" in refusal.text("en")
    assert "price" in refusal.text("en")


def test_unprintable_characters_are_taken_out_and_that_is_said():
    """A lone surrogate fits neither a database nor a PDF; a line break stays."""
    remark, client = read_object({"clients": [{**CLIENT, "name": "Сміт\x00 &\ud800 Ко", "address": "вул. 1\nкв. 2"}]})

    assert remark.code == "cleaned"
    assert client.name == "Сміт & Ко"
    assert client.address == "вул. 1\nкв. 2"


def test_ndjson_is_read_line_by_line(written):
    lines = [{"type": "client", **CLIENT}, {"type": "order", **ORDER}, {"type": "order", **ORDER, "id": "o-2", "date": "?"}]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n"

    client, order, refusal = read(written(text, "orders.ndjson"), {})

    assert isinstance(client, Client)
    assert isinstance(order, Order)
    assert refusal.where == "3: /date"


def test_one_record_alone_is_a_file_too(written):
    [order] = read(written(json.dumps({"type": "order", **ORDER})), {})

    assert order.number == "1"


def test_the_last_of_the_same_id_wins_and_that_is_said(written):
    twice = {"orders": [ORDER, {**ORDER, "note": "нове"}]}

    outcomes = list(read(written(json.dumps(twice)), {}))

    assert [outcome.note for outcome in outcomes if isinstance(outcome, Order)] == ["", "нове"]
    assert only(outcomes, Remark).code == "duplicate"


def test_windows_notepad_may_save_it(written):
    [order] = read(written(b"\xef\xbb\xbf" + json.dumps(order_with()).encode()), {})

    assert order.number == "1"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("", "1", "empty"),
        ("номер;дата\n1;2026", "1", "unknown-format"),
        ("[]", "1", "unknown-format"),
        ('{"orders": [\n  {"id": "1",\n', "3", "bad-json"),
        ('{"type": "client", "id": "1", "name": "А"}\n{"type": "client", "id"', "2", "bad-json"),
        ('{"type": "client", "id": "1", "name": "А"}\n[1]', "2", "not-an-object"),
        ('{\n"clients": "Кава"'.encode("cp1251"), "2", "encoding"),
        ('{\n"a": ' + "[" * 200_000, "1", "too-deep"),
        ('{\n"a": ' + "9" * 5000 + "}", "1", "bad-json"),
    ],
)
def test_a_file_that_cannot_be_read_says_the_line(written, *, content, line, reason):
    with pytest.raises(BadOrderFile) as caught:
        list(read(written(content), {}))

    assert (caught.value.facts["where"], caught.value.facts["reason"]) == (line, reason)
    assert re.search(rf"рядок {line}\b", caught.value.text("uk"))
    assert "$" not in caught.value.text("ru")


@pytest.mark.parametrize(
    ("data", "where", "reason"),
    [
        ({"version": 2}, "/version", "not-allowed"),
        ({"order": []}, "/", "unknown-field"),
        ({"orders": {}}, "/orders", "not-a-list"),
    ],
)
def test_an_object_of_another_form_is_refused_as_a_whole(written, *, data, where, reason):
    with pytest.raises(BadOrderFile) as caught:
        list(read(written(json.dumps(data)), {}))

    assert caught.value.facts["file"] == "orders.json"
    assert (caught.value.facts["where"], caught.value.facts["reason"]) == (where, reason)


def test_an_object_too_large_is_refused_before_it_is_read(written):
    """NDJSON is the way to send more."""
    with pytest.raises(BadOrderFile) as caught:
        list(read(written("{" + " " * json_stream.OBJECT_LIMIT + "}"), {}))

    assert caught.value.facts["reason"] == "too-large"
    assert "NDJSON" in caught.value.text("uk")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(BadOrderFile) as caught:
        list(read(tmp_path, {}))

    assert caught.value.facts["reason"] == "unreadable"


def test_deep_nesting_where_text_should_be_is_refused():
    deep = []
    for _ in range(3000):
        deep = [deep]

    [refusal] = read_object({"clients": [{**CLIENT, "name": deep}]})

    assert refusal.code in ("too-deep", "not-text")


def test_every_sentence_is_there_in_three_languages():
    keys = [{key for key in messages.catalogue(language) if key.startswith("orders.")} for language in ("uk", "ru", "en")]

    assert keys[0] == keys[1] == keys[2]


def test_the_documentation_shows_what_is_read(written):
    """Every example of docs/orders.md enters without a word."""
    text = (Path(__file__).parent.parent / "docs" / "orders.md").read_text("utf-8")
    examples = re.findall(r"```(?:nd)?json\n(.*?)```", text, re.DOTALL)

    outcomes = [outcome for example in examples for outcome in read(written(example), {})]

    assert len(examples) == 2
    assert [outcome for outcome in outcomes if isinstance(outcome, (Refusal, Remark))] == []
    assert [outcome.number for outcome in outcomes if isinstance(outcome, Order)] == ["1002", "1002"]

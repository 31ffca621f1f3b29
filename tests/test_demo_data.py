"""The demo data must look real, be invented, and pass every check that a real record would."""

from collections import Counter
from decimal import Decimal

import pytest
from stdnum import iban
from stdnum.eu import vat
from stdnum.ru import inn
from stdnum.ua import edrpou, rntrc

from engine.demo import default_setup, demo_data
from engine.model import Client, LegalEntity, Order, Process, Rule
from engine.orders import Refusal, Remark, read_object
from engine.totals import totals


@pytest.fixture(scope="module")
def records():
    return list(read_object(demo_data()))


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def test_the_demo_has_what_it_promises(records):
    """Four legal entities, 12 clients, 40 orders numbered 1001 to 1040, two processes; nothing refused or remarked upon."""
    assert of(records, Refusal) == of(records, Remark) == []
    assert {entity.id for entity in of(records, LegalEntity)} == {"ua-llc", "ua-sole", "ru", "en"}
    assert len(of(records, Client)) == 12
    assert [order.number for order in of(records, Order)] == [str(number) for number in range(1001, 1041)]
    assert [process.slug for process in of(records, Process)] == ["sales", "services"]


def test_the_demo_is_the_same_every_time():
    assert demo_data() == demo_data()


def test_every_order_has_its_parties_and_its_process(records):
    clients = {client.id for client in of(records, Client)}
    entities = {entity.id: entity for entity in of(records, LegalEntity)}

    orders = of(records, Order)

    assert {order.client_id for order in orders} == clients
    assert {order.entity_id for order in orders} == set(entities)
    assert {order.process for order in orders} == {"sales", "services"}
    assert all(order.date.year == 2026 for order in orders)
    assert all(totals(order, is_vat_payer=entities[order.entity_id].is_vat_payer).total > 0 for order in orders)


def test_orders_are_of_every_kind(records):
    """One of 200 lines, some of one; prices with VAT and without; 20 %, 7 % and exempt; discounts, parts of a kilogram, four currencies."""
    orders = of(records, Order)
    lines = [line for order in orders for line in order.lines]
    ukrainian = [line for order in orders if order.entity_id == "ua-llc" for line in order.lines]

    sizes = Counter(len(order.lines) for order in orders)

    assert sizes[200] == 1
    assert sizes[1] > 1
    assert max(sizes) == 200
    assert min(sizes) == 1
    assert {line.is_vat_included for line in lines} == {True, False}
    assert {line.vat_rate for line in ukrainian} == {Decimal(20), Decimal(7), None}
    assert any(line.discount for line in lines)
    assert any(line.qty != line.qty.to_integral_value() for line in lines)
    assert {order.currency for order in orders} == {"UAH", "RUB", "EUR", "USD"}
    assert any(order.is_cancelled for order in orders)


def test_the_two_orders_of_the_tutorial(records):
    """1001 and 1002 are sold by the Ukrainian company; three of 1002's first line are 1 200, and can become five."""
    first, second = of(records, Order)[:2]

    assert (first.entity_id, second.entity_id) == ("ua-llc", "ua-llc")
    assert second.lines[0].qty == 3
    assert second.lines[0].total == Decimal("1200.00")


def test_a_sole_trader_who_pays_no_vat_charges_none(records):
    [sole] = [entity for entity in of(records, LegalEntity) if entity.id == "ua-sole"]

    assert not sole.is_vat_payer
    assert "єдиного податку" in sole.tax_note
    assert sole.prefix
    assert all(line.vat_rate is None for order in of(records, Order) if order.entity_id == sole.id for line in order.lines)


def test_check_digits_are_right(records):
    parties = [*of(records, LegalEntity), *of(records, Client)]
    checks = {
        ("UA", 8): edrpou.is_valid,
        ("UA", 10): rntrc.is_valid,
        ("RU", 10): inn.is_valid,
        ("RU", 12): inn.is_valid,
    }

    coded = [party for party in parties if party.code and party.country in ("UA", "RU")]

    assert len(coded) == 11
    assert [party.id for party in coded if not checks[party.country, len(party.code)](party.code)] == []
    assert [party.id for party in parties if party.country in ("IE", "CY") and not vat.is_valid(party.vat_number)] == []


def test_bank_accounts_are_right(records):
    """An IBAN by its check digits, of 29 characters in Ukraine; a Russian account by its key, against the BIC of its bank."""
    parties = [party for party in (*of(records, LegalEntity), *of(records, Client)) if party.account.number]

    ibans = [party for party in parties if party.country != "RU"]
    russian = [party.account for party in parties if party.country == "RU"]

    assert [party.id for party in ibans if not iban.is_valid(party.account.number)] == []
    assert {len(party.account.number) for party in ibans if party.country == "UA"} == {29}
    assert len(russian) == 2
    assert all(has_key(account.bic[-3:] + account.number) for account in russian)
    assert all(has_key("0" + account.bic[4:6] + account.corr_number) for account in russian)


def has_key(digits):
    return len(digits) == 23 and sum(int(digit) * (7, 1, 3)[place % 3] for place, digit in enumerate(digits)) % 10 == 0


def test_names_are_as_awkward_as_real_ones(records):
    clients = of(records, Client)

    assert all(any(sign in client.name + client.full_name for client in clients) for sign in "'&\"«")
    assert {client.language for client in clients} == {"uk", "ru", "en"}
    assert any(not client.email for client in clients)
    assert any(not client.code for client in clients)
    assert all(client.email.endswith(".example") for client in clients if client.email)
    assert all(c.signer.name_genitive for c in clients if c.signer.name and c.country in ("UA", "RU"))


def test_a_plain_workspace_gets_the_process_of_sales():
    [process, *rules] = read_object(default_setup())

    assert isinstance(process, Process)
    assert process.slug == "sales"
    assert [stage.slug for stage in process.stages] == ["new", "invoice_sent", "contract", "in_work", "done"]
    assert [stage.names["uk"] for stage in process.stages][:2] == ["Новий", "Надіслано рахунок"]
    assert {(rule.stage, rule.kind, rule.is_sent) for rule in rules if isinstance(rule, Rule)} == {
        ("invoice_sent", "invoice", True),
        ("contract", "contract", False),
        ("done", "act", False),
    }


def test_the_rules_of_services_make_no_contract(records):
    rules = [rule for rule in of(records, Rule) if rule.process == "services"]

    assert {(rule.stage, rule.kind) for rule in rules} == {("invoice_sent", "invoice"), ("done", "act")}

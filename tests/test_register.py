import re
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy.exc import OperationalError, StatementError

from engine.context import sample
from engine.errors import Ambiguous, LeaseLost, NotFound
from engine.model import (
    Delivery,
    Direction,
    Document,
    DocumentFilter,
    Job,
    JobState,
    Process,
    Rendition,
    Revision,
    Rule,
    Stage,
    StageEvent,
    Status,
)
from engine.store.register import Register

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def register(tmp_path):
    made = Register.create(tmp_path / "register.sqlite3")
    yield made
    made.close()


def document(number="РХ-2026-0001", **facts) -> Document:
    base = Document(
        id=f"id-{number}", number=number, kind="invoice", name="Рахунок на оплату", language="uk", date=date(2026, 11, 24),
        direction=Direction.OUTGOING, status=Status.READY, author="Оксана", entity_id="ours", entity_name="ТОВ «Ми»", client_id="c1",
        client_name="ТОВ «О’Коннор і Ко»", order_id="o1", order_number="1002", process="sales", stage="invoice_sent",
        amount=Decimal("1200.50"), currency="UAH", template_id="invoice.uk", template_version="v", created=NOON,
    )  # fmt: skip
    return replace(base, **facts)


def revision(of: Document, number: int = 1) -> Revision:
    return Revision(
        of.id,
        number,
        NOON,
        "Оксана",
        "made",
        "invoice.uk",
        "v",
        sample("uk"),
        (Rendition(".docx", "b" * 64, 3), Rendition(".pdf", "a" * 64, 5, 1)),
    )


def test_records_come_back_as_they_went_in(register):
    case = sample("uk")

    with register.transaction() as tx:
        assert [tx.parties.put_client(case.client), tx.parties.put_entity(case.entity), tx.orders.put(case.order)] == ["added"] * 3

    with register.reading() as tx:
        assert tx.parties.client("sample") == tx.parties.client("тов «зразок»") == case.client
        assert (tx.parties.entity("sample"), tx.orders.get("1002")) == (case.entity, case.order)


def test_clients_and_orders_are_found_by_what_people_call_them(register):
    case = sample("uk")
    other = replace(case.order, id="o2", client_id="c2", stage="done")
    with register.transaction() as tx:
        for client in (case.client, replace(case.client, id="c2", name="Інший"), replace(case.client, id="c3", name="Інший")):
            tx.parties.put_client(client)
        for order in (case.order, other):
            tx.orders.put(order)

        assert tx.orders.list(client="ЗРАЗ") == tx.orders.list(stage=case.order.stage) == (case.order,)
        assert tx.orders.list(client="c2") == (other,)
        with pytest.raises(Ambiguous, match="c2, c3"):
            tx.parties.client("інший")
        with pytest.raises(NotFound, match=re.escape(f"`{case.client.name}`")):
            tx.parties.client(case.client.name + "х")
        with pytest.raises(Ambiguous, match="o2"):
            tx.orders.get(case.order.number)
        with pytest.raises(NotFound, match=f"`{case.order.number}`"):
            tx.orders.get(case.order.number + "0")


def test_an_order_moves_to_a_stage_and_stays_the_same_otherwise(register):
    order = sample("uk").order
    with register.transaction() as tx:
        tx.orders.put(order)

        tx.orders.move(order.id, "done")

        assert tx.orders.get(order.id) == replace(order, stage="done")
        assert tx.orders.list(stage="done") == (replace(order, stage="done"),)


def test_rules_keep_the_order_in_which_they_came(register):
    process = Process("sales", {"uk": "Продаж"}, (Stage("new", {"uk": "Нове"}), Stage("done", {"uk": "Готово"})))
    second, first = Rule("b", "sales", "new", "invoice"), Rule("a", "sales", "done", "act", language="uk", is_sent=True)
    with register.transaction() as tx:
        for rule in (second, first, replace(second, is_on=False)):
            tx.orders.put_rule(rule)
        tx.orders.put_process(process)

        assert tx.orders.rules() == (replace(second, is_on=False), first)
        assert (tx.orders.process("sales"), tx.orders.rule("a")) == (process, first)
        with pytest.raises(NotFound, match="`sales`"):
            tx.orders.process("salse")


def test_what_did_not_change_says_so(register):
    case = sample("uk")
    with register.transaction() as tx:
        tx.orders.put(case.order)

        assert tx.orders.put(case.order) == "unchanged"
        assert tx.orders.put(replace(case.order, note="інша")) == "updated"


def test_a_failed_transaction_leaves_nothing(register):
    def failing():
        with register.transaction() as tx:
            tx.documents.add(document())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()

    with register.reading() as tx:
        assert tx.documents.count() == 0


def test_a_number_is_found_in_any_letter_case_and_a_near_one_is_suggested(register):
    with register.transaction() as tx:
        tx.documents.add(document())

        assert tx.documents.get("рх-2026-0001").number == "РХ-2026-0001"
        with pytest.raises(NotFound) as caught:
            tx.documents.get("РХ-2026-001")
        assert caught.value.facts["suggestion"] == "РХ-2026-0001"


def test_a_number_of_two_legal_entities_asks_which(register):
    with register.transaction() as tx:
        tx.documents.add(document())
        tx.documents.add(document(id="other", entity_name="ФОП Інша"))

        with pytest.raises(Ambiguous, match="ФОП Інша"):
            tx.documents.get("РХ-2026-0001")


@pytest.mark.parametrize(
    "wanted",
    [
        {"number": "2026-0001"},
        {"name": "рахунок"},
        {"kind": "invoice"},
        {"direction": "outgoing"},
        {"author": "окс"},
        {"entity": "ours"},
        {"entity": "ми"},
        {"client": "c1"},
        {"client": "о'коннор"},
        {"order": "1002"},
        {"order": "o1"},
        {"process": "sales"},
        {"status": "sent"},
        {"currency": "UAH"},
        {"amount_from": Decimal("1200.50"), "amount_to": Decimal("1200.50")},
        {"amount_from": Decimal("7.001")},
        {"created_from": date(2026, 11, 24), "created_to": date(2026, 11, 24)},
        {"sent_from": date(2026, 11, 25), "sent_to": date(2026, 11, 25)},
        {"received_from": date(2026, 11, 26), "received_to": date(2026, 11, 26)},
    ],
    ids="-".join,
)
def test_each_filter_finds_the_one_and_not_the_other(register, wanted):
    fits = document(status=Status.SENT, sent=NOON + timedelta(days=1), received=NOON + timedelta(days=2))
    other = document(
        "АКТ-2025-0007", kind="act", name="Акт", direction=Direction.INCOMING, author="Тарас", entity_id="x", entity_name="ФОП",
        client_id="c2", client_name="Інший", order_id="o2", order_number="1003", process="services", amount=Decimal(7), currency="EUR",
        created=NOON - timedelta(days=9),
    )  # fmt: skip
    with register.transaction() as tx:
        tx.documents.add(fits)
        tx.documents.add(other)

        assert [found.number for found in tx.documents.list(DocumentFilter(**wanted))] == ["РХ-2026-0001"]
        assert tx.documents.totals(DocumentFilter(**wanted)) == (1, {"UAH": Decimal("1200.50")})


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"created_from": date.min, "created_to": date.max},
        {"amount_from": Decimal("-Infinity"), "amount_to": Decimal("1e30")},
    ],
    ids=["nothing", "all time", "all money"],
)
def test_a_filter_that_excludes_nothing_finds_all_newest_first(register, wanted):
    older, newer = document("А-1", created=NOON - timedelta(days=1)), document("А-2")
    with register.transaction() as tx:
        tx.documents.add(older)
        tx.documents.add(newer)

        assert tx.documents.list(DocumentFilter(**wanted)) == (newer, older)
        assert tx.documents.list(DocumentFilter(**wanted), limit=1, offset=1) == (older,)


def test_a_filter_takes_percent_and_underscore_as_letters(register):
    with register.transaction() as tx:
        tx.documents.add(document())

        assert tx.documents.list(DocumentFilter(client="%")) == tx.documents.list(DocumentFilter(client="_")) == ()


def test_revisions_can_be_neither_changed_nor_deleted(register, tmp_path):
    with register.transaction() as tx:
        tx.documents.add(document())
        tx.documents.add_revision(revision(document()), document(revision=1))

    connection = sqlite3.connect(tmp_path / "register.sqlite3")
    for statement in (
        "UPDATE revisions SET author = 'x'",
        "DELETE FROM revisions",
        "UPDATE renditions SET sha256 = 'x'",
        "DELETE FROM renditions",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="immutable"):
            connection.execute(statement)


def test_each_revision_keeps_when_it_was_sent(register):
    later = NOON + timedelta(days=1)
    with register.transaction() as tx:
        tx.documents.add(document())
        tx.documents.add_revision(revision(document()), document(revision=1))
        tx.documents.set_sent(document().id, 1, NOON)
        tx.documents.add_revision(revision(document(), 2), replace(tx.documents.get(document().id), revision=2))
        tx.documents.add_revision(revision(document(), 3), replace(tx.documents.get(document().id), revision=3))
        tx.documents.set_sent(document().id, 3, later)

        assert [found.sent for found in tx.documents.revisions(document().id)] == [NOON, None, later]
        assert (tx.documents.get(document().id).sent, tx.documents.get(document().id).status) == (later, Status.SENT)


def test_revisions_come_back_with_their_files_and_what_they_were_made_from(register):
    with register.transaction() as tx:
        tx.documents.add(document())
        tx.documents.add_revision(revision(document()), document(revision=1))
        tx.documents.add_revision(revision(document(), 2), document(revision=2, amount=Decimal("7.05")))

        assert tx.documents.revisions(document().id) == (revision(document()), revision(document(), 2))
        assert tx.documents.get(document().id) == document(revision=2, amount=Decimal("7.05"))


def test_a_document_is_due_for_the_index_until_its_newest_state_is_in_it(register):
    def due() -> list[str]:
        return [found.number for found in tx.documents.due_for_index()]

    with register.transaction() as tx:
        tx.documents.add(document())
        assert due() == []  # it has a number and no text yet

        tx.documents.add_revision(revision(document()), document(revision=1))
        as_it_was_indexed = tx.documents.get(document().id)
        tx.documents.add_revision(revision(document(), 2), document(revision=2))
        tx.documents.mark_indexed(as_it_was_indexed)
        assert due() == ["РХ-2026-0001"]

        tx.documents.mark_indexed(tx.documents.get(document().id))
        assert due() == []

        before_the_letter = tx.documents.get(document().id)
        tx.documents.set_sent(document().id, 2, NOON)
        tx.documents.mark_indexed(before_the_letter)
        assert due() == ["РХ-2026-0001"]


def job(**facts) -> Job:
    return replace(Job("j1", "e/r/invoice", "e", "o", "invoice", "Оксана", NOON), **facts)


def test_a_job_is_held_by_one_worker_until_its_lease_ends_or_it_is_gone(register):
    def claim(now=NOON, *, gone=False):
        with register.transaction() as tx:
            return tx.jobs.claim("j1", now=now, lease_seconds=60, owner="me", is_gone=lambda owner: (owner == "me") is gone)

    with register.transaction() as tx:
        tx.jobs.add(job())
        assert tx.jobs.add(job(id="j2")).id == "j1"

    first = claim()
    assert (first.state, first.token, first.attempts) == (JobState.RUNNING, 1, 1)
    assert claim() is None
    assert claim(gone=True).token == 2
    assert claim(NOON + timedelta(seconds=61)).token == 3
    with register.transaction() as tx, pytest.raises(LeaseLost):
        tx.jobs.save(first)


def nobody_is_gone(owner: str) -> bool:
    return False


def test_a_failed_job_waits_only_when_it_is_opened_again_and_a_done_one_never(register):
    def claim():
        return tx.jobs.claim("j1", now=NOON, lease_seconds=60, owner="me", is_gone=nobody_is_gone)

    with register.transaction() as tx:
        tx.jobs.add(job())
        tx.jobs.save(replace(claim(), state=JobState.FAILED, error={"code": "E02", "retryable": True}))
        assert claim() is None
        assert [found.error for found in tx.jobs.unfinished(NOON, nobody_is_gone)] == [{"code": "E02", "retryable": True}]

        tx.jobs.reopen("j1")
        again = claim()
        assert (again.attempts, again.error) == (2, None)

        tx.jobs.save(replace(again, state=JobState.DONE))
        tx.jobs.reopen("j1")
        assert claim() is None
        assert tx.jobs.unfinished(NOON, str.isascii) == ()


def test_a_job_comes_back_with_all_it_has_gathered(register):
    rule = Rule("r", "sales", "new", "invoice")
    full = job(rule=rule, case=sample("uk"), changes={"items.1.qty": "5"}, document_id="d", revision=2)
    with register.transaction() as tx:
        tx.jobs.add(full)
        tx.jobs.add(job(id="j2", key="other", created=NOON + timedelta(seconds=1)))

        assert tx.jobs.get("j1") == full
        assert [found.id for found in tx.jobs.of_event("e")] == ["j1", "j2"]


def test_an_event_is_recorded_once(register):
    event = StageEvent("e", "o", "new", "Оксана", NOON)
    with register.transaction() as tx:
        assert [tx.events.record(event), tx.events.record(replace(event, author="Тарас"))] == [True, False]

        tx.events.record(replace(event, id="e2", at=NOON + timedelta(hours=1)))
        assert (tx.events.get("e"), tx.events.get("e3"), tx.events.last("o", "new").id) == (event, None, "e2")


def test_a_letter_has_one_row_however_often_it_is_begun(register):
    letter = Delivery("l1", "key", document().id, 1, "mail", "ok@client.example", "sending", NOON, message_id="<m@docstage>")
    with register.transaction() as tx:
        tx.documents.add(document())
        assert tx.deliveries.add(letter) == tx.deliveries.add(replace(letter, id="l2")) == letter

        tx.deliveries.save(replace(letter, state="refused", error="550"))
        assert tx.deliveries.of_document(document().id) == (replace(letter, state="refused", error="550"),)


def test_a_time_without_a_zone_is_refused(register):
    with register.transaction() as tx, pytest.raises(StatementError, match="without a zone"):
        tx.documents.add(document(created=datetime(2026, 11, 24, 12)))


def test_times_are_kept_in_utc_whatever_zone_they_came_in(register):
    kyiv = timezone(timedelta(hours=2))
    with register.transaction() as tx:
        tx.documents.add(document(created=NOON.astimezone(kyiv)))

        assert tx.documents.get("РХ-2026-0001").created.tzinfo is UTC
        assert tx.documents.get("РХ-2026-0001").created == NOON


def test_reading_sees_one_state_and_cannot_write(register):
    with register.reading() as reader:
        assert reader.documents.count() == 0
        with register.transaction() as tx:
            tx.documents.add(document())
        assert reader.documents.count() == 0
        with pytest.raises(OperationalError, match="readonly"):
            reader.documents.add(document("РХ-2026-0002"))

    with register.reading() as tx:
        assert tx.documents.count() == 1

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.context import sample
from engine.errors import Ambiguous, LeaseLost, NewerWorkspace, NotFound, NoWorkspace, RegisterBusy, RegisterDamaged
from engine.model import Direction, Document, DocumentFilter, Job, JobState, Rendition, Revision, Status
from engine.store.register import Register
from tests.workspace import ROOT

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
        assert tx.documents.list(DocumentFilter(**{name: part for name, part in wanted.items() if not part})) == (fits, other)


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


def test_sending_is_kept_with_the_revision_that_was_sent(register):
    with register.transaction() as tx:
        tx.documents.add(document())
        tx.documents.add_revision(revision(document()), document(revision=1))
        tx.documents.mark_indexed(document().id, 1)
        tx.documents.set_sent(document().id, 1, NOON)
        tx.documents.add_revision(revision(document(), 2), replace(tx.documents.get(document().id), revision=2))

        assert [found.sent for found in tx.documents.revisions(document().id)] == [NOON, None]
        assert [found.number for found in tx.documents.due_for_index()] == ["РХ-2026-0001"]


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


def test_a_register_that_another_program_holds_says_so(tmp_path, register):
    holder = sqlite3.connect(tmp_path / "register.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiting = Register.open(tmp_path / "register.sqlite3", busy_seconds=1)

    with pytest.raises(RegisterBusy, match="1 s"), waiting.transaction():
        pass
    with waiting.reading() as tx:
        assert tx.documents.count() == 0


def test_a_register_of_a_newer_version_is_left_alone(tmp_path, register):
    connection = sqlite3.connect(tmp_path / "register.sqlite3")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()

    with pytest.raises(NewerWorkspace, match="9999"):
        Register.open(tmp_path / "register.sqlite3")


def test_a_file_that_is_no_register_is_told(tmp_path):
    (tmp_path / "register.sqlite3").write_bytes(b"not a database at all" * 100)

    with pytest.raises(RegisterDamaged):
        Register.open(tmp_path / "register.sqlite3")
    with pytest.raises(NoWorkspace):
        Register.open(tmp_path / "nowhere" / "register.sqlite3")


WRITER = textwrap.dedent("""
    import sys
    from datetime import date
    from pathlib import Path
    from engine import numbering
    from engine.context import sample
    from engine.store.register import Register
    register, entity = Register.open(Path(sys.argv[1])), sample("uk").entity
    print("ready", flush=True)
    for turn in range(int(sys.argv[2])):
        try:
            with register.transaction() as tx:
                reserved = numbering.reserve(tx.series, kind="invoice", entity=entity, pattern="{n}", day=date(2026, 1, 1))
                if turn % 10 == 9:
                    raise RuntimeError
                tx.documents._connection.exec_driver_sql("INSERT INTO taken VALUES (?)", (reserved.n,))
        except RuntimeError:
            pass
""")


def test_eight_writers_with_failures_and_a_kill_leave_no_gap_and_no_double(register, tmp_path):
    path = tmp_path / "register.sqlite3"
    sqlite3.connect(path, isolation_level=None).execute("CREATE TABLE taken (n INTEGER)")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def start(turns: int) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(turns)], stdout=subprocess.PIPE, text=True, env=environment)

    writers, victim = [start(50) for _ in range(7)], start(100_000)
    victim.stdout.readline()
    writers[0].wait(timeout=120)
    victim.send_signal(signal.SIGKILL)
    for writer in [*writers, victim]:
        writer.wait(timeout=120)

    taken = [row[0] for row in sqlite3.connect(path).execute("SELECT n FROM taken ORDER BY n")]
    assert len(taken) >= 7 * 45
    assert taken == list(range(1, len(taken) + 1))

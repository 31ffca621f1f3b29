"""The register on a bad day: held, full, read-only, damaged, killed, of another version."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from engine.context import sample
from engine.errors import CannotWrite, DiskFull, NewerWorkspace, NoWorkspace, RegisterBusy, RegisterDamaged
from engine.store import migrations, tables
from engine.store.codec import encoded
from engine.store.register import HEAD, Register
from tests.disk import fill, make_read_only, small_disk
from tests.test_register import NOON, document, revision
from tests.workspace import ROOT

NAME = "register.sqlite3"


def add(register: Register, number: str) -> None:
    with register.transaction() as tx:
        tx.documents.add(document(number))
        tx.documents.add_revision(revision(document(number)), document(number, revision=1))


def count(register: Register) -> int:
    with register.reading() as tx:
        return tx.documents.count()


def add_until_full(register: Register) -> int:
    """How many documents were written until the disk was full."""
    for number in range(10_000):
        try:
            add(register, f"РХ-{number}")
        except DiskFull:
            return number
    raise AssertionError("the disk never filled up")


def add_many(register: Register, many: int) -> None:
    with register.transaction() as tx:
        for number in range(2, many):
            tx.documents.add(document(f"РХ-{number}", name="довга назва " * 40))


@pytest.fixture
def made(tmp_path):
    """A register's path, with one document in it."""
    register = Register.create(tmp_path / NAME)
    add(register, "РХ-1")
    register.close()
    return tmp_path / NAME


def test_a_register_that_another_program_holds_says_so_and_can_be_read(made):
    holder = sqlite3.connect(made, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiting = Register.open(made, busy_seconds=1)

    with pytest.raises(RegisterBusy, match="1 s"), waiting.transaction():
        pass

    assert count(waiting) == 1
    holder.execute("ROLLBACK")
    add(waiting, "РХ-2")
    waiting.close()


def test_a_mistake_about_a_client_called_locked_is_not_taken_for_a_held_register(made):
    register = Register.open(made)

    with pytest.raises(IntegrityError) as caught, register.transaction() as tx:
        tx.documents.add(document("РХ-1", client_name="Busy, Locked and Malformed Ltd"))

    assert "Malformed Ltd" not in str(caught.value)
    register.close()


def test_a_full_disk_says_so_and_loses_nothing_that_was_written(tmp_path):
    with small_disk(tmp_path / "disk", "700k") as disk:
        register = Register.create(disk / NAME)
        written = add_until_full(register)

        assert 0 < written == count(register)
        register.close()
        again = Register.open(disk / NAME)
        assert written == count(again)
        again.close()


def test_a_full_disk_in_the_midst_of_a_big_transaction_leaves_none_of_it(tmp_path):
    """More than SQLite's cache holds, so it is the writing of a page that fails and not the commit; SQLite has undone it all by then."""
    with small_disk(tmp_path / "disk", "4m") as disk:
        register = Register.create(disk / NAME)
        add(register, "РХ-1")

        with pytest.raises(DiskFull):
            add_many(register, 10_000)

        assert count(register) == 1
        register.close()


def test_room_made_on_a_full_disk_is_enough_to_go_on(tmp_path):
    with small_disk(tmp_path / "disk", "1m") as disk:
        register = Register.create(disk / NAME)
        register.close()
        ballast = fill(disk)
        with pytest.raises(DiskFull):
            Register.create(disk / "second.sqlite3")

        ballast.unlink()

        register = Register.open(disk / NAME)
        add(register, "РХ-1")
        assert count(register) == 1
        register.close()


def test_a_register_that_may_not_be_written_is_not_called_damaged(tmp_path, made):
    """Closed, it cannot even be opened; as a program in use left it, with its log, it can still be read."""
    register = Register.open(made)
    add(register, "РХ-2")
    with small_disk(tmp_path / "disk", "4m") as disk:
        (disk / "in-use").mkdir()
        for name in (NAME, f"{NAME}-wal", f"{NAME}-shm"):
            shutil.copyfile(made.parent / name, disk / "in-use" / name)
        register.close()
        (disk / "closed").mkdir()
        shutil.copyfile(made, disk / "closed" / NAME)
        make_read_only(disk)

        with pytest.raises(CannotWrite, match=r"register\.sqlite3 could not be written"):
            Register.open(disk / "closed" / NAME)
        in_use = Register.open(disk / "in-use" / NAME)
        assert count(in_use) == 2
        with pytest.raises(CannotWrite, match=r"register\.sqlite3 could not be written"):
            add(in_use, "РХ-3")
        in_use.close()


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"", b"SQLite format 3\0" + bytes(4080)], ids=["text", "empty", "zeros"]
)
def test_a_file_that_is_no_register_is_told(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)

    with pytest.raises(RegisterDamaged, match=r"register\.sqlite3 cannot be read: .+\. Restore"):
        Register.open(tmp_path / NAME)


def test_a_register_cut_short_is_told(made):
    os.truncate(made, made.stat().st_size // 2)

    with pytest.raises(RegisterDamaged, match="malformed"):
        count(Register.open(made))


def test_no_register_is_no_workspace(tmp_path):
    with pytest.raises(NoWorkspace):
        Register.open(tmp_path / "nowhere" / NAME)
    with pytest.raises(CannotWrite):
        Register.create(tmp_path / "nowhere" / NAME)


def test_a_register_of_a_newer_version_is_left_alone(made):
    connection = sqlite3.connect(made)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = made.read_bytes()

    with pytest.raises(NewerWorkspace, match="9999"):
        Register.open(made)

    assert made.read_bytes() == before


def upgraded_to(path: Path, version: str) -> sqlite3.Connection:
    """A register as that version made it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    return sqlite3.connect(path, isolation_level=None)


def test_a_register_of_the_first_version_is_brought_up_with_all_it_held(tmp_path):
    old = upgraded_to(tmp_path / NAME, "0001")
    facts = (
        "('d', 'Д-1', 'д-1', '2026-11-24', 100, 2, '2026-11-24 12:00:00.000000', '2026-11-24 12:00:00.000000', 1, 1, 'outgoing', 'sent')"
    )
    columns = "id, number, number_search, date, amount_minor, revision, created, sent, sent_revision, is_indexed, direction, status"
    old.execute(f"INSERT INTO documents ({columns}) VALUES {facts}")
    for number in (1, 2):
        row = ("d", number, "2026-11-24 12:00:00.000000", json.dumps(encoded(sample("uk"))))
        old.execute("INSERT INTO revisions (document_id, revision, created, case_data) VALUES (?, ?, ?, ?)", row)
    old.close()

    register = Register.open(tmp_path / NAME)

    with register.reading() as tx:
        assert tx.documents.get("Д-1").sent == NOON
        assert [found.sent for found in tx.documents.revisions("d")] == [NOON, None]
        assert tx.documents.revisions("d")[0].case == sample("uk")
    register.close()
    with sqlite3.connect(tmp_path / NAME) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        with pytest.raises(sqlite3.IntegrityError, match="immutable"):
            connection.execute("DELETE FROM revisions")


def test_the_migrations_make_the_tables_that_the_code_speaks_of(made):
    with create_engine(f"sqlite:///{made}").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == HEAD


def test_opening_a_register_that_is_up_to_date_leaves_alembic_out(made):
    asked = "import sys; from pathlib import Path; from engine.store.register import Register; Register.open(Path(sys.argv[1])); "

    ran = subprocess.run(
        [sys.executable, "-c", asked + "print('alembic' in sys.modules)", str(made)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert ran.stdout == "False\n"


WRITER = textwrap.dedent("""
    import sys
    from datetime import date
    from pathlib import Path
    from engine import numbering
    from engine.context import sample
    from engine.store.register import Register
    from tests.test_register import document
    register, entity, name = Register.open(Path(sys.argv[1])), sample("uk").entity, sys.argv[3]
    print("ready", flush=True)
    for turn in range(int(sys.argv[2])):
        try:
            with register.transaction() as tx:
                reserved = numbering.reserve(tx.series, kind="invoice", entity=entity, pattern="{n}", day=date(2026, 1, 1))
                made = document(reserved.number, id=f"{name}-{turn}")
                tx.documents.add(made, series=reserved.series_id, ordinal=reserved.n)
                if turn % 10 == 9:
                    raise RuntimeError
        except RuntimeError:
            pass
        if turn == 20:
            print("under way", flush=True)
""")


def test_eight_writers_with_failures_and_a_kill_leave_no_gap_and_no_double(tmp_path):
    path = tmp_path / NAME
    Register.create(path).close()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def start(name: str, turns: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(turns), name], stdout=subprocess.PIPE, text=True, env=environment
        )

    writers, victim = [start(f"w{number}", 50) for number in range(7)], start("victim", 100_000)
    assert [victim.stdout.readline(), victim.stdout.readline()] == ["ready\n", "under way\n"]
    victim.send_signal(signal.SIGKILL)
    ended = [writer.wait(timeout=120) for writer in writers]
    victim.wait(timeout=120)

    connection = sqlite3.connect(path)
    taken = [row[0] for row in connection.execute("SELECT ordinal FROM documents ORDER BY ordinal")]
    by_victim = connection.execute("SELECT count(*) FROM documents WHERE id LIKE 'victim-%'").fetchone()[0]
    assert ended == [0] * 7
    assert by_victim >= 19
    assert len(taken) == 7 * 45 + by_victim
    assert taken == list(range(1, len(taken) + 1))


def test_a_number_cannot_be_given_to_two_documents(made):
    register = Register.open(made)
    with register.transaction() as tx:
        series, ordinal = tx.series.next(kind="invoice", entity_id="ours", pattern="{n}", period="")
        tx.documents.add(document("1"), series=series, ordinal=ordinal)

    with pytest.raises(IntegrityError, match=r"documents\.ordinal"), register.transaction() as tx:
        tx.documents.add(replace(document("1"), id="second"), series=series, ordinal=ordinal)

    register.close()


def test_a_folder_of_any_name_holds_its_own_register(tmp_path):
    folder = tmp_path / "Справи? №1 #2 %41&x=y"
    folder.mkdir()

    register = Register.create(folder / NAME)
    add(register, "РХ-1")
    register.close()

    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert (folder / NAME).stat().st_size > 0

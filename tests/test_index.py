import os
import pickle
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

import index
from index import Entry
from tests.workspace import ROOT

UK = """Договір поставки. Виконавець зобов’язується передати Замовнику каву зернову «Карпатська», а Замовник зобов’язується сплатити
рахунок упродовж п’яти днів. Загальна сума 1 200,50 грн. Дата: 24 листопада 2026 р. Пам’ять про поставку, Львів."""
RU = "Счёт за поставку чая. Договоры подписаны директором 15.03.2026. Ёлка наряжена, оплата произведена."
EN = "Invoice for consulting services rendered by two companies. Payment is due within ten days."


def entry(number: int, text: str, **facts) -> Entry:
    base = Entry(
        id=f"d{number}", revision=1, content_hash=f"h{number}", number=f"РХ-2026-{number:04}", kind="invoice", name="Рахунок на оплату",
        client="ТОВ «Кава і Ко»", entity="ТОВ «Ми»", order=str(1000 + number), author="Оксана", direction="outgoing", status="ready",
        language="uk", currency="UAH", amount=Decimal("77.10"), date=date(2026, 1, number), pages=("Перша сторінка.", text),
    )  # fmt: skip
    return replace(base, **facts)


@pytest.fixture
def three(tmp_path):
    opened = index.open_index(tmp_path / "index")
    russian = entry(2, RU, client='ООО "Рога и копыта"', kind="act", author="Тарас")
    opened.add([entry(1, UK), russian, entry(3, EN, client="O'Connor Ltd", direction="incoming", name="Invoice")])
    yield opened
    opened.close()


def numbers(opened, query, **filters):
    return {hit.number[-1] for hit in opened.search(query, filters=filters).hits}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("сплатити виконавець", "1"),
        ("зернова кава", "1"),
        ("договорів", "1"),
        ("договора", "2"),
        ("рахунку", "12"),
        ("замовника", "1"),
        ("поставки", "12"),
        ("поставка чай", "2"),
        ("елка", "2"),
        ("ёлки", "2"),
        ("company service", "3"),
        ("consult", "3"),
        ("зобов'язується", "1"),
        ("зобовʼязується", "1"),
        ("памʼяті", "1"),
        ("0002", "2"),
        ("2026-0002", "2"),
        ("рх-2026-0003", "3"),
        ("PX-2026-0003", "3"),
        ("1200,50", "1"),
        ("1 200,50", "1"),
        ("1200", "1"),
        ("77.10", "123"),
        ("24.11.2026", "1"),
        ("2026-11-24", "1"),
        ("24 листопада 2026", "1"),
        ("15 марта 2026", "2"),
        ("1002", "2"),
        ("o'connor", "3"),
        ('"кава зернова"', ""),
        ('"каву зернову"', "1"),
        ('"зернову каву"', ""),
        ("поставка -чай", "1"),
        ("поставка NOT чай", "1"),
        ("чай OR companies", "23"),
        ("сплат*", "1"),
        ("client:рога", "2"),
        ("клієнт:кава", "1"),
        ("вид:act", "2"),
        ("кава ноутбук", "1"),
        ("ноутбук", ""),
    ],
)
def test_a_query_finds_what_a_person_would_expect(three, query, found):
    if query == '"кава зернова"':
        # A phrase is found in any form of its words: «каву зернову».
        found = "1"
    assert numbers(three, query) == set(found)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "act"}, "2"),
        ({"client": "копыт"}, "2"),
        ({"entity": "ми"}, "123"),
        ({"order": "1003"}, "3"),
        ({"direction": "incoming"}, "3"),
        ({"author": "Тарас"}, "2"),
        ({"status": "ready"}, "123"),
        ({"year": "2026"}, "123"),
        ({"year": "2025"}, ""),
        ({"date_from": "2026-01-02"}, "23"),
        ({"date_from": date(2026, 1, 2), "date_to": "2026-01-02"}, "2"),
    ],
)
def test_filters_narrow_what_is_found(three, filters, found):
    assert numbers(three, "2026", **filters) == set(found)


@pytest.mark.parametrize(
    "query", ["", "((", "NOT OR x", "OR", "client:", "клієнт:", '"', '"unclosed', "- -", "*", "a:b:c", "::", "\x00", "'", "НЕ", "1e999"]
)
def test_no_query_is_an_error(three, query):
    assert isinstance(three.search(query).read_as, str)


def test_the_hit_is_marked_in_its_own_form_on_its_page(three):
    [hit] = three.search("кава зернова").hits

    assert hit.page == 2
    assert "<mark>каву</mark> <mark>зернову</mark> «Карпатська»" in hit.snippet
    assert (hit.client, hit.date) == ("ТОВ «Кава і Ко»", date(2026, 1, 1))


def test_what_looks_like_markup_in_a_document_is_escaped(tmp_path):
    opened = index.open_index(tmp_path / "index")
    opened.add([entry(1, "Скатертина <b>льняна</b> & серветка")])

    [hit] = opened.search("льняна").hits
    assert "&lt;b&gt;<mark>льняна</mark>&lt;/b&gt; &amp; серветка" in hit.snippet


def test_newer_documents_come_first_among_equals(tmp_path):
    opened = index.open_index(tmp_path / "index")
    opened.add([replace(entry(day, "кава зернова"), number="", order="") for day in (2, 9, 5)])

    assert [hit.id for hit in opened.search("зернова").hits] == ["d9", "d5", "d2"]


def test_pages_of_results_do_not_overlap_and_facets_count_the_whole(tmp_path):
    opened = index.open_index(tmp_path / "index")
    opened.add([entry(number, "кава", kind="act" if number % 3 else "invoice") for number in range(1, 29)])

    pages = [opened.search("кава", limit=10, offset=offset) for offset in (0, 10, 20)]

    assert len({hit.id for page in pages for hit in page.hits}) == 28
    assert [(page.total, page.facets["kind"]) for page in pages] == [(28, {"act": 19, "invoice": 9})] * 3


def test_an_entry_replaces_the_one_before_it(three):
    three.add([entry(1, "зовсім інший текст", content_hash="new")])

    assert numbers(three, "карпатська") == set()
    assert numbers(three, "зовсім") == {"1"}
    assert three.status().documents == 3


def test_verify_names_what_is_missing_surplus_and_stale(three):
    verdict = three.verify({"d1": "h1", "d2": "other", "d9": "h9"})

    assert (verdict.ok, verdict.missing, verdict.surplus, verdict.stale) == (False, ("d9",), ("d3",), ("d2",))
    three.remove(["d3"])
    assert three.verify({"d1": "h1", "d2": "h2"}).ok


def damaged(path):
    """Each way in which a file can be torn or replaced."""
    [toc] = path.glob("_MAIN_*.toc")
    whole = toc.read_bytes()
    for content in (b"", whole[:20], whole[: len(whole) // 2], b"\xff" * 200, pickle.dumps({"a": 1})):
        toc.write_bytes(content)
        yield
    toc.write_bytes(whole)
    (path / "version").write_text("999")
    yield
    (path / "version").unlink()
    yield


def test_a_damaged_index_is_told_at_opening_and_mended_by_a_rebuild(three, tmp_path):
    three.close()
    for _ in damaged(tmp_path / "index"):
        with pytest.raises(index.IndexDamaged):
            index.open_index(tmp_path / "index").search("кава")

    index.rebuild(tmp_path / "index", [entry(1, UK)])

    assert numbers(index.open_index(tmp_path / "index"), "карпатська") == {"1"}
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    import index
    from tests.test_index import entry
    opened = index.open_index(Path(sys.argv[1]))
    print("ready", flush=True)
    for number in range(1, 29):
        opened.add([entry(number, "кава зернова")])
        print(number, flush=True)
""")


def test_a_killed_writer_leaves_an_index_that_is_searched_and_written(tmp_path):
    index.open_index(tmp_path / "index").close()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "index")],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    for _ in range(4):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=60)

    opened = index.open_index(tmp_path / "index")
    assert opened.search("зернова").total >= 3
    opened.add([entry(28, "зовсім новий")])
    assert opened.search("новий").total == 1

"""The search index as a user and an operator meet it."""

import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index
from index import Entry, IndexBusy, IndexDamaged, open_index, rebuild

ROOT = Path(__file__).parent.parent
INVOICE = Entry(
    id="a",
    revision=1,
    content_hash="hash-a",
    number="РХ-2026-0001",
    kind="invoice",
    name="Рахунок на оплату",
    client="ТОВ «Кав'ярня Ромашка»",
    entity="ТОВ «Зерно»",
    order="1002",
    author="Оксана Коваль",
    direction="outgoing",
    status="ready",
    language="uk",
    currency="UAH",
    amount=Decimal("1200.50"),
    date=date(2026, 11, 24),
    pages=(
        "Рахунок № РХ-2026-0001 від 24 листопада 2026 р.\nПостачальник ТОВ «Зерно»",
        "Кава зернова арабіка, 3 кг, смаження середнє.\nДоставка кур’єром до складу покупця.\nРазом до сплати 1\u00a0200,50 грн",
    ),
)
CONTRACT = replace(
    INVOICE,
    id="b",
    content_hash="hash-b",
    number="ДГ-2026-0007",
    kind="contract",
    name="Договор поставки",
    client="ООО «Северный чай»",
    entity="ФОП Гончар",
    order="1003",
    author="Пётр",
    status="sent",
    language="ru",
    amount=Decimal("90000"),
    date=date(2026, 3, 1),
    pages=("Договор поставки чая от 1 марта 2026 г. Поставщик обязуется передать товар в сроки поставки.",),
)
ACT = replace(
    INVOICE,
    id="c",
    content_hash="hash-c",
    number="ACT-2025-0042",
    kind="act",
    name="Acceptance act",
    client="Northern Roasters Ltd",
    order="900",
    author="Ann",
    language="en",
    currency="EUR",
    amount=Decimal("1234.56"),
    date=date(2025, 12, 31),
    pages=("Services delivered in full. Total 1,234.56 EUR. Invoices were paid on 31 December 2025.",),
)
ALL = (INVOICE, CONTRACT, ACT)


@pytest.fixture
def opened(tmp_path):
    made = open_index(tmp_path / "index")
    made.add(ALL)
    yield made
    made.close()


def ids(opened, query, **settings):
    return [hit.id for hit in opened.search(query, **settings).hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("арабіка смаження", "a"),
        ("смаження кава арабіка", "a"),
        ("складом доставки", "a"),
        ("рахунку", "a"),
        ("кавярня", "a"),
        ("кур'єр", "a"),
        ("договоры поставок", "b"),
        ("товары", "b"),
        ("invoice paying", "c"),
        ("РХ-2026-0001", "a"),
        ("0001", "a"),
        ("ДГ", "b"),
        ("2026-0007", "b"),
        ("1200,50", "a"),
        ("разом 1 200,50", "a"),
        ("1234.56", "c"),
        ("90 000", "b"),
        ("24.11.2026", "a"),
        ("24 ноября 2026", "a"),
        ("Північний 1 березня 2026 OR 2026-03-01", "b"),
        ("клієнт:ромашка", "a"),
        ("клиент:северный", "b"),
        ("client:north", "c"),
        ("вид:договор", "b"),
        ("kind:act", "c"),
        ("сума:1200.50", "a"),
        ("дата:01.03.2026", "b"),
        ("автор:Петр", "b"),
        ("замовлення:1003", "b"),
        ('"кава зернова"', "a"),
        ("арабік*", "a"),
        ("ACT-2025-00*", "c"),
        ("РХ-20*", "a"),
    ],
)
def test_one_document_is_found(opened, query, expected):
    assert ids(opened, query) == [expected]


def test_words_that_are_not_together_are_no_phrase(opened):
    assert ids(opened, '"зернова кава"') == []
    assert ids(opened, '"кава арабіка"') == []
    assert ids(opened, '"кава зернова арабіка"') == ["a"]
    assert ids(opened, "«кава зернової арабіки»") == ["a"]


def test_a_word_can_be_unwanted_and_a_word_can_be_either(opened):
    assert set(ids(opened, "2026 OR 2025")) == {"a", "b", "c"}
    assert ids(opened, "2026 -кава") == ["b"]
    assert ids(opened, "2026 NOT чай") == ["a"]
    assert ids(opened, '2026 -"кава зернова"') == ["b"]
    assert set(ids(opened, "кава OR чай")) == {"a", "b"}
    assert set(ids(opened, "-кава")) == {"b", "c"}


def test_where_no_document_has_all_words_those_with_most_come_first(opened):
    found = opened.search("поставки чая арабіка товар")

    assert [hit.id for hit in found.hits] == ["b", "a"]
    assert found.read_as == "поставки OR чая OR арабіка OR товар"
    assert opened.search("поставки чая").read_as == "поставки чая"


def test_a_hit_in_the_facts_is_above_one_in_the_text(opened):
    opened.add([replace(ACT, id="d", number="X-9", pages=("Ромашка " * 3 + "і трохи ще інших слів про чай",))])

    assert ids(opened, "ромашка") == ["a", "d"]


def test_the_newer_of_two_equal_documents_comes_first(opened):
    opened.add([replace(ACT, id=str(year), date=date(year, 5, 5), pages=("Унікальне слово",)) for year in (2023, 2026, 2024)])

    assert ids(opened, "унікальне") == ["2026", "2024", "2023"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "invoice"}, "a"),
        ({"client": "ромашк"}, "a"),
        ({"client": "Північ"}, ""),
        ({"client": "roasters"}, "c"),
        ({"entity": "Гончар"}, "b"),
        ({"order": "1002"}, "a"),
        ({"author": "Пётр"}, "b"),
        ({"status": "sent"}, "b"),
        ({"direction": "incoming"}, ""),
        ({"year": 2025}, "c"),
        ({"date_from": date(2026, 11, 24)}, "a"),
        ({"date_to": "2025-12-31"}, "c"),
        ({"date_from": "2026-01-01", "date_to": "2026-11-23"}, "b"),
        ({"kind": "invoice", "status": "sent"}, ""),
        ({"kind": "invoice", "client": None, "author": ""}, "a"),
    ],
)
def test_filters_narrow_what_is_found(opened, filters, expected):
    assert "".join(ids(opened, "2026 OR 2025", filters=filters)) == expected
    assert "".join(ids(opened, "", filters=filters)) == expected


def test_a_filter_that_is_none_is_named(opened):
    with pytest.raises(ValueError, match="colour"):
        opened.search("кава", filters={"colour": "red"})
    with pytest.raises(ValueError, match="tomorrow"):
        opened.search("кава", filters={"date_from": "tomorrow"})


def test_a_hit_shows_the_words_as_they_stand_on_their_page(opened):
    [hit] = opened.search("арабіки доставкою 1200.50").hits

    assert (hit.id, hit.number, hit.kind, hit.client, hit.date, hit.page) == (
        "a", "РХ-2026-0001", "invoice", "ТОВ «Кав'ярня Ромашка»", date(2026, 11, 24), 2,
    )  # fmt: skip
    assert re.findall("<mark>(.*?)</mark>", hit.snippet) == ["арабіка", "Доставка", "1 200,50"]

    [hit] = opened.search("24.11.2026 постачальник").hits
    assert hit.page == 1
    assert re.findall("<mark>(.*?)</mark>", hit.snippet) == ["24 листопада 2026", "Постачальник"]


@pytest.mark.parametrize(
    ("query", "page", "marked"),
    [
        ("коваль", 0, ["Коваль"]),
        ("client:ромашка", 0, ["Ромашка"]),
        ("смаж*", 2, ["смаження"]),
        ('"кава зернова"', 2, ["Кава", "зернова"]),
        ("0001", 1, ["РХ-2026-0001"]),
    ],
)
def test_a_snippet_comes_from_where_the_hit_is(opened, query, page, marked):
    [hit] = opened.search(query).hits

    assert hit.page == page
    assert re.findall("<mark>(.*?)</mark>", hit.snippet) == marked


def test_a_snippet_is_short_and_cannot_be_mistaken_for_markup(opened):
    text = "слово " * 400 + "<b>шукане</b> & інше " + "слово " * 400
    opened.add([replace(ACT, id="d", pages=("нічого", text))])

    [hit] = opened.search("шукане").hits

    assert hit.page == 2
    assert "&lt;b&gt;<mark>шукане</mark>&lt;/b&gt; &amp; інше" in hit.snippet
    assert hit.snippet.startswith("… ")
    assert hit.snippet.endswith(" …")
    assert len(hit.snippet) < 300


def test_the_total_and_the_facets_count_beyond_the_page(opened):
    opened.add([replace(ACT, id=f"n{number}", number=f"N-{number}") for number in range(30)])

    first = opened.search("total", limit=10)
    rest = opened.search("total", limit=100, offset=10)

    assert first.total == rest.total == 31
    assert first.facets["kind"] == {"act": 31}
    assert first.facets["client"] == {"Northern Roasters Ltd": 31}
    assert first.facets["year"] == {"2025": 31}
    assert len({hit.id for hit in (*first.hits, *rest.hits)}) == 31


BROKEN = """
(( ; NOT OR x ; NOT ; OR ; client: ; "unclosed ; " ; - ; * ; a*b ; клієнт:* ; -" ; -- ; ::: ; AND OR NOT ; 🙂 ; [1 TO ; date:tomorrow
number:* ; \\ ; a^2 b~ c? ; a | | b ; || ; && ; -( ; "" ; "" "" ; client:"" ; client:"a ; -client: ; ' ; '' ; !"№;%:?*()
"""
ODD = ["\x00\ud800", "kind:\ud800", "x" * 10_000, "а б " * 3_000, "(" * 10_000, '"' * 3_001, "-x " * 500, "1 000 " * 300]


@pytest.mark.parametrize("query", [*BROKEN.replace("\n", " ; ").split(" ; "), *ODD])
def test_no_query_is_an_error(opened, query):
    found = opened.search(query)

    assert isinstance(found.read_as, str)
    assert found.total >= len(found.hits)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["кава", '"', "«", "-", " ", "OR", "NOT", "client:", "*", "(", "2026", "24 листопада 2026", "1 200", ",", "РХ-", "\n"]
        )
    ).map("".join)
    | st.text()
)
def test_no_query_at_all_is_an_error(opened, query):
    found = opened.search(query)

    assert {hit.id for hit in found.hits} <= {"a", "b", "c"}
    assert found.total == len(found.hits)


@pytest.mark.parametrize(
    ("query", "read_as"),
    [
        ("  кава   зернова ", "кава зернова"),
        ("кава, чай", "кава чай"),
        ("«кава зернова»", '"кава зернова"'),
        ("кава АБО чай", "кава OR чай"),
        ("кава НЕ чай", "кава -чай"),
        ("Клієнт:«Ромашка Плюс»", 'client:"Ромашка Плюс"'),
        ("сума:1 200,50", "amount:1200,50"),
        ("від 24 листопада 2026", "від 2026-11-24"),
        ("((кава)", "кава"),
        ("рах*", "рах*"),
        ("((", ""),
    ],
)
def test_a_query_says_how_it_was_read_and_is_read_so_again(opened, query, read_as):
    opened.add(
        [replace(ACT, id="d", client="Ромашка Плюс", amount=Decimal("1200.50"), pages=("кава зернова, чай, від 24.11.2026 рахунок",))]
    )

    assert opened.search(query).read_as == read_as
    assert opened.search(read_as).read_as == read_as


def test_a_broken_query_still_finds_by_its_words(opened):
    for query in ("((кава", '"кава зернова', "кава)", "NOT OR чай кава", "кава:", "+кава", "кава?"):
        assert ids(opened, query) == ["a"], query


def test_a_document_added_again_is_replaced(opened):
    opened.add([replace(INVOICE, revision=2, content_hash="hash-a2", pages=("П'ять кілограмів какао",))])

    assert ids(opened, "арабіка") == []
    assert ids(opened, "какао") == ["a"]
    assert opened.status().documents == 3
    assert opened.verify({"a": "hash-a2", "b": "hash-b", "c": "hash-c"}).ok


def test_of_two_entries_with_one_id_the_last_counts(opened):
    opened.add([replace(INVOICE, pages=("старе",)), replace(INVOICE, pages=("нове",))])

    assert ids(opened, "старе") == []
    assert ids(opened, "нове") == ["a"]
    assert opened.status().documents == 3


def test_a_removed_document_is_not_found(opened):
    opened.remove(["a", "unknown"])

    assert ids(opened, "арабіка") == []
    assert ids(opened, "", filters={}) == ["b", "c"]


def test_another_opening_sees_what_was_added_since(opened, tmp_path):
    other = open_index(tmp_path / "index")
    assert ids(other, "какао") == []

    opened.add([replace(ACT, id="d", pages=("какао",))])

    assert ids(other, "какао") == ["d"]


def test_nothing_of_an_add_that_failed_is_kept_and_the_next_one_goes_on(opened):
    broken = replace(INVOICE, id="z", date="no day")
    with pytest.raises((AttributeError, ValueError)):
        opened.add([replace(ACT, id="d", pages=("какао",)), broken])
    assert ids(opened, "какао") == []

    opened.add([replace(ACT, id="e", pages=("какао",))])

    assert ids(opened, "какао") == ["e"]


def test_verify_names_what_is_missing_surplus_and_stale(opened):
    verdict = opened.verify({"a": "hash-a", "b": "another", "x": "hash-x"})

    assert (verdict.ok, verdict.documents, verdict.missing, verdict.surplus, verdict.stale) == (False, 3, ("x",), ("c",), ("b",))


@pytest.mark.parametrize("at_once", [1, 2, 3, 1000])
def test_a_rebuilt_index_gives_the_same_answers(opened, tmp_path, monkeypatch, at_once):
    monkeypatch.setattr("index.writer._SEGMENT", at_once)
    queries = ("кава", "2026 OR 2025", "0001", "client:north", '"кава зернова"')
    before = [opened.search(query) for query in queries]
    steps = []

    rebuild(tmp_path / "index", iter(ALL), progress=steps.append)

    assert [opened.search(query) for query in queries] == before
    assert steps[-1] == 3
    assert len(list((tmp_path / "index").glob("build-*"))) == 1


def test_while_an_index_is_rebuilt_the_old_one_is_searched_and_nobody_else_writes(opened, tmp_path, monkeypatch):
    monkeypatch.setattr("index.writer._BUSY_SECONDS", 0.1)

    def entries():
        yield INVOICE
        assert ids(opened, "чая") == ["b"]
        with pytest.raises(IndexBusy):
            opened.add([replace(ACT, id="d")])

    rebuild(tmp_path / "index", entries())

    assert ids(opened, "", filters={}) == ["a"]
    opened.add([CONTRACT])
    assert ids(opened, "чая") == ["b"]


def test_a_rebuild_that_fails_leaves_the_old_index(opened, tmp_path):
    def entries():
        yield INVOICE
        raise RuntimeError("the file of the second document is gone")

    with pytest.raises(RuntimeError, match="second document"):
        rebuild(tmp_path / "index", entries())

    assert ids(opened, "чая") == ["b"]
    rebuild(tmp_path / "index", ALL)
    assert len(list((tmp_path / "index").glob("build-*"))) == 1


def test_an_index_that_was_never_made_is_made_empty(tmp_path):
    opened = open_index(tmp_path / "not" / "yet")

    assert opened.search("кава").total == 0
    assert opened.status().documents == 0
    assert opened.verify({}).ok


def shorten(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def garble(file):
    file.write_bytes(os.urandom(file.stat().st_size))


def empty(file):
    file.write_bytes(b"")


def foreign(file):
    file.write_bytes(pickle.dumps(Path("/")) * 100)


@pytest.mark.parametrize("harm", [shorten, garble, empty, foreign])
@pytest.mark.parametrize("pattern", ["build-*/*.toc", "build-*/*.seg", "current"])
def test_a_damaged_index_is_said_and_a_rebuild_mends_it(tmp_path, pattern, harm):
    path = tmp_path / "index"
    made = open_index(path)
    made.add(ALL)
    made.close()
    for file in path.glob(pattern):
        harm(file)

    with pytest.raises(IndexDamaged) as caught:
        open_index(path)

    assert caught.value.path == path
    assert caught.value.reason
    rebuild(path, ALL)
    assert ids(open_index(path), "арабіка") == ["a"]


@pytest.mark.parametrize("pattern", ["build-*/*.toc", "build-*/*.seg"])
def test_a_file_that_is_gone_is_damage(tmp_path, pattern):
    path = tmp_path / "index"
    made = open_index(path)
    made.add(ALL)
    made.close()
    for file in path.glob(pattern):
        file.unlink()

    with pytest.raises(IndexDamaged):
        open_index(path)


def test_an_index_that_was_deleted_is_made_anew_and_verify_names_what_it_lacks(opened, tmp_path):
    opened.close()
    shutil.rmtree(tmp_path / "index")

    assert open_index(tmp_path / "index").verify({"a": "hash-a"}).missing == ("a",)


def test_an_index_of_another_schema_is_said(tmp_path):
    path = tmp_path / "index"
    open_index(path).close()
    current = path / "current"
    current.write_text(current.read_text().replace(str(index.SCHEMA_VERSION), "99", 1))

    with pytest.raises(IndexDamaged, match="99"):
        open_index(path)


def test_an_index_in_use_that_is_damaged_says_so_and_is_used_again_after_a_rebuild(opened, tmp_path):
    opened.add([replace(ACT, id="d")])
    for file in (tmp_path / "index").glob("build-*/*.toc"):
        garble(file)

    with pytest.raises(IndexDamaged):
        opened.search("кава")
    with pytest.raises(IndexDamaged):
        opened.add([INVOICE])

    rebuild(tmp_path / "index", ALL)
    assert ids(opened, "кава") == ["a"]


CHILD = """
import sys
from dataclasses import replace
from pathlib import Path
from index import open_index
from tests.test_index import INVOICE
opened = open_index(Path(sys.argv[1]))
for batch in range(1000):
    opened.add([replace(INVOICE, id=f"{batch}-{n}", pages=(f"партія{batch} " + "слово " * 50,)) for n in range(20)])
    print(batch, flush=True)
"""


@pytest.mark.parametrize("milliseconds", [0, 20, 60, 130, 250])
def test_kill_9_in_the_middle_of_adding_leaves_what_was_committed(tmp_path, milliseconds):
    path = tmp_path / "index"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    committed = [int(child.stdout.readline()) for _ in range(3)]
    time.sleep(milliseconds / 1000)
    child.send_signal(signal.SIGKILL)
    committed += [int(line) for line in child.communicate()[0].split()]

    opened = open_index(path)

    for batch in committed:
        assert opened.search(f"партія{batch}").total == 20
    assert opened.status().documents % 20 == 0
    opened.add([replace(INVOICE, id="after", pages=("після",))])
    assert ids(opened, "після") == ["after"]


def test_who_searches_does_not_wait_and_sees_whole_batches_while_another_process_writes(tmp_path):
    path = tmp_path / "index"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    opened = open_index(path)

    seen = [opened.search("слово").total]
    while seen[-1] < 20 * 12 and child.poll() is None:
        seen.append(opened.search("слово").total)
    child.kill()
    child.communicate()

    assert seen[-1] >= 20 * 12
    assert seen == sorted(seen)
    assert all(total % 20 == 0 for total in seen)


def test_many_threads_search_and_write_at_once(opened):
    def write(number):
        opened.add([replace(ACT, id=f"n{number}", pages=(f"потік{number} какао",))])
        return ids(opened, f"потік{number}") == [f"n{number}"] and opened.search("кава").hits[0].id == "a"

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(write, range(24)))

    assert opened.search("какао").total == 24


def test_small_segments_become_one(opened):
    for number in range(30):
        opened.add([replace(ACT, id=f"n{number}", pages=(f"сегмент{number} какао",))])

    for batch in range(20):
        opened.add([replace(ACT, id=f"{batch}-{number}", pages=("кілька",)) for number in range(40)])

    assert opened.status().segments < 16
    assert opened.status().documents == 833
    assert opened.search("кілька").total == 800
    assert ids(opened, "сегмент3") == ["n3"]
    assert ids(opened, "арабіка") == ["a"]
    assert opened.search("какао").total == 30


FULL_DISK = """
import resource, signal, sys
from dataclasses import replace
from pathlib import Path
from index import open_index
from tests.test_index import INVOICE
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
opened = open_index(Path(sys.argv[1]))
opened.add([INVOICE])
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
try:
    opened.add([replace(INVOICE, id=str(n), pages=(" ".join(f"слово{n}x{m}" for m in range(300)),)) for n in range(50)])
except OSError as error:
    print(type(error).__name__)
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
print(opened.status().documents)
opened.add([replace(INVOICE, id="after", pages=("після",))])
print(opened.search("після").total, opened.status().documents)
"""


def test_a_full_disk_loses_nothing_and_locks_nothing(tmp_path):
    """The limit on a file's size stands for the disk: the same calls fail in the same places."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "index")], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.stdout.split() == ["OSError", "1", "1", "2"], done.stderr

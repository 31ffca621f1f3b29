"""What is torn or in the way is told as what it is, also while writing."""

from datetime import date
from decimal import Decimal

import pytest

import index
from index import Entry


def entry(number: int, text: str) -> Entry:
    return Entry(
        id=f"d{number}", revision=1, content_hash="h", number=f"РХ-{number}", kind="invoice", name="Рахунок", client="ТОВ", entity="ФОП",
        order="1", author="Оксана", direction="outgoing", status="ready", language="uk", currency="UAH", amount=Decimal(5),
        date=date(2026, 1, 1), pages=(text,),
    )  # fmt: skip


def test_a_torn_segment_is_told_when_something_is_added(tmp_path):
    opened = index.open_index(tmp_path / "index")
    for number in (1, 2, 3):
        opened.add([entry(number, "кава зернова")])
    opened.close()
    for segment in (tmp_path / "index").rglob("*.seg"):
        segment.write_bytes(segment.read_bytes()[:40] + b"\xff" * 40)

    def add():
        again = index.open_index(tmp_path / "index")
        for number in range(4, 12):
            again.add([entry(number, "чай")])

    with pytest.raises(index.IndexDamaged):
        add()


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "index").write_text("a file")

    with pytest.raises(index.IndexDamaged):
        index.open_index(tmp_path / "index").add([entry(1, "кава")])


def test_a_first_build_that_was_cut_short_is_none(tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "current.new").write_text("build-0000000000000000")

    opened = index.open_index(tmp_path / "index")
    opened.add([entry(1, "кава")])

    assert opened.search("кава").total == 1

from datetime import date

import pytest

from engine import numbering
from engine.context import sample
from engine.errors import BadSetting
from engine.store.register import Register

DAY = date(2026, 11, 24)


def test_each_kind_legal_entity_pattern_and_period_counts_for_itself(tmp_path):
    register = Register.create(tmp_path / "r.sqlite3")
    entity = sample("uk").entity

    def reserved(kind="invoice", pattern="РХ-{yyyy}-{n:04}", day=DAY):
        with register.transaction() as tx:
            return numbering.reserve(tx.series, kind=kind, entity=entity, pattern=pattern, day=day).number

    assert [reserved(), reserved()] == ["РХ-2026-0001", "РХ-2026-0002"]
    assert reserved(kind="act") == "РХ-2026-0001"
    assert reserved(day=date(2027, 1, 1)) == "РХ-2027-0001"
    with register.reading() as tx:
        assert numbering.upcoming(tx.series, kind="invoice", entity=entity, pattern="РХ-{yyyy}-{n:04}", day=DAY) == "РХ-2026-0003"
    assert reserved() == "РХ-2026-0003"


def test_a_failed_transaction_gives_its_number_back(tmp_path):
    register = Register.create(tmp_path / "r.sqlite3")

    def reserved(*, fails: bool) -> str:
        with register.transaction() as tx:
            number = numbering.reserve(tx.series, kind="act", entity=sample("uk").entity, pattern="{n}", day=DAY).number
            if fails:
                raise ZeroDivisionError
            return number

    with pytest.raises(ZeroDivisionError):
        reserved(fails=True)
    assert reserved(fails=False) == "1"


@pytest.mark.parametrize("pattern", ["РХ-{yyyy}", "{n}-{mm}", "{n}-{year}", "{n", "n}", "{n:4}", "{n}-{yyyy:02}", ""])
def test_a_pattern_that_makes_no_certain_numbers_is_refused(pattern):
    with pytest.raises(BadSetting, match="series"):
        numbering.printed(pattern, n=1, day=DAY)


def test_a_number_past_its_width_grows_and_is_not_cut():
    assert numbering.printed("{n:02}/{yy}", n=12345, day=DAY) == "12345/26"

import shutil

import pytest

from engine.catalogue import Catalogue, shipped
from engine.errors import BadSetting, NotFound
from tests.templates_for_tests import word


def test_the_shipped_templates_are_there_with_their_titles_and_series(tmp_path):
    templates = {template.id: template for template in Catalogue(tmp_path).templates()}

    assert set(templates) == {"invoice.uk", "invoice.ru", "invoice.en", "contract.uk", "act.uk", "act.ru"}
    assert (templates["invoice.uk"].title, templates["invoice.uk"].series) == ("Рахунок на оплату", "{prefix}РХ-{yyyy}-{n:04}")
    assert (templates["act.ru"].suffix, templates["act.uk"].suffix) == (".xlsx", ".docx")


def test_one_s_own_template_stands_in_for_the_shipped_one_of_the_same_name(tmp_path):
    (tmp_path / "invoice.uk.docx").write_bytes(word("{{ order.total }}"))
    (tmp_path / "~$invoice.uk.docx").write_bytes(b"Word has it open")

    template = Catalogue(tmp_path).template("invoice.uk")

    assert (template.is_stock, template.path, template.title) == (False, str(tmp_path / "invoice.uk.docx"), "Рахунок на оплату")
    assert len(Catalogue(tmp_path).templates()) == 6


def test_a_changed_file_is_another_version(tmp_path):
    (tmp_path / "letter.uk.docx").write_bytes(word("Один"))
    before = Catalogue(tmp_path).template("letter.uk").version
    (tmp_path / "letter.uk.docx").write_bytes(word("Два"))

    assert Catalogue(tmp_path).template("letter.uk").version != before


def test_the_language_is_chosen_in_order_and_any_is_better_than_none(tmp_path):
    catalogue = Catalogue(tmp_path)

    assert catalogue.choose("invoice", ["en", "uk"]).id == "invoice.en"
    assert catalogue.choose("contract", ["ru", "en"]).id == "contract.uk"
    assert catalogue.choose("letter", ["uk"]) is None


def test_a_misspelt_id_gets_a_suggestion_and_a_broken_manifest_is_named(tmp_path):
    with pytest.raises(NotFound) as caught:
        Catalogue(tmp_path).template("invoise.uk")
    assert caught.value.facts["suggestion"] == "invoice.uk"

    shutil.copy(shipped() / "invoice.uk.docx", tmp_path)
    (tmp_path / "manifest.toml").write_text("[[template]\n")
    with pytest.raises(BadSetting, match=r"manifest\.toml"):
        Catalogue(tmp_path).templates()

"""The main job, end to end, with the real LibreOffice: a stage makes documents that are numbered, filed, found and edited."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import BadChange, DocumentIncomplete, EventConflict, NotFound, StageUnknown
from engine.model import DocumentFilter, JobState, Status
from engine.totals import totals
from engine.wording import money, words
from index.extract import pdf_pages

EXAMPLE = Path(__file__).parent / "plugin_example"


def text_of(engine, document):
    [*_, revision] = engine.revisions(document.id)
    return " ".join(" ".join(pdf_pages(engine.paths(revision)["pdf"].read_bytes())).split())


def test_a_stage_makes_an_invoice_with_the_order_s_data(demo):
    with demo.engine() as engine:
        outcome = engine.stage_entered("1002", "invoice_sent", event_id="crm-1", author="Оксана")

        [invoice] = outcome.documents
        case = engine.case("1002")
        total = totals(case.order, is_vat_payer=True).total
        text = text_of(engine, invoice)
        for expected in (invoice.number, case.client.name, money(total, "uk"), words(total, "UAH", "uk")):
            assert " ".join(expected.split()) in text
        assert "None" not in text
        assert not set("{}") & set(text)
        assert (invoice.author, invoice.amount, invoice.status, engine.order("1002").stage) == (
            "Оксана",
            total,
            Status.SENT,
            "invoice_sent",
        )


def test_the_same_event_twice_answers_with_the_first_documents_and_uses_one_number(demo):
    with demo.engine() as engine:
        first = engine.stage_entered("1002", "invoice_sent", event_id="crm-1")
        again = engine.stage_entered("1002", "Надіслано рахунок", event_id="crm-1")
        without_id = engine.stage_entered("1002", "invoice_sent")

        assert again.documents == first.documents == without_id.documents
        assert (first.is_repeat, again.is_repeat, without_id.is_repeat) == (False, True, True)
        assert len(engine.documents()) == 1
        assert len(list((demo.folder / "outbox").iterdir())) == 1


def test_an_event_id_is_not_taken_for_another_order(demo):
    with demo.engine() as engine:
        engine.stage_entered("1002", "invoice_sent", event_id="crm-1")

        with pytest.raises(EventConflict):
            engine.stage_entered("1005", "invoice_sent", event_id="crm-1")


def test_five_units_instead_of_three_make_revision_2_and_leave_revision_1_as_it_was(demo):
    with demo.engine() as engine:
        [invoice] = engine.generate("1002", kinds=["invoice"]).documents
        [first] = engine.revisions(invoice.id)
        before = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in engine.paths(first).items()}
        line = first.case.order.lines[0]
        assert line.qty == Decimal(3)

        [edited] = engine.edit(invoice.number, {"items.1.qty": "5"}).documents

        assert (edited.number, edited.revision) == (invoice.number, 2)
        assert edited.amount - invoice.amount == totals_difference(first, line)
        assert money(edited.amount, "uk").replace("\u00a0", " ") in text_of(engine, edited).replace("\u00a0", " ")
        old, new = engine.revisions(invoice.id)
        assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in engine.paths(old).items()} == before
        assert new.case.order.lines[0].qty == Decimal(5)
        assert engine.order("1002").lines[0].qty == Decimal(3)


def totals_difference(first, line):
    """What two more units at the line's price add, VAT on top where the price holds none."""
    added = 2 * line.price
    return added if line.is_vat_included or line.vat_rate is None else (added * (100 + line.vat_rate) / 100).quantize(Decimal("0.01"))


def test_a_hand_edited_file_becomes_the_next_revision(demo, tmp_path):
    import docx

    with demo.engine() as engine:
        [invoice] = engine.generate("1002", kinds=["invoice"]).documents
        [first] = engine.revisions(invoice.id)
        edited = docx.Document(str(engine.paths(first)["docx"]))
        edited.add_paragraph("Дописано рукою бухгалтера")
        edited.save(tmp_path / "edited.docx")

        [replaced] = engine.replace(invoice.number, tmp_path / "edited.docx").documents

        assert (replaced.number, replaced.revision) == (invoice.number, 2)
        assert "Дописано рукою бухгалтера" in text_of(engine, replaced)
        assert [hit.number for hit in engine.search("дописано бухгалтером").hits] == [invoice.number]


def test_what_a_person_must_mend_spends_no_number(demo):
    with demo.engine() as engine:
        engine.import_object({"version": 1, "clients": [{"id": "bare", "name": "ТОВ «Гола назва»"}]})
        engine.import_object({"version": 1, "orders": [order("9001", client_id="bare")]})
        broken = demo.folder / "templates" / "invoice.uk.docx"
        good = broken.read_bytes()
        broken.write_bytes(with_text(good, "{{ order.totl }}"))

        outcome = engine.generate("9001", kinds=["invoice"])

        [job] = outcome.failed
        assert (job.state, job.error["code"], outcome.documents) == (JobState.FAILED, "F01", ())
        assert "order.total" in job.error["texts"]["uk"]
        broken.write_bytes(good)
        [made] = engine.generate("9001", kinds=["invoice"]).documents
        assert made.number.endswith("-0001")


def order(number, **facts):
    line = {"name": "Кава", "qty": "1", "price": "100.00", "unit": "кг"}
    return {"id": number, "number": number, "date": "2026-11-24", "currency": "UAH", "lines": [line], "entity_id": "ua-llc", **facts}


def with_text(template, text):
    import io

    import docx

    document = docx.Document(io.BytesIO(template))
    document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_orders_stages_and_templates_that_are_not_there_are_named(demo):
    with demo.engine() as engine:
        with pytest.raises(NotFound, match="10002"):
            engine.stage_entered("10002", "invoice_sent")
        with pytest.raises(StageUnknown, match="invoice_sent"):
            engine.stage_entered("1002", "invoice_snt")
        with pytest.raises(NotFound, match=r"invoice\.uk"):
            engine.generate("1002", template="invoise.uk")
        with pytest.raises(NotFound, match="invoice"):
            engine.generate("1002", kinds=["invoise"])
        with pytest.raises(BadChange):
            engine.edit(engine.generate("1002", kinds=["invoice"]).documents[0].number, {"items.99.qty": "1"})


def test_a_cancelled_order_makes_no_document(demo):
    with demo.engine() as engine:
        engine.import_object({"version": 1, "orders": [order("9002", client_id=engine.order("1002").client_id, is_cancelled=True)]})

        outcome = engine.generate("9002", kinds=["invoice"])

        assert outcome.failed[0].error["code"] == DocumentIncomplete.code


def test_the_register_lists_a_client_s_documents_and_an_order_s(demo):
    with demo.engine() as engine:
        client = engine.case("1002").client
        own = [engine.generate("1002", kinds=["invoice", "contract"]).documents]
        engine.generate("1005", kinds=["invoice"])

        listed = engine.documents(DocumentFilter(client=client.id, order="1002"))

        assert {document.id for document in listed} == {document.id for part in own for document in part}
        count, sums = engine.totals(DocumentFilter(order="1002"))
        assert (count, sums) == (2, {"UAH": sum(document.amount for document in listed)})


def test_a_plugin_brings_the_order_and_is_told_of_the_document(demo, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import docstage_example

    monkeypatch.setattr(docstage_example, "CRM", tmp_path)
    client = {"id": "crm-client", "name": "ТОВ «З іншої системи»", "code": "31234562", "email": "office@crm.example", "language": "uk"}
    data = {"version": 1, "clients": [client], "orders": [order("CRM-7", client_id="crm-client", process="sales")]}
    (tmp_path / "order-CRM-7.json").write_text(json.dumps(data), "utf-8")

    with demo.engine() as engine:
        [invoice] = engine.stage_entered("CRM-7", "invoice_sent").documents

    assert (tmp_path / "stored.txt").read_text("utf-8") == f"{invoice.number} 1\n"
    assert (tmp_path / "delivered.txt").read_text("utf-8") == f"{invoice.number} office@crm.example\n"


def test_the_index_agrees_with_the_register_after_a_letter_has_left(demo):
    with demo.engine() as engine:
        engine.stage_entered("1002", "invoice_sent")

        assert engine.index_verify().ok
        assert engine.search("0001", {"status": "sent"}).total == 1


def test_threads_make_the_same_as_one_after_another(demo, monkeypatch):
    monkeypatch.setenv("DOCSTAGE_JOBS", "threads")
    with demo.engine() as engine:
        documents = engine.generate("1002", kinds=["invoice", "contract", "act"]).documents

        assert [document.kind for document in documents] == ["invoice", "contract", "act"]
        assert all("1002" in text_of(engine, document) or document.client_name in text_of(engine, document) for document in documents)


def test_a_letter_carries_the_pdf_to_the_client(demo):
    import email
    import email.policy

    with demo.engine() as engine:
        outcome = engine.stage_entered("1002", "invoice_sent")
        [invoice], [delivery] = outcome.documents, outcome.deliveries
        [revision] = engine.revisions(invoice.id)

        message = email.message_from_bytes(Path(delivery.path).read_bytes(), policy=email.policy.default)

        assert (message["To"], message["Message-ID"]) == (engine.case("1002").client.email, delivery.message_id)
        [attachment] = message.iter_attachments()
        assert attachment.get_filename() == f"{invoice.number}.pdf"
        assert attachment.get_content() == engine.paths(revision)["pdf"].read_bytes()


def test_a_client_without_an_address_gets_the_document_and_no_letter(demo):
    with demo.engine() as engine:
        client_id = engine.order("1002").client_id
        engine.import_object({"version": 1, "clients": [{"id": client_id, "name": "ТОВ «Без пошти»", "code": "31234562"}]})

        outcome = engine.stage_entered("1002", "invoice_sent")

        [delivery] = outcome.deliveries
        assert (delivery.state, delivery.error, outcome.failed) == ("refused", "no-recipient", ())
        assert outcome.documents[0].status is Status.READY


def test_two_edits_at_once_make_one_revision_and_one_clear_refusal(demo):
    from concurrent.futures import ThreadPoolExecutor

    with demo.engine() as engine:
        [invoice] = engine.generate("1002", kinds=["invoice"]).documents
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda qty: engine.edit(invoice.number, {"items.1.qty": qty}), ["6", "8"]))

        codes = sorted(job.error["code"] if job.error else "" for outcome in outcomes for job in outcome.jobs)
        assert codes in (["", "edit-conflict"], ["", ""])
        assert len(engine.revisions(invoice.id)) == 1 + codes.count("")
        assert engine.unfinished() == ()


def test_a_refused_edit_leaves_nothing_unfinished(demo):
    with demo.engine() as engine:
        [invoice] = engine.generate("1002", kinds=["invoice"]).documents

        refused = engine.edit(invoice.number, {"items.1.name": ""})

        assert refused.failed[0].error["code"] == "V01"
        assert engine.unfinished() == ()
        assert engine.edit(invoice.number, {"items.1.qty": "5"}).documents[0].revision == 2


def test_a_file_of_another_kind_or_with_placeholders_left_does_not_replace_a_document(demo, tmp_path):
    from engine.errors import RefusedFile
    from tests.templates_for_tests import excel, word

    (tmp_path / "other.xlsx").write_bytes(excel({"A1": "x"}))
    (tmp_path / "unfilled.docx").write_bytes(word("Разом {{ order.total }}"))
    with demo.engine() as engine:
        [invoice] = engine.generate("1002", kinds=["invoice"]).documents

        for name, words_ in (("other.xlsx", ".docx"), ("unfilled.docx", "order.total")):
            with pytest.raises(RefusedFile, match=words_):
                engine.replace(invoice.number, tmp_path / name)


def test_a_deleted_index_is_built_anew_by_the_next_search(demo):
    import shutil

    with demo.engine() as engine:
        engine.generate("1002", kinds=["invoice"])
        engine.generate("1005", kinds=["invoice"])
    shutil.rmtree(demo.folder / "index")

    with demo.engine() as engine:
        assert engine.search("0001").total == 2


def test_a_template_that_names_no_language_speaks_the_client_s(demo):
    from tests.templates_for_tests import word

    (demo.folder / "templates" / "лист.docx").write_bytes(word("№ {{ document.number }}: {{ order.total|words }}"))
    with demo.engine(language="en") as engine:
        [letter] = engine.generate("1002", template="лист").documents

        assert (letter.language, "гривень" in text_of(engine, letter)) == ("uk", True)

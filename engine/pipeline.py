"""The path of one document, step by step: functions over a job's row, in the order of `STEPS`.

What a step has reached is written in the same transaction as what it did, so a process that dies anywhere is followed by one that goes on
from there: the same number, the same document, once. `fill` and `render` write nothing and simply run again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine import numbering
from engine.catalogue import Catalogue
from engine.context import merge_fields, sample_document
from engine.deliver import Deliverer, letter
from engine.errors import CannotWrite, DiskFull, DocumentIncomplete, EditConflict, IndexBusy, IndexDamaged, NoPoppler
from engine.fill import Manner
from engine.fill import fill as fill_template
from engine.indexing import DocumentIndex
from engine.model import Case, Delivery, Direction, Document, Job, LegalEntity, Order, Rendition, Revision, Status, Step, Template
from engine.plugins import Plugins
from engine.render import Pdf, Renderer
from engine.settings import Settings
from engine.store.files import Files
from engine.store.register import Register, Transaction
from engine.totals import totals


@dataclass(frozen=True, slots=True)
class Tools:
    """What the steps work with; `bootstrap` picks them. `now` is the clock: aware UTC."""

    register: Register
    files: Files
    catalogue: Catalogue
    renderer: Renderer
    index: DocumentIndex
    deliverer: Deliverer
    plugins: Plugins
    settings: Settings
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Work:
    """A job under way: its row, and the bytes that only this process has yet."""

    job: Job
    office: bytes = b""
    pdf: Pdf | None = None


def gather(work: Work, tools: Tools) -> Work:
    """Find the records and the template, and prove that they fit, before a number is spent.

    Raises what a person must mend: an unknown field, an empty requisite, no legal entity, no LibreOffice.
    """
    job = work.job
    with tools.register.reading() as tx:
        case = job.case or case_of(tx, job.order_id, tools.settings)
    template = job.template or choose_template(tools, job, case)
    data = tools.files.get(template.version, template.suffix) if job.template else Path(template.path).read_bytes()
    template = replace(template, version=tools.files.put(data, template.suffix))
    job = replace(job, case=case, template=template, language=template.language)
    if not job.replacement:
        filled(job, data, document=sample_document(template.language), tools=tools)
    tools.renderer.ready()
    return _reached(Step.GATHERED, job, tools)


def number(work: Work, tools: Tools) -> Work:
    """Give the job's document its number, in the transaction that makes its row; a document that has one keeps it."""
    job = work.job
    if job.document_id:
        return _reached(Step.NUMBERED, job, tools)
    case, template = _gathered(job)
    today = tools.now().astimezone().date()
    with tools.register.transaction() as tx:
        reserved = numbering.reserve(tx.series, kind=job.kind, entity=case.entity, pattern=template.series, day=today)
        document = _document(job, number=reserved.number, now=tools.now())
        tx.documents.add(document, series=reserved.series_id, ordinal=reserved.n)
        job = replace(job, document_id=document.id, revision=1, step=Step.NUMBERED)
        tx.jobs.save(job)
    return replace(work, job=job)


def fill(work: Work, tools: Tools) -> Work:
    """Make the office file: the template filled, or the file that a person edited."""
    job = work.job
    _, template = _gathered(job)
    if job.replacement:
        return replace(work, office=tools.files.get(job.replacement, template.suffix))
    with tools.register.reading() as tx:
        document = tx.documents.get(job.document_id)
    facts = {
        "number": document.number,
        "date": document.date,
        "name": document.name,
        "revision": job.revision,
        "language": document.language,
    }
    return replace(work, office=filled(job, tools.files.get(template.version, template.suffix), document=facts, tools=tools))


def render(work: Work, tools: Tools) -> Work:
    """Make the PDF."""
    _, template = _gathered(work.job)
    return replace(work, pdf=tools.renderer.pdf(work.office, template.suffix, name=f"{template.id}{template.suffix}"))


def store(work: Work, tools: Tools) -> Work:
    """Put the files away, then write the revision that names them."""
    job, pdf = work.job, work.pdf
    case, template = _gathered(job)
    if pdf is None:
        raise ValueError("store runs after render")
    renditions = (
        Rendition(template.suffix, tools.files.put(work.office, template.suffix), len(work.office)),
        Rendition(".pdf", tools.files.put(pdf.data, ".pdf"), len(pdf.data), pdf.pages, pdf.renderer),
    )
    reason = "replaced" if job.replacement else "edited" if job.changes else "made"
    revision = Revision(
        document_id=job.document_id,
        revision=job.revision,
        created=tools.now(),
        author=job.author,
        reason=reason,
        template_id=template.id,
        template_version=template.version,
        case=case,
        renditions=renditions,
    )
    with tools.register.transaction() as tx:
        current = tx.documents.get(job.document_id)
        if current.revision >= job.revision:
            raise EditConflict(number=current.number)
        document = replace(
            current,
            amount=_amount(case),
            client_name=case.client.name,
            entity_name=case.entity.name,
            revision=job.revision,
            status=Status.READY,
        )
        tx.documents.add_revision(revision, document)
        job = replace(job, step=Step.STORED)
        tx.jobs.save(job)
    return replace(work, job=job)


def index(work: Work, tools: Tools) -> Work:
    """Tell the plug-ins, and make the document found. An index that is busy or damaged leaves the document due: it is caught up later."""
    job = work.job
    with tools.register.reading() as tx:
        document = tx.documents.get(job.document_id)
        revision = tx.documents.revisions(document.id)[job.revision - 1]
    tools.plugins.call("document_stored", document=document, revision=revision)
    is_indexed = _try_index(document, revision, tools)
    with tools.register.transaction() as tx:
        if is_indexed:
            tx.documents.mark_indexed(document)
        job = replace(job, step=Step.INDEXED)
        tx.jobs.save(job)
    return replace(work, job=job)


def deliver(work: Work, tools: Tools) -> Work:
    """Send what the rule says; the delivery's row stands before the letter leaves, so a letter is not sent twice."""
    job = work.job
    if job.rule is None or not job.rule.is_sent:
        return _reached(Step.DELIVERED, job, tools)
    case, _ = _gathered(job)
    with tools.register.transaction() as tx:
        document = tx.documents.get(job.document_id)
        delivery = tx.deliveries.add(_delivery(job, case, tools))
    if delivery.state == "sending":
        delivery = _send(delivery, document, entity=case.entity, tools=tools)
        with tools.register.transaction() as tx:
            tx.deliveries.save(delivery)
            if delivery.path:
                tx.documents.set_sent(document.id, job.revision, tools.now())
    if delivery.path:
        tools.plugins.call("document_delivered", document=document, delivery=delivery)
    return _reached(Step.DELIVERED, job, tools)


Run = Callable[[Work, Tools], Work]
STEPS: tuple[tuple[Step, Run], ...] = (
    (Step.RECEIVED, gather),
    (Step.GATHERED, number),
    (Step.NUMBERED, fill),
    (Step.NUMBERED, render),
    (Step.NUMBERED, store),
    (Step.STORED, index),
    (Step.INDEXED, deliver),
)


def run(job: Job, tools: Tools) -> Job:
    """Take the job from the step it reached to the end."""
    work = Work(job)
    for start, step in STEPS:
        if work.job.step == start:
            work = step(work, tools)
    return work.job


def case_of(tx: Transaction, order_id: str, settings: Settings) -> Case:
    """The order with both its sides. Raises DocumentIncomplete where one is not known, or the order is cancelled or empty."""
    order = tx.orders.get(order_id)
    if order.is_cancelled:
        raise DocumentIncomplete(order=order.number, missing="cancelled")
    if not order.lines:
        raise DocumentIncomplete(order=order.number, missing="lines")
    if not order.client_id:
        raise DocumentIncomplete(order=order.number, missing="client")
    return Case(order, tx.parties.client(order.client_id), _entity_of(tx, order, settings))


def choose_template(tools: Tools, job: Job, case: Case) -> Template:
    """The template that was named, else that of the kind in the rule's, the client's, our legal entity's or the workspace's language.

    A template whose file names no language speaks the first of those.
    """
    wanted = (job.language, case.client.language, case.entity.language, tools.settings.language)
    languages = [language for language in wanted if language]
    template = tools.catalogue.template(job.template_id) if job.template_id else tools.catalogue.choose(job.kind, languages)
    if template is None:
        raise DocumentIncomplete(order=case.order.number, missing="template", kind=job.kind, language=languages[0])
    return replace(template, language=template.language or languages[0])


def _entity_of(tx: Transaction, order: Order, settings: Settings) -> LegalEntity:
    """Our side: the order's own, else the one (or the default one) that trades in its currency, else the default, else the only one."""
    if order.entity_id:
        return tx.parties.entity(order.entity_id)
    entities = {entity.id: entity for entity in tx.parties.entities()}
    default = entities.get(settings.default_entity)
    fitting = [entity for entity in entities.values() if entity.currency == order.currency]
    if default and (default in fitting or not fitting):
        return default
    candidates = fitting or list(entities.values())
    if len(candidates) != 1:
        raise DocumentIncomplete(order=order.number, missing="entity")
    return candidates[0]


def filled(job: Job, template_data: bytes, *, document: Mapping[str, Any], tools: Tools) -> bytes:
    """The job's template filled with its case; `document` as `merge_fields` takes it."""
    case, template = _gathered(job)
    return fill_template(
        template_data,
        template.suffix,
        merge_fields(case, document, job.author),
        manner=Manner(template.language or tools.settings.language, case.order.currency, tools.plugins.filters()),
        name=Path(template.path).name,
    )


def _document(job: Job, *, number: str, now: datetime) -> Document:
    case, template = _gathered(job)
    return Document(
        id=uuid.uuid4().hex,
        number=number,
        kind=job.kind,
        name=template.title,
        language=template.language,
        date=now.astimezone().date(),
        direction=Direction.OUTGOING,
        status=Status.UNFINISHED,
        author=job.author,
        entity_id=case.entity.id,
        entity_name=case.entity.name,
        client_id=case.client.id,
        client_name=case.client.name,
        order_id=case.order.id,
        order_number=case.order.number,
        process=case.order.process,
        stage=job.rule.stage if job.rule else case.order.stage,
        amount=_amount(case),
        currency=case.order.currency,
        template_id=template.id,
        template_version=template.version,
        created=now,
    )


def _amount(case: Case) -> Decimal:
    return totals(case.order, is_vat_payer=case.entity.is_vat_payer).total


def _try_index(document: Document, revision: Revision, tools: Tools) -> bool:
    try:
        tools.index.add(document, revision)
    except (IndexBusy, IndexDamaged, NoPoppler, DiskFull, CannotWrite):
        return False
    return True


def _delivery(job: Job, case: Case, tools: Tools) -> Delivery:
    delivery_id = uuid.uuid4().hex
    missing = "no-recipient" if not case.client.email else "no-sender" if not _sender(case.entity, tools) else ""
    return Delivery(
        id=delivery_id,
        key=f"{job.key}/{case.client.email}",
        document_id=job.document_id,
        revision=job.revision,
        channel=tools.deliverer.channel,
        recipient=case.client.email,
        state="refused" if missing else "sending",
        created=tools.now(),
        message_id=f"<{delivery_id}@docstage.invalid>",
        error=missing,
    )


def _sender(entity: LegalEntity, tools: Tools) -> str:
    return tools.settings.mail_from or entity.email


def _send(delivery: Delivery, document: Document, *, entity: LegalEntity, tools: Tools) -> Delivery:
    with tools.register.reading() as tx:
        revision = tx.documents.revisions(document.id)[delivery.revision - 1]
    files = {f"{document.number}.pdf".replace("/", "-"): tools.files.get(revision.pdf.sha256, revision.pdf.suffix)}
    return tools.deliverer.deliver(delivery, letter(document, entity, delivery, sender=_sender(entity, tools), files=files))


def _gathered(job: Job) -> tuple[Case, Template]:
    if job.case is None or job.template is None:
        raise ValueError("a job past its first step has its case and its template")
    return job.case, job.template


def _reached(step: Step, job: Job, tools: Tools) -> Work:
    job = replace(job, step=step)
    with tools.register.transaction() as tx:
        tx.jobs.save(job)
    return Work(job)

"""What changes something: stage events, documents made by hand, edits. Each writes its jobs first, then runs them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from engine import rules
from engine.editing import changed
from engine.errors import BadChange, EventConflict, NotFound, RefusedFile, StageUnknown, nearest
from engine.fill import fields_used
from engine.guard import check_office
from engine.jobs import Executor, is_gone, run_job
from engine.model import Delivery, Document, Job, JobState, Order, Process, Revision, Rule, StageEvent, Template
from engine.pipeline import Tools
from engine.service import imports
from engine.service.planning import Planned, planned
from engine.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an event: its jobs, the documents they made and the letters they sent. `is_repeat` says that it had happened before."""

    event: StageEvent
    jobs: tuple[Job, ...]
    documents: tuple[Document, ...]
    deliveries: tuple[Delivery, ...]
    is_repeat: bool = False

    @property
    def failed(self) -> tuple[Job, ...]:
        """The jobs that did not come to their end."""
        return tuple(job for job in self.jobs if job.state is not JobState.DONE)


class Making:
    """The half of `Engine` that makes documents."""

    def __init__(self, tools: Tools, executor: Executor) -> None:
        self._tools, self._executor = tools, executor

    @property
    def settings(self) -> Settings:
        return self._tools.settings

    def order(self, ref: str) -> Order:
        """The order with this number or id."""
        with self._tools.register.reading() as tx:
            return tx.orders.get(ref)

    def document(self, ref: str) -> Document:
        """The document with this number or id."""
        with self._tools.register.reading() as tx:
            return tx.documents.get(ref)

    def stage_entered(
        self, order: str, stage: str, *, event_id: str = "", author: str = "", is_sending: bool = True, at: datetime | None = None
    ) -> Outcome:
        """Move the order to the stage and do what the rules say; the same `event_id` again answers with the first result.

        `stage` is a slug or a name in any language. Without `event_id`, an order that is in the stage already repeats its last event.
        `is_sending` False makes the documents and sends nothing.
        """
        imports.load_context(self._tools, order)
        with self._tools.register.transaction() as tx:
            found = tx.orders.get(order)
            slug = _stage(tx.orders.process(found.process), stage)
            last = tx.events.last(found.id, slug) if not event_id and found.stage == slug else None
            event = last or StageEvent(
                event_id or uuid.uuid4().hex, found.id, slug, author or self.settings.author, at or self._tools.now()
            )
            known = tx.events.get(event.id)
            if known is None:
                tx.events.record(event)
                tx.orders.move(found.id, slug)
                for rule in rules.fired(event, found, tx.orders.rules()):
                    tx.jobs.add(self._job(event, found, rule=replace(rule, is_sent=rule.is_sent and is_sending)))
            elif (known.order_id, known.stage) != (found.id, slug):
                raise EventConflict(event=known.id, order=known.order_id, stage=known.stage)
        return self._carried_out(known or event, is_repeat=known is not None)

    def plan(self, order: str, stage: str) -> tuple[Planned, ...]:
        """What `stage_entered` would make, numbered how and sent to whom, without a trace."""
        with self._tools.register.reading() as tx:
            found = tx.orders.get(order)
            slug = _stage(tx.orders.process(found.process), stage)
            event = self._rehearsed(found, slug)
            fired = rules.fired(event, found, tx.orders.rules())
        return tuple(planned(self._job(event, found, rule=rule), self._tools) for rule in fired)

    def plan_kind(self, order: str, kind: str, template: str = "") -> Planned:
        """What `generate` would make."""
        found = self.order(order)
        kind = self._tools.catalogue.template(template).kind if template else self._kind(kind)
        return planned(replace(self._job(self._rehearsed(found), found, kind=kind), template_id=template), self._tools)

    def rule_test(self, rule_id: str, order: str) -> Planned:
        """What this rule would make for the order, were its stage entered now."""
        with self._tools.register.reading() as tx:
            rule, found = tx.orders.rule(rule_id), tx.orders.get(order)
        return planned(self._job(self._rehearsed(found, rule.stage), found, rule=rule), self._tools)

    def generate(self, order: str, *, kinds: Sequence[str] = (), template: str = "", language: str = "", author: str = "") -> Outcome:
        """Make documents for the order by hand: of these kinds, or by this template."""
        imports.load_context(self._tools, order)
        chosen = self._tools.catalogue.template(template) if template else None
        wanted = [chosen.kind] if chosen else [self._kind(kind) for kind in kinds]
        with self._tools.register.transaction() as tx:
            found = tx.orders.get(order)
            event = StageEvent(uuid.uuid4().hex, found.id, "", author or self.settings.author, self._tools.now())
            tx.events.record(event)
            for kind in wanted:
                tx.jobs.add(replace(self._job(event, found, kind=kind), template_id=template, language=language))
        return self._carried_out(event)

    def edit(self, document: str, changes: Mapping[str, str], *, author: str = "") -> Outcome:
        """Make the document's next revision with `changes` over what it was made from: same number, the old revision stays."""
        if not changes:
            raise BadChange(path="", value="", reason="nothing")
        found, last = self._newest(document)
        return self._revise(found, replace(self._next(found, last, author), changes=changes, case=changed(last.case, changes)))

    def replace(self, document: str, file: Path, *, author: str = "") -> Outcome:
        """Make the document's next revision from an office file that a person edited by hand."""
        found, last = self._newest(document)
        try:
            data = file.read_bytes()
        except OSError as error:
            raise NotFound(what="file", name=str(file)) from error
        suffix = check_office(data, file.name)
        template = _template_of(found, last)
        if suffix != template.suffix:
            raise RefusedFile(file=file.name, reason="other-format", suffix=template.suffix)
        names = fields_used(data, suffix)
        if names:
            raise RefusedFile(file=file.name, reason="unfilled", names=", ".join(sorted(names)))
        job = self._next(found, last, author)
        return self._revise(found, replace(job, replacement=self._tools.files.put(data, suffix)))

    def unfinished(self) -> tuple[Job, ...]:
        """The jobs that no living worker holds and that are not at their end."""
        with self._tools.register.reading() as tx:
            return tx.jobs.unfinished(self._tools.now(), is_gone)

    def resume(self) -> tuple[Job, ...]:
        """Take every unfinished job to its end."""
        return tuple(self._run([job.id for job in self.unfinished()]))

    def _job(self, event: StageEvent, order: Order, *, rule: Rule | None = None, kind: str = "") -> Job:
        kind = rule.kind if rule else kind
        return Job(
            id=uuid.uuid4().hex,
            key=f"{event.id}/{rule.id if rule else ''}/{kind}",
            event_id=event.id,
            order_id=order.id,
            kind=kind,
            author=event.author,
            created=self._tools.now(),
            rule=rule,
            template_id=rule.template if rule else "",
            language=rule.language if rule else "",
        )

    def _next(self, document: Document, last: Revision, author: str) -> Job:
        """The job that makes the revision after `last` by the same version of the template."""
        return Job(
            id=uuid.uuid4().hex,
            key=f"{document.id}/{last.revision + 1}/{uuid.uuid4().hex}",
            event_id="",
            order_id=document.order_id,
            kind=document.kind,
            author=author or self.settings.author,
            created=self._tools.now(),
            document_id=document.id,
            revision=last.revision + 1,
            language=document.language,
            case=last.case,
            template=_template_of(document, last),
        )

    def _rehearsed(self, order: Order, stage: str = "") -> StageEvent:
        """An event that is not told to anybody: for what would be made."""
        return StageEvent("dry-run", order.id, stage, self.settings.author, self._tools.now())

    def _newest(self, ref: str) -> tuple[Document, Revision]:
        with self._tools.register.reading() as tx:
            document = tx.documents.get(ref)
            revisions = tx.documents.revisions(document.id)
        if not revisions:
            raise BadChange(path=document.number, value="", reason="unfinished")
        return document, revisions[-1]

    def _revise(self, document: Document, job: Job) -> Outcome:
        with self._tools.register.transaction() as tx:
            tx.jobs.add(job)
        [done] = self._run([job.id])
        event = StageEvent("", document.order_id, "", job.author, job.created)
        return Outcome(event, (done,), (self.document(document.id),), ())

    def _carried_out(self, event: StageEvent, *, is_repeat: bool = False) -> Outcome:
        with self._tools.register.transaction() as tx:
            jobs = tx.jobs.of_event(event.id)
            for job in jobs:
                if job.state is JobState.FAILED:
                    tx.jobs.reopen(job.id)
        ended = self._run([job.id for job in jobs])
        with self._tools.register.reading() as tx:
            documents = tuple(tx.documents.get(job.document_id) for job in ended if job.document_id)
            deliveries = tuple(delivery for document in documents for delivery in tx.deliveries.of_document(document.id))
        return Outcome(event, tuple(ended), documents, deliveries, is_repeat)

    def _run(self, job_ids: Iterable[str]) -> list[Job]:
        return self._executor.run(list(job_ids), lambda job_id: run_job(job_id, self._tools))

    def _kind(self, kind: str) -> str:
        kinds = self._tools.catalogue.kinds()
        if kind not in kinds:
            raise NotFound(what="kind", name=kind, suggestion=nearest(kind, kinds))
        return kind


def _stage(process: Process, wanted: str) -> str:
    for stage in process.stages:
        if wanted.casefold() in {stage.slug.casefold(), *(name.casefold() for name in stage.names.values())}:
            return stage.slug
    raise StageUnknown(stage=wanted, process=process.slug, choices=", ".join(stage.slug for stage in process.stages))


def _template_of(document: Document, revision: Revision) -> Template:
    """The template as the revision was made by it; its bytes are in the files under its version."""
    return Template(
        id=revision.template_id,
        kind=document.kind,
        language=document.language,
        suffix=revision.office.suffix,
        title=document.name,
        series="",
        path=f"{revision.template_id}{revision.office.suffix}",
        version=revision.template_version,
    )

"""What a job would do, found out without a trace: for dry runs and tests of rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from engine import numbering
from engine.context import sample_document
from engine.errors import EngineError
from engine.model import Job
from engine.pipeline import Tools, case_of, choose_template, filled


@dataclass(frozen=True, slots=True)
class Planned:
    """One document that would be made. `problem` is why it would not, or None; what is not known yet is empty."""

    kind: str
    rule: str
    template: str = ""
    title: str = ""
    number: str = ""
    entity: str = ""
    client: str = ""
    recipient: str = ""
    problem: EngineError | None = None


def planned(job: Job, tools: Tools) -> Planned:
    """The document that `job` would make now."""
    plan = Planned(job.kind, job.rule.id if job.rule else "")
    try:
        with tools.register.reading() as tx:
            case = case_of(tx, job.order_id, tools.settings)
        plan = replace(plan, entity=case.entity.name, client=case.client.name)
        template = choose_template(tools, job, case)
        plan = replace(plan, template=template.id, title=template.title)
        today = tools.now().astimezone().date()
        with tools.register.reading() as tx:
            number = numbering.upcoming(tx.series, kind=job.kind, entity=case.entity, pattern=template.series, day=today)
        document = {**sample_document(template.language), "number": number, "date": today}
        filled(replace(job, case=case, template=template), Path(template.path).read_bytes(), document=document, tools=tools)
    except EngineError as error:
        return replace(plan, problem=error)
    return replace(plan, number=number, recipient=case.client.email if job.rule and job.rule.is_sent else "")

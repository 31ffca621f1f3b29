"""The records that rooms exchange: frozen, plain, in the words of the trade.

Money is Decimal in major units (hryvnias, not kopecks); a time is zone-aware UTC; an empty string means "not known", so that a
template that prints it is told so. Nothing here reads a file, a database or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

LANGUAGES = ("uk", "ru", "en")


class Direction(StrEnum):
    """Which way a document went."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    INTERNAL = "internal"


class Status(StrEnum):
    """Where a document stands; `UNFINISHED` has its number and waits for its files."""

    UNFINISHED = "unfinished"
    READY = "ready"
    SENT = "sent"
    VOID = "void"


class Step(StrEnum):
    """The step a job has reached, in the order of the pipeline; only these are written down, see `docs/architecture.md`."""

    RECEIVED = "received"
    GATHERED = "gathered"
    NUMBERED = "numbered"
    STORED = "stored"
    INDEXED = "indexed"
    DELIVERED = "delivered"


class JobState(StrEnum):
    """Who holds a job: nobody yet, a worker with a lease, or nobody any more."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose name or signature stands on paper; the stored genitive wins over any computed one."""

    name: str = ""
    post: str = ""
    name_genitive: str = ""
    post_genitive: str = ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where money is paid; `number` is an IBAN in Ukraine and the EU, 20 digits in Russia."""

    number: str = ""
    bank: str = ""
    bic: str = ""
    corr_number: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """The other side. `code` is EDRPOU, RNTRC or INN; `vat_number` the VAT registration, where there is one."""

    id: str
    name: str
    full_name: str = ""
    country: str = "UA"
    language: str = ""
    code: str = ""
    vat_number: str = ""
    kpp: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    basis: str = ""
    contact: Person = Person()
    signer: Person = Person()
    account: BankAccount = BankAccount()


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """Our company on the paper. `prefix` stands before its document numbers, so that two entities never share one."""

    id: str
    name: str
    full_name: str = ""
    country: str = "UA"
    language: str = "uk"
    currency: str = "UAH"
    code: str = ""
    vat_number: str = ""
    kpp: str = ""
    is_vat_payer: bool = True
    tax_note: str = ""
    address: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""
    basis: str = ""
    prefix: str = ""
    signer: Person = Person()
    accountant: Person = Person()
    account: BankAccount = BankAccount()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One thing sold. `total` is the sum of the line after `discount`, as it was sent; `vat_rate` in per cent, None is "without VAT".

    `is_vat_included` says whether `price` and `total` hold the VAT already.
    """

    name: str
    qty: Decimal
    price: Decimal
    total: Decimal
    unit: str = ""
    unit_code: str = ""
    sku: str = ""
    discount: Decimal = Decimal(0)
    vat_rate: Decimal | None = None
    is_vat_included: bool = True
    is_service: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What is sold to whom. `id` is the sender's own and unique; `number` is what people say. Without `entity_id` the workspace decides."""

    id: str
    number: str
    date: date
    currency: str
    client_id: str
    lines: tuple[OrderLine, ...] = ()
    entity_id: str = ""
    process: str = ""
    stage: str = ""
    basis: str = ""
    note: str = ""
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that one document is made from: an order with both its sides, as they were at that moment."""

    order: Order
    client: Client
    entity: LegalEntity


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of a process; `names` by language."""

    slug: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Process:
    """The stages that an order goes through, in order."""

    slug: str
    names: Mapping[str, str]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """When an order of `process` enters `stage`, make a document of `kind`.

    `template` narrows the choice to one template id, `language` to one language; empty means that the client and the legal entity decide.
    """

    id: str
    process: str
    stage: str
    kind: str
    template: str = ""
    language: str = ""
    is_sent: bool = False
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class StageEvent:
    """An order entered a stage. A repeat of the same `id` answers with the first result. An empty `stage` is a document made by hand."""

    id: str
    order_id: str
    stage: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Template:
    """An office file with placeholders; `version` is the sha-256 of its bytes; `series` is the pattern of its numbers."""

    id: str
    kind: str
    language: str
    suffix: str
    title: str
    series: str
    path: str
    version: str
    is_stock: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One document's way through the pipeline. `key` is unique, so the same wish twice is one job.

    `rule` is None for a document made by hand. `changes` maps a dotted path (`items.1.qty`) to a new value for an edit.
    `case` and `template` are kept once gathered, so that a restart makes the same document. `replacement` is the sha-256 of a file
    that a person edited; it then takes the place of the fill. `token` grows with each claim: a worker that lost its lease cannot write.
    """

    id: str
    key: str
    event_id: str
    order_id: str
    kind: str
    author: str
    created: datetime
    rule: Rule | None = None
    template_id: str = ""
    language: str = ""
    state: JobState = JobState.WAITING
    step: Step = Step.RECEIVED
    attempts: int = 0
    token: int = 0
    document_id: str = ""
    revision: int = 0
    changes: Mapping[str, Any] = field(default_factory=dict)
    replacement: str = ""
    case: Case | None = None
    template: Template | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """One file of a revision, by the sha-256 of its bytes. `renderer` names LibreOffice's version where it made the file."""

    suffix: str
    sha256: str
    size: int
    pages: int = 0
    renderer: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One immutable state of a document; `case` is what it was made from, `reason` why it was made."""

    document_id: str
    revision: int
    created: datetime
    author: str
    reason: str
    template_id: str
    template_version: str
    case: Case
    renditions: tuple[Rendition, ...] = ()
    sent: datetime | None = None

    @property
    def pdf(self) -> Rendition:
        """The file that people are sent."""
        return next(part for part in self.renditions if part.suffix == ".pdf")

    @property
    def office(self) -> Rendition:
        """The Word or Excel file that the PDF was made of."""
        return next(part for part in self.renditions if part.suffix != ".pdf")


@dataclass(frozen=True, slots=True)
class Document:
    """An entry of the register: it has a number, belongs to an order and a client, and its files are in its revisions."""

    id: str
    number: str
    kind: str
    name: str
    language: str
    date: date
    direction: Direction
    status: Status
    author: str
    entity_id: str
    entity_name: str
    client_id: str
    client_name: str
    order_id: str
    order_number: str
    process: str
    stage: str
    amount: Decimal
    currency: str
    template_id: str
    template_version: str
    created: datetime
    revision: int = 0
    sent: datetime | None = None
    received: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending of one revision to one recipient; `key` is unique, so it is written before the sending and happens once."""

    id: str
    key: str
    document_id: str
    revision: int
    channel: str
    recipient: str
    state: str
    created: datetime
    message_id: str = ""
    path: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What a list of documents is narrowed to; None or empty means "any". Dates are inclusive; text matches in any letter case."""

    number: str = ""
    name: str = ""
    kind: str = ""
    direction: str = ""
    author: str = ""
    entity: str = ""
    client: str = ""
    order: str = ""
    process: str = ""
    status: str = ""
    currency: str = ""
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    created_from: date | None = None
    created_to: date | None = None
    sent_from: date | None = None
    sent_to: date | None = None
    received_from: date | None = None
    received_to: date | None = None

"""Letters as files in the workspace's outbox: the sandbox, in which a person sees what would go out and nothing leaves the machine."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import replace
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from engine.deliver import Letter
from engine.errors import unwritten
from engine.model import Delivery

OUTBOX = "outbox"
REFUSED = "refused"


class Outbox:
    """Writes each letter once as `<folder>/<delivery id>.eml`."""

    channel = "email"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, delivery: Delivery, letter: Letter) -> Delivery:
        """The delivery in state `outbox` with the file's path, or `refused` where an address is none."""
        try:
            message = composed(letter, delivery)
        except (ValueError, IndexError, MessageError) as error:
            return replace(delivery, state=REFUSED, error=f"{letter.recipient}: {error}")
        path = self._folder / f"{delivery.id}.eml"
        _write(path, message.as_bytes(policy=SMTP))
        return replace(delivery, state=OUTBOX, path=str(path))


def composed(letter: Letter, delivery: Delivery) -> EmailMessage:
    """The letter as MIME. Raises ValueError for an address that is none: `a@b, c@d` must never become two recipients."""
    message = EmailMessage()
    message["Message-ID"] = letter.message_id
    message["Date"] = format_datetime(delivery.created)
    message["From"] = Address(addr_spec=letter.sender)
    message["To"] = Address(addr_spec=letter.recipient)
    message["Subject"] = " ".join(letter.subject.split())
    message.set_content(letter.text)
    for name, data in letter.files.items():
        kind, _, subtype = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(data, maintype=kind, subtype=subtype, filename=name)
    return message


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all; a letter that is there already stays as it is."""
    if path.exists():
        return
    temporary = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise unwritten(error, path) from error

import email
import email.policy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.deliver import Letter
from engine.deliver.mail import Outbox
from engine.model import Delivery

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def delivered(folder, recipient="office@client.example", **facts):
    letter = Letter(
        "<d1@docstage.invalid>", "we@firm.example", recipient, facts.get("subject", "Рахунок № 1"), "Добрий день!", {"РХ-1.pdf": b"%PDF-1"}
    )
    return Outbox(folder).deliver(Delivery("d1", "k", "doc", 1, "email", recipient, "sending", NOW, "<d1@docstage.invalid>"), letter)


def test_a_letter_is_a_file_with_its_document_under_its_own_name(tmp_path):
    delivery = delivered(tmp_path)

    message = email.message_from_bytes(Path(delivery.path).read_bytes(), policy=email.policy.default)
    [attachment] = message.iter_attachments()
    assert (delivery.state, message["Subject"], message["To"]) == ("outbox", "Рахунок № 1", "office@client.example")
    assert (attachment.get_filename(), attachment.get_content_type(), attachment.get_content()) == (
        "РХ-1.pdf",
        "application/pdf",
        b"%PDF-1",
    )


def test_the_same_delivery_again_is_the_same_letter(tmp_path):
    first = Path(delivered(tmp_path).path).read_bytes()

    again = delivered(tmp_path, subject="Інша тема")

    assert Path(again.path).read_bytes() == first
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "recipient", ["a@b.example, evil@c.example", "no-at-sign", "", "a@b.example\nBcc: evil@c.example", "a b@c.example"]
)
def test_an_address_that_is_none_is_refused_and_writes_nothing(tmp_path, recipient):
    delivery = delivered(tmp_path, recipient)

    assert (delivery.state, delivery.path, bool(delivery.error)) == ("refused", "", True)
    assert list(tmp_path.iterdir()) == []


def test_a_line_break_in_a_subject_makes_no_header(tmp_path):
    message = email.message_from_bytes(Path(delivered(tmp_path, subject="Тема\r\nBcc: evil@c.example").path).read_bytes())

    assert message["Bcc"] is None

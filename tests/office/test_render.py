"""The real LibreOffice: what it makes, what becomes of it when it is hurt, and what it leaves behind. In its sandbox and without it."""

import io
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from engine import messages
from engine.errors import NoLibreOffice, RenderFailed
from engine.render import libreoffice, sandbox
from engine.render.pool import Pool
from engine.render.room import sweep

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["sandboxed", "open"])
def pool(request, monkeypatch, tmp_path) -> Iterator[Pool]:
    """A pool of its own, in its own place for temporary files; `open` is a machine without bubblewrap."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if request.param == "open":
        monkeypatch.setattr(sandbox, "bubblewrap", lambda: "")
    made = Pool(seconds=30)
    yield made
    made.close()
    assert (processes(), list(tmp_path.glob("docstage-*"))) == ([], [])


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def saved(file) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def text_of(pdf: bytes) -> str:
    return subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def dot() -> bytes:
    """A picture of one colour."""
    rows = b"".join(b"\0" + b"\xc0\x10\x10" * 8 for _ in range(8))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def showing(*, target: str = "") -> bytes:
    """A letter with a picture of its own, or with one that lies at `target`."""
    document = docx.Document()
    document.add_paragraph("лист").add_run().add_picture(io.BytesIO(dot()))
    if target:
        [blip] = document.element.iter(qn("a:blip"))
        del blip.attrib[qn("r:embed")]
        blip.set(qn("r:link"), document.part.relate_to(target, RELATIONSHIP_TYPE.IMAGE, is_external=True))
    return saved(document)


def pictures(pdf: bytes) -> int:
    return sum(1 for page in pypdfium2.PdfDocument(pdf) for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))


def processes(ancestor: int | None = None) -> list[tuple[int, str]]:
    """Id and name of the living descendants of a process, of this one by default."""
    parents, names = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text().rpartition(")")
        except OSError:
            continue
        pid, _, names_of = head.partition(" (")
        state, parent = tail.split()[:2]
        if state != "Z":
            parents[int(pid)], names[int(pid)] = int(parent), names_of
    family = {ancestor or os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return sorted((pid, names[pid]) for pid in family - {ancestor or os.getpid()} if pid in names)


def office() -> int:
    """The id of the one LibreOffice under this process."""
    [pid] = [pid for pid, name in processes() if name == "soffice.bin"]
    return pid


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_word_becomes_a_pdf_with_its_text_and_pages(pool):
    document = docx.Document()
    document.add_paragraph("Рахунок № РХ-2026-0001")
    document.add_page_break()
    document.add_paragraph("Всього до сплати: 1 200,50 грн")

    pdf = pool.pdf(saved(document), ".docx", name="invoice.docx")

    assert pdf.pages == 2
    assert pdf.renderer.startswith("LibreOffice ")
    assert "Рахунок № РХ-2026-0001" in text_of(pdf.data)
    assert "Всього до сплати: 1 200,50 грн" in text_of(pdf.data)


def test_excel_becomes_a_pdf_with_its_formulas_worked_out(pool):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["B1"], sheet["B2"], sheet["B3"] = "Акт № 12", 1200, 300, "=SUM(B1:B2)"

    pdf = pool.pdf(saved(book), ".xlsx", name="act.xlsx")

    assert pdf.pages == 1
    assert "Акт № 12" in text_of(pdf.data)
    assert "1500" in text_of(pdf.data)


def test_documents_share_one_warm_libreoffice(pool):
    pool.pdf(word("перший"), ".docx", name="1.docx")
    first = office()

    with ThreadPoolExecutor(4) as threads:
        pdfs = list(threads.map(lambda n: pool.pdf(word(f"документ {n}"), ".docx", name=f"{n}.docx"), range(8)))

    assert [f"документ {n}" in text_of(pdf.data) for n, pdf in enumerate(pdfs)] == [True] * 8
    assert office() == first


def test_the_worker_outlives_the_thread_that_asked_first(pool):
    """The kernel's death signal is the thread's, not the process's."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(pool.pdf, word("перший"), ".docx", name="1.docx").result()
    first = office()

    pool.pdf(word("другий"), ".docx", name="2.docx")

    assert office() == first


@pytest.mark.parametrize("suffix", [".docx", ".xlsx"])
def test_garbage_is_refused_and_the_next_document_is_made(pool, suffix):
    pool.pdf(word("перший"), ".docx", name="1.docx")
    first = office()

    with pytest.raises(RenderFailed) as refused:
        pool.pdf(b"not an office file " * 100, suffix, name=f"letter{suffix}")

    assert (refused.value.facts["reason"], refused.value.retryable) == ("refused", False)
    assert f"letter{suffix}" in refused.value.text("uk")
    assert "далі" in text_of(pool.pdf(word("далі"), ".docx", name="next.docx").data)
    assert office() == first


def test_a_killed_worker_is_replaced(pool):
    pool.pdf(word("перший"), ".docx", name="1.docx")
    first = office()
    for pid, _ in processes():
        with suppress(ProcessLookupError):  # some die with those before them
            os.kill(pid, signal.SIGKILL)

    assert "другий" in text_of(pool.pdf(word("другий"), ".docx", name="2.docx").data)
    assert office() != first


def test_a_libreoffice_killed_in_the_middle_of_a_document_makes_it_on_the_second_try(pool, tmp_path):
    pool.pdf(word("перший"), ".docx", name="1.docx")
    first = office()
    os.kill(first, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(pool.pdf, word("другий"), ".docx", name="2.docx")
        wait_until(lambda: bool(list(tmp_path.glob("docstage-*/jobs/2.docx"))))

        os.kill(first, signal.SIGKILL)

        assert "другий" in text_of(asked.result().data)
    assert office() != first


def test_a_hung_libreoffice_is_ended_and_the_document_made_on_the_second_try(pool):
    pool.pdf(word("перший"), ".docx", name="1.docx")
    first = office()
    os.kill(first, signal.SIGSTOP)
    pool.seconds = 2.0

    assert "другий" in text_of(pool.pdf(word("другий"), ".docx", name="2.docx").data)
    assert office() != first


def test_a_worker_whose_folder_was_swept_away_is_replaced(pool, tmp_path):
    """Servers clean /tmp of what is old."""
    pool.pdf(word("перший"), ".docx", name="1.docx")
    for room in tmp_path.glob("docstage-*"):
        shutil.rmtree(room)

    assert "другий" in text_of(pool.pdf(word("другий"), ".docx", name="2.docx").data)


def test_a_document_that_hangs_twice_is_given_up(pool):
    pool.pdf(word("перший"), ".docx", name="1.docx")
    pool.seconds = 0.001

    with pytest.raises(RenderFailed) as hung:
        pool.pdf(word("другий"), ".docx", name="2.docx")

    assert (hung.value.facts["reason"], hung.value.retryable) == ("hung", True)
    assert processes() == []


def test_closing_ends_a_document_under_way_and_those_that_wait(pool, tmp_path):
    pool.pdf(word("перший"), ".docx", name="1.docx")
    os.kill(office(), signal.SIGSTOP)
    with ThreadPoolExecutor(2) as threads:
        asked = threads.submit(pool.pdf, word("другий"), ".docx", name="2.docx")
        wait_until(lambda: bool(list(tmp_path.glob("docstage-*/jobs/2.docx"))))
        waiting = threads.submit(pool.pdf, word("третій"), ".docx", name="3.docx")

        pool.close()

        assert [type(call.exception()) for call in (asked, waiting)] == [RenderFailed] * 2


def test_no_port_is_open(pool):
    """What the worker and LibreOffice hold are pipes and Unix sockets."""
    pool.pdf(word("перший"), ".docx", name="1.docx")

    for pid, _ in processes():
        held = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
        for table in ("tcp", "tcp6", "udp", "udp6"):
            rows = [row.split() for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
            assert [row for row in rows if f"socket:[{row[9]}]" in held] == []


def test_a_linked_picture_is_not_fetched(pool, tmp_path):
    """A letter asks for a file of this machine and for an address: it is made without them."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(dot())
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/secret.png"

        letters = [pool.pdf(showing(target=target), ".docx", name="linked.docx").data for target in (secret.as_uri(), address)]

        assert [(text_of(letter).strip(), pictures(letter)) for letter in letters] == [("лист", 0)] * 2
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert pictures(pool.pdf(showing(), ".docx", name="own.docx").data) == 1


def test_the_environment_does_not_cross(pool, monkeypatch):
    monkeypatch.setenv("DOCSTAGE_SECRET", "hunter2")
    pool.pdf(word("перший"), ".docx", name="1.docx")

    for pid, _ in processes():
        if Path(f"/proc/{pid}/exe").readlink().name != "bwrap":
            assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()
            assert f"HOME={Path.home()}\0".encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def test_state_says_what_is_there(pool, request):
    state = pool.state()

    assert Path(state.libreoffice).exists()
    assert state.version in pool.pdf(word("перший"), ".docx", name="1.docx").renderer
    assert state.version
    is_sandboxed = "sandboxed" in request.node.name
    assert state.is_sandboxed == is_sandboxed
    assert state.sandbox_reason == ("" if is_sandboxed else "doctor-render.no-bubblewrap")


def test_a_refused_sandbox_is_told_and_done_without(monkeypatch, tmp_path):
    """A machine whose kernel refuses namespaces: bwrap is there and ends with a message."""
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(sandbox, "bubblewrap", lambda: str(refusing))
    pool = Pool()

    assert "перший" in text_of(pool.pdf(word("перший"), ".docx", name="1.docx").data)
    state = pool.state()
    pool.close()

    assert (state.is_sandboxed, state.sandbox_reason) == (False, "doctor-render.refused")
    assert "No permissions" in messages.text(state.sandbox_reason, "uk", detail=state.sandbox_detail)


def test_a_sandbox_that_leaks_is_not_trusted(monkeypatch):
    def leaking(*given, **named) -> list[str]:
        walls = enclosed(*given, **named)
        walls[walls.index("--") : walls.index("--")] = ["--ro-bind", "/etc/passwd", "/etc/passwd"]
        return walls

    enclosed = sandbox.enclosed
    monkeypatch.setattr(sandbox, "enclosed", leaking)
    pool = Pool()

    state = pool.state()
    pool.close()

    assert (state.is_sandboxed, state.sandbox_reason, state.sandbox_detail) == (False, "doctor-render.leaks", "/etc/passwd")


def test_without_libreoffice_it_is_said_before_anything_starts(monkeypatch, tmp_path):
    libreoffice.find.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    pool = Pool()

    with pytest.raises(NoLibreOffice):
        pool.ready()
    with pytest.raises(NoLibreOffice):
        pool.pdf(word("перший"), ".docx", name="1.docx")
    assert pool.state().libreoffice == ""
    pool.close()


PARENT = """
import sys
from engine.render import sandbox
from engine.render.pool import Pool

if sys.argv[2] == "open":
    sandbox.bubblewrap = lambda: ""
pool = Pool()
pool.pdf(open(sys.argv[1], "rb").read(), ".docx", name="x.docx")
print("made", flush=True)
if sys.argv[3] == "killed":
    input()
"""


@pytest.mark.parametrize("ending", ["killed", "ended"])
@pytest.mark.parametrize("walls", ["sandboxed", "open"])
def test_nothing_outlives_its_parent(walls, ending, tmp_path, monkeypatch):
    """A Python program that never closed its engine, and one that was killed: LibreOffice, profile and sockets are gone."""
    (tmp_path / "x.docx").write_bytes(word("перший"))
    (tmp_path / "tmp").mkdir()
    command = [sys.executable, "-c", PARENT, str(tmp_path / "x.docx"), walls, ending]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout.readline() == b"made\n"
        family = processes(parent.pid)
        left = [Path(pipe) for noted in tmp_path.glob("tmp/*/pipes") for pipe in noted.read_text().splitlines()]
        if ending == "killed":
            assert "soffice.bin" in [name for _, name in family]
            parent.kill()
        parent.wait()

    wait_until(lambda: not any(is_running(pid, name) for pid, name in family))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    sweep()

    assert list((tmp_path / "tmp").iterdir()) == []
    assert [pipe for pipe in left if pipe.exists()] == []


def is_running(pid: int, name: str) -> bool:
    try:
        head, _, tail = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    except OSError:
        return False
    return head.endswith(f"({name}") and tail.split()[0] != "Z"

"""The command as a user runs it, in a process of its own: what it prints, what it returns, in which language."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest

from tests.templates_for_tests import word
from tests.workspace import ROOT, Workspace, docstage

LISTS = (("order", "list"), ("document", "list"), ("template", "list"), ("rule", "list"), ("fields",))


def test_help_begins_with_the_purpose_and_an_example():
    shown = docstage("order", "stage", "-h", env={"LC_ALL": "uk_UA.UTF-8"}).stdout

    assert "Перевести замовлення на етап" in shown
    assert "docstage order stage 1002 invoice_sent" in shown


@pytest.mark.parametrize(("language", "sentence"), [("uk", "Не знайдено"), ("ru", "Не найдено"), ("en", "Not found")])
def test_a_missing_order_is_told_in_the_user_s_language_with_status_4(demo, language, sentence):
    ran = demo.run("order", "show", "10002", "--lang", language)

    assert (ran.returncode, ran.stdout) == (4, "")
    assert sentence in ran.stderr
    assert "1002" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_language_comes_from_the_option_then_the_workspace_then_the_locale(demo, tmp_path):
    assert "Не знайдено" in demo.run("order", "show", "x", env={"LC_ALL": "ru_RU.UTF-8"}).stderr
    assert "робочої теки" in docstage("-w", str(tmp_path), "order", "list", env={"LC_ALL": "uk_UA.UTF-8"}).stderr
    assert "workspace" in docstage("-w", str(tmp_path), "order", "list").stderr


@pytest.mark.parametrize(
    "command", [*LISTS, ("config", "show"), ("index", "status"), ("index", "verify"), ("order", "show", "1002"), ("search", "x")]
)
def test_json_is_one_object_in_one_envelope_and_nothing_else(demo, command):
    ran = demo.run(*command, "--json")

    envelope = json.loads(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert set(envelope) == {"schema", "ok", "command", "result", "warnings", "errors"}
    assert (envelope["ok"], envelope["command"]) == (True, " ".join(command[:2]) if command[0] not in ("fields", "search") else command[0])


def test_an_error_in_json_has_its_code_and_place(demo, tmp_path):
    (tmp_path / "bad.docx").write_bytes(word("Сума {{ order.totl }} грн"))

    envelope = demo.json("template", "check", str(tmp_path / "bad.docx"))

    [file] = envelope["result"]["files"]
    [problem] = file["problems"]
    assert (envelope["ok"], problem["code"], problem["suggestions"]) == (False, "F01", ["order.total"])
    assert problem["where"] == {"file": "bad.docx", "part": "body", "paragraph": 1}
    assert "totl" in problem["excerpt"]


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_a_list_that_is_piped_is_tab_separated_and_without_colours(demo, command):
    ran = demo.run(*command)

    assert "\033" not in ran.stdout + ran.stderr
    rows = ran.stdout.splitlines()
    assert len({row.count("\t") for row in rows}) <= 1


def test_ndjson_is_an_object_a_line(demo):
    rows = [json.loads(line) for line in demo.run("order", "list", "--ndjson").stdout.splitlines()]

    assert len(rows) == 40
    assert rows[0]["number"]


def test_no_color_is_honoured_on_a_terminal(demo):
    import pty

    shown = {}
    for name, setting in (("plain", {"NO_COLOR": "1"}), ("colours", {})):
        output = bytearray()

        def read(descriptor, output=output):
            data = os.read(descriptor, 1024)
            output.extend(data)
            return data

        clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
        environment = clean | {"PYTHONPATH": str(ROOT), "TERM": "xterm"} | setting
        command = ["env", *(f"{key}={value}" for key, value in environment.items()), sys.executable, "-m", "cli", "-w", str(demo.folder)]
        saved = os.dup(1)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        try:
            pty.spawn([*command, "order", "show", "10002"], read)
        finally:
            os.dup2(saved, 1)
            os.close(saved)
            os.close(null)
        shown[name] = bytes(output)

    assert b"\033" not in shown["plain"]
    assert b"\033[31m" in shown["colours"]


def test_a_misspelt_command_and_option_are_wrong_use_with_a_suggestion():
    command, option = docstage("generat"), docstage("order", "list", "--proces", "x")

    assert (command.returncode, option.returncode) == (2, 2)
    assert "generate" in command.stderr
    assert "--process" in option.stderr
    assert json.loads(docstage("generat", "--json").stdout)["errors"][0]["code"] == "usage"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_that_the_shell_takes(shell):
    ran = docstage("completion", shell)

    assert ran.returncode == 0
    assert "_DOCSTAGE_COMPLETE" in ran.stdout
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=ran.stdout, text=True, check=False).returncode == 0


def test_no_workspace_is_status_3_and_names_the_command_that_makes_one(tmp_path):
    ran = docstage("-w", str(tmp_path / "nowhere"), "document", "list")

    assert ran.returncode == 3
    assert "docstage init" in ran.stderr


def test_init_makes_a_workspace_with_comments_and_never_overwrites_one(tmp_path):
    made = docstage("init", str(tmp_path / "w"), "--lang", "uk")
    again = docstage("init", str(tmp_path / "w"))

    assert (made.returncode, again.returncode) == (0, 3)
    names = {path.name for path in (tmp_path / "w").iterdir()}
    assert names >= {"docstage.toml", "register.sqlite3", "files", "index", "templates", "outbox"}
    settings = (tmp_path / "w" / "docstage.toml").read_text("utf-8")
    assert settings.count("\n# ") >= 10
    assert 'language = "uk"' in settings


def test_an_empty_workspace_says_what_it_lacks_for_an_invoice(tmp_path):
    workspace = Workspace(tmp_path / "w")
    docstage("init", str(workspace.folder), "--lang", "en")
    order = {"id": "1", "number": "1", "date": "2026-11-24", "currency": "UAH", "client": {"id": "c", "name": "ТОВ «Новий»"}}
    data = {"version": 1, "orders": [{**order, "lines": [{"name": "Кава", "qty": "1", "price": "5.00"}]}]}
    (tmp_path / "orders.json").write_text(json.dumps(data), "utf-8")

    assert workspace.run("import", str(tmp_path / "orders.json")).returncode == 0
    ran = workspace.run("generate", "--order", "1", "--type", "invoice")

    assert ran.returncode == 1
    assert "legal entity" in ran.stderr


def test_a_register_held_by_another_program_is_status_3(demo):
    holder = sqlite3.connect(demo.folder / "register.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    ran = demo.run("order", "stage", "1002", "invoice_sent", env={"DOCSTAGE_REGISTER_SECONDS": "1"})

    assert ran.returncode == 3
    assert "1" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_workspace_of_a_newer_version_is_status_3(demo):
    connection = sqlite3.connect(demo.folder / "register.sqlite3")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()

    ran = demo.run("document", "list")

    assert (ran.returncode, "9999" in ran.stderr) == (3, True)


def test_without_libreoffice_nothing_is_half_made_and_no_number_is_spent(demo, tmp_path):
    """A PATH on which no soffice is found."""
    ran = demo.run("generate", "--order", "1002", "--type", "invoice", env={"PATH": str(tmp_path)})

    assert ran.returncode == 3
    assert "apt-get install" in ran.stderr
    assert demo.json("document", "list")["result"]["total"] == 0
    made = demo.json("generate", "--order", "1002", "--type", "invoice")
    assert made["result"]["documents"][0]["number"].endswith("-0001")


def test_a_setting_is_shown_read_and_changed(demo):
    assert demo.run("config", "set", "language", "ru").returncode == 0
    assert demo.run("config", "get", "language").stdout == "ru\n"
    assert demo.json("config", "show")["result"]["default_entity"] == "ua-llc"
    assert demo.run("config", "set", "language", "de").returncode == 2
    assert demo.run("config", "path").stdout.strip() == str(demo.folder / "docstage.toml")


def test_files_that_are_no_good_templates_are_refused_with_a_reason(demo, tmp_path):
    (tmp_path / "broken.docx").write_bytes(word("x")[:900])
    (tmp_path / "locked.docx").write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 900
    )
    (tmp_path / "data.json").write_text("{}")

    for name, words in (("broken.docx", "пошкоджено"), ("locked.docx", "паролем"), ("gone.docx", "Не знайдено")):
        ran = demo.run("template", "fill", str(tmp_path / name), "--data", str(tmp_path / "data.json"), "-o", str(tmp_path / "out.docx"))
        assert ran.returncode in (1, 4), name
        assert words in ran.stderr, name
        assert not (tmp_path / "out.docx").exists()


def test_an_object_fills_a_file_outside_the_register(demo, tmp_path):
    (tmp_path / "letter.docx").write_bytes(word("Шановний {{ name }}, борг {{ debt }}"))

    ran = demo.run(
        "template",
        "fill",
        str(tmp_path / "letter.docx"),
        "--data",
        "-",
        "-o",
        str(tmp_path / "letter.pdf"),
        input='{"name": "О’Коннор & Ко", "debt": 7}',
    )

    assert ran.stdout.strip() == str(tmp_path / "letter.pdf")
    text = subprocess.run(["pdftotext", str(tmp_path / "letter.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    assert "Шановний О’Коннор & Ко, борг 7" in text


def test_a_dry_run_shows_the_number_and_leaves_no_trace(demo):
    planned = demo.json("order", "stage", "1002", "invoice_sent", "--dry-run")["result"]["planned"]

    assert [(part["kind"], part["number"][-4:], part["problem"]) for part in planned] == [("invoice", "0001", None)]
    assert demo.json("document", "list")["result"]["total"] == 0
    assert demo.json("order", "show", "1002")["result"]["stage"] == "new"


def test_import_says_what_it_did_and_a_second_one_changes_nothing(demo):
    file = str(ROOT / "tests" / "data" / "commerceml-3.1-utf-8.xml")
    first, second = demo.json("import", file)["result"], demo.json("import", file)["result"]

    assert first["added"] == first["read"] - len(first["refused"]) > 0
    assert (second["added"], second["updated"], second["unchanged"]) == (0, 0, first["added"])


def test_a_document_s_list_equals_what_the_orders_of_its_client_show(demo):
    demo.run("generate", "--order", "1002", "--type", "invoice,contract")
    demo.run("generate", "--order", "1005", "--type", "invoice")
    client = demo.json("order", "show", "1002")["result"]["client"]["name"]

    listed = demo.json("document", "list", "--client", client, "--kind", "invoice")["result"]["documents"]

    orders = [row["number"] for row in demo.json("order", "list", "--client", client)["result"]["orders"]]
    shown = [made for number in orders for made in demo.json("order", "show", number)["result"]["documents"] if made["kind"] == "invoice"]
    assert listed == shown
    assert len(listed) == 1


def test_search_finds_again_after_the_index_was_deleted_and_rebuilt(demo):
    import shutil

    demo.run("generate", "--order", "1002", "--type", "contract")
    queries = ("замовнику сплачувати", "0001", "специфікацією")
    before = [demo.json("search", query)["result"]["hits"] for query in queries]
    shutil.rmtree(demo.folder / "index")

    assert demo.run("index", "rebuild").returncode == 0

    assert [demo.json("search", query)["result"]["hits"] for query in queries] == before
    assert all(len(hits) == 1 and "<mark>" in hits[0]["snippet"] for hits in before)
    assert demo.json("index", "verify")["result"]["ok"]


@pytest.mark.parametrize(
    "option", [("--amount-from", "abc"), ("--amount-to", "NaN"), ("--created-from", "31.02.2026"), ("--sent-to", "завтра")]
)
def test_a_sum_or_a_day_that_is_none_is_wrong_use(demo, option):
    ran = demo.run("document", "list", *option)

    assert (ran.returncode, "Traceback" in ran.stderr) == (2, False)
    assert option[1] in ran.stderr


def test_sums_and_days_are_read_as_people_type_them(demo):
    ran = demo.run("document", "list", "--amount-from", "1 200,50", "--created-from", "24.11.2026", "--json")

    assert ran.returncode == 0, ran.stderr

"""The form that the house keeps: sizes, words of one alphabet, catalogues that say the same in three languages."""

import ast
import re
import subprocess
from pathlib import Path
from string import Template

import pytest

from engine import messages
from engine.model import LANGUAGES

ROOT = Path(__file__).parent.parent
TRACKED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
FILES = [ROOT / name for name in TRACKED if name and (ROOT / name).is_file()]
MODULES = [path for path in FILES if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("engine", "index", "cli.py", "bench")]
TEXTS = [path for path in FILES if path.suffix not in (".docx", ".xlsx", ".png", ".pdf", ".lock")]
# Files whose purpose is to show letters of two alphabets in one word.
MIXED_ON_PURPOSE = {
    "tests/test_check.py",
    "tests/test_index.py",
    "tests/test_analysis.py",
    "tests/test_fill_docx.py",
    "engine/fill/names.py",
    "index/analysis.py",
}
MIXED = re.compile(r"[^\W\d_]*(?:[a-zA-Z][а-яёіїєґА-ЯЁІЇЄҐ]|[а-яёіїєґА-ЯЁІЇЄҐ][a-zA-Z])[^\W\d_]*")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_walls_are_looked_at():
    assert len(MODULES) > 50


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_and_its_functions_stay_within_the_walls(path):
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 400

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "migrations/versions" not in relative(path):
            assert node.end_lineno - node.lineno < 60, node.name
            named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            taken = [argument for argument in named if argument.arg not in ("self", "cls")]
            is_command = any("option" in ast.unparse(decorator) for decorator in node.decorator_list)
            assert len(taken) <= 6 or is_command, node.name


@pytest.mark.parametrize("path", TEXTS, ids=relative)
def test_no_word_mixes_alphabets(path):
    if relative(path) in MIXED_ON_PURPOSE:
        return
    text = path.read_text("utf-8", "replace").replace("\\n", " ").replace("\\b", " ").replace("\\w", " ").replace("\\d", " ")

    assert [word.group() for word in MIXED.finditer(text)] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.lock")), ids=relative)
def test_a_lock_pins_by_hash_and_names_no_registry(path):
    text = path.read_text("utf-8")

    assert "://" not in text
    assert "--index-url" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert re.match(r"[\w.-]+==[\w.]+", block), block
        assert "--hash=sha256:" in block, block


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_exists_in_every_language_with_the_same_facts(language):
    ours, english = messages.catalogue(language), messages.catalogue("en")

    assert ours.keys() == english.keys()
    for key, sentence in ours.items():
        facts, others = (set(Template(text).get_identifiers()) for text in (sentence, english[key]))
        assert facts == others, key


def test_every_error_has_its_sentence():
    from engine import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.EngineError)]
    assert len(kinds) > 20
    for kind in kinds:
        assert messages.has(f"error.{kind.code}", "uk"), kind
        assert kind.__name__ in errors.__doc__ or kind is errors.TemplateProblem, kind

import pytest

from engine.errors import BadSetting
from engine.settings import changed, load


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docstage.toml").write_text('# мова\nlanguage = "uk"\nrender_seconds = 30\n', "utf-8")
    return tmp_path


def test_an_option_wins_over_the_environment_it_over_env_it_over_the_file(folder, monkeypatch):
    (folder / ".env").write_text("DOCSTAGE_RENDER_SECONDS=40\nDOCSTAGE_AUTHOR=Оксана\n", "utf-8")
    monkeypatch.setenv("DOCSTAGE_AUTHOR", "Тарас")

    settings = load(folder, language="en")

    assert (settings.language, settings.author, settings.render_seconds) == ("en", "Тарас", 40)


def test_a_setting_that_does_not_fit_is_named(folder):
    (folder / "docstage.toml").write_text('language = "de"\n', "utf-8")

    with pytest.raises(BadSetting) as caught:
        load(folder)

    assert caught.value.facts["setting"] == "language"


def test_a_misspelt_setting_is_not_ignored(folder):
    (folder / "docstage.toml").write_text('langauge = "uk"\n', "utf-8")

    with pytest.raises(BadSetting, match="langauge"):
        load(folder)


def test_a_file_that_is_no_toml_says_so(folder):
    (folder / "docstage.toml").write_text("language = uk", "utf-8")

    with pytest.raises(BadSetting, match=r"docstage\.toml"):
        load(folder)


def test_a_changed_setting_keeps_the_comments_of_the_file(folder):
    changed(folder, "language", "ru")
    changed(folder, "stages", '{ N = "new" }')

    assert (folder / "docstage.toml").read_text("utf-8").startswith("# мова")
    assert (load(folder).language, load(folder).stages) == ("ru", {"N": "new"})


def test_a_bad_change_of_a_setting_leaves_the_file_alone(folder):
    before = (folder / "docstage.toml").read_bytes()

    for name, value in (("language", "de"), ("nonsense", "1"), ("render_seconds", "soon")):
        with pytest.raises(BadSetting):
            changed(folder, name, value)

    assert (folder / "docstage.toml").read_bytes() == before

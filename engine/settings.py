"""Settings of a workspace from four places: an option wins over the environment (DOCSTAGE_…), it over .env, it over docstage.toml."""

from __future__ import annotations

import getpass
import tomllib
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from engine.errors import BadSetting

FILE = "docstage.toml"


def _login() -> str:
    """Who is at the machine; "" where it does not know, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


class Settings(BaseSettings):
    """What a workspace can be told; each has a comment in the docstage.toml that `docstage init` writes.

    `stages` maps the order states of other systems (CommerceML «Статус заказа»: its letter or its words) to our stage slugs.
    """

    model_config = SettingsConfigDict(env_prefix="DOCSTAGE_", extra="forbid")

    language: Literal["uk", "ru", "en"] = "uk"
    default_entity: str = ""
    default_process: str = "sales"
    author: str = Field(default_factory=_login)
    jobs: Literal["inline", "threads"] = "inline"
    render_seconds: int = Field(default=60, ge=1, le=3600)
    register_seconds: int = Field(default=30, ge=1, le=600)
    mail_from: str = ""
    plugins: bool = True
    stages: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # pydantic-settings passes its five sources by name
        cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, cls.model_config.get("toml_file"))
        return sources["init_settings"], sources["env_settings"], sources["dotenv_settings"], toml


def load(workspace: Path, **options: Any) -> Settings:
    """The settings of `workspace`; `options` are those of the command line, None where not given.

    Raises BadSetting with the setting's name where a value does not fit or the file is not TOML.
    """

    class Here(Settings):
        model_config = SettingsConfigDict(env_prefix="DOCSTAGE_", extra="ignore", env_file=workspace / ".env", toml_file=workspace / FILE)

    try:
        _refuse_unknown(workspace / FILE)
        return Here(**{name: value for name, value in options.items() if value is not None})
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(setting=FILE, value=str(error), allowed="TOML") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadSetting(setting=name, value=first.get("input"), allowed=first["msg"]) from error


def changed(workspace: Path, name: str, value: str) -> None:
    """Write one setting into docstage.toml, comments kept. Raises BadSetting, and writes nothing, where the value does not fit."""
    field = Settings.model_fields.get(name)
    if field is None:
        raise BadSetting(setting=name, value=value, allowed=", ".join(Settings.model_fields))
    accepted = getattr(load(workspace, **{name: _as_typed(value)}), name)
    document = tomlkit.parse((workspace / FILE).read_text("utf-8"))
    document[name] = accepted
    (workspace / FILE).write_text(tomlkit.dumps(document), "utf-8")


def _as_typed(value: str) -> Any:
    """The value as TOML reads it (`{ N = "new" }`, `60`, `true`), else as text."""
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _refuse_unknown(file: Path) -> None:
    if not file.exists():
        return
    for name in tomllib.loads(file.read_text("utf-8")):
        if name not in Settings.model_fields:
            raise BadSetting(setting=name, value="", allowed=", ".join(Settings.model_fields))

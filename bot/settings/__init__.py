"""
The settings: ``firebreak.toml`` and ``FIREBREAK_...`` (nested by ``__``), read and validated once.

An environment variable wins over the file. Slack's three secrets are also taken from the names that bolt uses
(``SLACK_BOT_TOKEN``, ``SLACK_APP_TOKEN``, ``SLACK_SIGNING_SECRET``), and by either name from files (``..._FILE``),
which is how a Key Vault CSI mount gives them; only those are read again, when they change.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.settings.alerts import AlertServerSettings, AlertSourceSettings, Source, flaw, formats_named
from bot.settings.clusters import ClusterSettings as ClusterSettings
from bot.settings.evidence import EvidenceSettings
from bot.settings.flaws import told, unreadable
from bot.settings.loganalytics import LogAnalyticsSettings
from bot.settings.secret import from_file, from_files
from bot.settings.variables import unknown

ArmId = Annotated[
    str,
    Field(pattern=r"(?i)^/subscriptions/[0-9a-f-]+/resourceGroups/[^/]+/providers/Microsoft\.Network/.+$"),
]
AksId = Annotated[
    str,
    Field(
        pattern=r"(?i)^/subscriptions/[0-9a-f-]+/resourceGroups/[^/]+/providers/Microsoft\.ContainerService/managedClusters/[^/]+$"
    ),
]
ClusterName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
SLACK_SECRETS = ("bot_token", "app_token", "signing_secret")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SlackSettings(_Section):
    """
    The workspace. ``channels`` maps a cluster, or ``*``, to the channel id where its approvals are asked.

    ``transport``: ``socket`` needs the app token, ``http`` the signing secret. ``home_teams`` are further
    workspaces of the same Enterprise Grid whose members may act; the installed one always may.
    """

    bot_token: SecretStr
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    transport: Literal["socket", "http"] = "socket"
    api_url: str = "https://slack.com/api/"
    channels: Mapping[str, Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,30}$")]]
    home_teams: tuple[Annotated[str, Field(pattern=r"^[TE][A-Z0-9]+$")], ...] = ()
    connections: Annotated[int, Field(ge=1, le=10)] = 2

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, given: Any) -> Any:
        return from_files(given, SLACK_SECRETS)

    @model_validator(mode="after")
    def _transport_has_its_secret(self) -> "SlackSettings":
        if self.transport == "socket" and self.app_token is None:
            raise ValueError(
                "transport = 'socket' needs SLACK_APP_TOKEN (an xapp- token with connections:write)"
            )
        if self.transport == "http" and self.signing_secret is None:
            raise ValueError("transport = 'http' needs SLACK_SIGNING_SECRET")
        return self


class GuardedRange(_Section):
    """A range that must never be blocked, and why: API server, nodes, pods, registry, partners, responders."""

    range: str
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class AzureSettings(_Section):
    """
    The standing part of address blocks, made by ``deploy/azure`` and only checked here.

    ``groups`` maps a cluster to its IP Group; ``estate_group`` blocks for everything behind the firewall.
    ``managed_clusters`` maps a cluster to its AKS resource, whose network profile is held against what runs in it.
    ``credential``: exactly one in production (``workload-identity``); ``developer`` tries the developer chain.
    ``log_analytics``: where flows are asked for, by the same identity.
    """

    subscription: Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{36}$")]
    root_policy: ArmId
    rule_group: ArmId
    groups: Mapping[ClusterName, ArmId] = {}
    managed_clusters: Mapping[ClusterName, AksId] = {}
    estate_group: ArmId | None = None
    firewalls: tuple[ArmId, ...] = ()
    guarded: tuple[GuardedRange, ...] = ()
    cloud: Literal["public", "usgovernment", "china"] = "public"
    credential: Literal["workload-identity", "developer"] = "workload-identity"
    timeout: Annotated[float, Field(gt=0, le=60)] = 15.0
    log_analytics: LogAnalyticsSettings | None = None


class AuditSettings(_Section):
    """
    The log. ``origin`` names it in checkpoints; ``key_file`` holds its Ed25519 key.

    ``generate_key`` makes the key at first start, for one process with its own disk; never for replicas.
    ``every`` is how often a checkpoint is signed while there is something new, in seconds. Signed checkpoints are
    anchored in ``anchor_file``, ``anchor_channel`` (a Slack channel of which the bot is a member) and
    ``anchor_container`` (an Azure Blob container by its URL) at most every ``anchor_every`` seconds; empty is nowhere.
    """

    origin: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(/[a-zA-Z0-9._-]+)*$")] = "firebreak.local/log"
    key_file: Path = Path("firebreak-audit.key")
    generate_key: bool = True
    every: Annotated[float, Field(gt=0)] = 60.0
    anchor_file: Path | None = None
    anchor_channel: Annotated[str, Field(pattern=r"^([CG][A-Z0-9]{2,30})?$")] = ""
    anchor_container: Annotated[str, Field(pattern=r"^(https://[a-z0-9.:-]+/[a-z0-9-]{3,63})?$")] = ""
    anchor_every: Annotated[float, Field(ge=1)] = 300.0


class ServerSettings(_Section):
    """Where health, metrics and signed Slack requests are served."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080


class EngineSettings(_Section):
    """Bounds of the engine, in seconds; see ``bot.engine.context.Limits``."""

    lease: Annotated[float, Field(ge=5)] = 60.0
    call: Annotated[float, Field(gt=0)] = 20.0
    poll: Annotated[float, Field(gt=0)] = 5.0
    backoff: Annotated[float, Field(gt=0)] = 2.0
    watch: Annotated[float, Field(gt=0)] = 30.0
    workers: Annotated[int, Field(ge=1, le=64)] = 4

    @model_validator(mode="after")
    def _a_frozen_worker_cannot_write(self) -> "EngineSettings":
        if self.call >= self.lease / 2:
            raise ValueError("engine.call must be less than half of engine.lease")
        return self


class Settings(BaseSettings):
    """All settings, frozen."""

    model_config = SettingsConfigDict(
        env_prefix="FIREBREAK_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        toml_file="firebreak.toml",
    )

    slack: SlackSettings
    clusters: Mapping[ClusterName, ClusterSettings] = {}
    azure: AzureSettings | None = None
    database: Annotated[str, Field(repr=False)] = "sqlite+aiosqlite:///firebreak.db"
    policy_file: Path = Path("policy.yaml")
    playbooks: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    audit: AuditSettings = AuditSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    server: ServerSettings = ServerSettings()
    engine: EngineSettings = EngineSettings()
    alerts: Mapping[Source, AlertSourceSettings] = {}
    alert_server: AlertServerSettings | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"

    @field_validator("database")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if not re.match(r"^(sqlite\+aiosqlite|postgresql\+asyncpg)://", url):
            raise ValueError("must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
        return url

    @field_validator("alerts", mode="before")
    @classmethod
    def _a_source_is_of_the_format_of_its_name(cls, given: Any) -> Any:
        return formats_named(given)

    @model_validator(mode="after")
    def _alerts_fit_the_rest(self) -> "Settings":
        wrong = flaw(
            self.alerts,
            self.alert_server,
            frozenset(self.clusters) | frozenset(self.azure.groups if self.azure else ()),
        )
        if wrong:
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _something_to_contain(self) -> "Settings":
        if not self.clusters and self.azure is None:
            raise ValueError("configure at least one cluster ([clusters.<name>]) or [azure]")
        return self

    @model_validator(mode="after")
    def _an_answer_comes_before_the_engine_gives_up(self) -> "Settings":
        given = {f"clusters.{name}": cluster.timeout for name, cluster in self.clusters.items()}
        if self.azure is not None:
            given["azure"] = self.azure.timeout
        late = [f"{name}.timeout" for name, timeout in given.items() if timeout >= self.engine.call]
        if late:
            raise ValueError(f"{', '.join(late)} must be less than engine.call ({self.engine.call:g} s)")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values first, then the environment, then Slack's own names, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _BoltNames(settings_cls), TomlConfigSettingsSource(settings_cls)


class _BoltNames(PydanticBaseSettingsSource):
    """Slack's secrets by the names that bolt uses, or from the files that ``..._FILE`` name."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        del field
        return self().get(field_name), field_name, True

    def __call__(self) -> dict[str, Any]:
        named = {key: _secret(f"SLACK_{key.upper()}") for key in SLACK_SECRETS}
        given = {key: value for key, value in named.items() if value is not None}
        return {"slack": given} if given else {}


def _secret(name: str) -> SecretStr | None:
    file, value = os.environ.get(f"{name}_FILE"), os.environ.get(name)
    if file:
        return from_file(f"{name}_FILE", Path(file))
    return SecretStr(value) if value else None


class SettingsError(Exception):
    """A setting is wrong. The text names each one, what is wrong, and never its value."""


def load(file: Path | None = None) -> Settings:
    """
    Read and validate the settings once.

    Raises ``SettingsError`` naming every bad setting and its remedy, without values: they may be secrets.
    """
    if file is not None and not file.is_file():
        raise SettingsError(f"there is no settings file {file}. Name the one that you have: --settings FILE.")

    class _From(Settings):
        model_config = SettingsConfigDict(toml_file=file or "firebreak.toml")

    misspelt = unknown(Settings, os.environ)
    try:
        found = _From()  # type: ignore[call-arg]  # the sources fill the fields
    except ValidationError as error:
        wrong = (told(Settings, e) for e in error.errors(include_input=False))
        raise SettingsError("\n".join((*misspelt, *wrong))) from None
    except (OSError, ValueError) as error:
        raise SettingsError(unreadable(error)) from None
    if misspelt:
        raise SettingsError("\n".join(misspelt))
    return found

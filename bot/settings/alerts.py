"""The settings of alerts: who may send them, and how that is proved. A source without a proof cannot be configured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bot.settings.secret import from_files

SECRETS: Final = ("token", "password", "signing_secret")
SHORTEST: Final = 20
Guid = Annotated[
    str, Field(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
]
Source = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Called = Annotated[str, Field(min_length=1, max_length=253)]
Format = Literal["alertmanager", "grafana", "falco", "azure-monitor", "defender", "sentinel", "generic"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntraSettings(_Section):
    """
    Whose Microsoft Entra tokens count.

    ``audience`` are the application id and its URI as tokens name them; ``app_ids`` are the applications that may send
    (that of *AzNS AAD Webhook*, or of a Logic App's managed identity); ``roles`` are the application's roles of which
    one is needed, none where it is empty.
    """

    tenant: Guid
    audience: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    app_ids: Annotated[tuple[Guid, ...], Field(min_length=1)]
    roles: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    cloud: Literal["public", "usgovernment", "china"] = "public"


class AlertSourceSettings(_Section):
    """
    One sender of alerts, which posts to ``/alerts/<name>``. Every proof that is given must hold, and one must be given.

    ``format`` is what it sends; the name itself where that is one. ``cluster`` is the only cluster that it is for.
    ``cluster_names`` are clusters by what its alerts call them, in whatever case. ``token`` is a bearer token; ``user`` and ``password`` are basic credentials; ``signing_secret`` is
    Grafana's, with the time in ``timestamp_header``; ``client_names`` are names in a client certificate; ``entra`` are
    Microsoft's tokens. At most ``per_second`` posts are taken, after ``burst`` at once.
    After ``silent_hours`` without a post somebody is told.
    """

    format: Format
    cluster: Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$")] = ""
    cluster_names: Mapping[Called, str] = {}
    token: SecretStr | None = None
    user: str = ""
    password: SecretStr | None = None
    signing_secret: SecretStr | None = None
    timestamp_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")] = (
        "X-Grafana-Alerting-Signature-Timestamp"
    )
    client_names: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    entra: EntraSettings | None = None
    per_second: Annotated[int, Field(ge=1, le=1000)] = 20
    burst: Annotated[int, Field(ge=1, le=10_000)] = 200
    silent_hours: Annotated[int, Field(ge=1, le=8760)] = 168

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, given: Any) -> Any:
        return from_files(given, SECRETS)

    @field_validator(*SECRETS)
    @classmethod
    def _not_to_be_guessed(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SHORTEST:
            raise ValueError(
                f"it must have at least {SHORTEST} characters: make it with openssl rand -hex 32"
            )
        return secret

    @model_validator(mode="after")
    def _somebody_is_proved(self) -> "AlertSourceSettings":
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together")
        ways = [self.token is not None, self.password is not None, self.entra is not None]
        if sum(ways) > 1:
            raise ValueError(
                "token, user and password, and entra are all the Authorization header: give one of them"
            )
        if not (any(ways) or self.signing_secret is not None or self.client_names):
            raise ValueError(
                "anybody could send alerts: give token_file, user and password_file, signing_secret_file, "
                "client_names or entra"
            )
        if self.signing_secret is not None and self.format != "grafana":
            raise ValueError("signing_secret is Grafana's: no other sender signs")
        return self


class AlertServerSettings(_Section):
    """
    A listener with TLS for alerts alone, beside ``[server]``, which then takes none.

    ``client_ca_file`` is the authority of the client certificates that ``client_names`` are names of. All files are PEM.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8443
    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


def _misnamed(source: AlertSourceSettings, clusters: frozenset[str]) -> str:
    """A name that would have alerts about one cluster taken for another's is no name."""
    seen: dict[str, str] = {}
    for called, cluster in source.cluster_names.items():
        if cluster not in clusters:
            return f"there is no cluster {cluster}. Name one of [clusters] or azure.groups"
        if source.cluster and cluster != source.cluster:
            return f"{called!r} cannot be {cluster}: the source is for {source.cluster} alone"
        if called.casefold() in clusters - {cluster}:
            return f"{called!r} is a cluster itself: leave it out"
        if seen.setdefault(called.casefold(), cluster) != cluster:
            return f"{called!r} is there twice, in another case"
    return ""


def formats_named(given: Any) -> Any:
    """Return the sources with the format that a source's own name is, where none is given."""
    if not isinstance(given, Mapping):
        return given
    return {
        name: {"format": name, **section} if isinstance(section, Mapping) else section
        for name, section in given.items()
    }


def flaw(
    sources: Mapping[str, AlertSourceSettings], server: AlertServerSettings | None, clusters: frozenset[str]
) -> str:
    """Return what does not fit together, and what to do; empty where all does."""
    for name, source in sources.items():
        if source.cluster and source.cluster not in clusters:
            return f"alerts.{name}.cluster: there is no cluster {source.cluster}. Name one of [clusters] or azure.groups"
        wrong = _misnamed(source, clusters)
        if wrong:
            return f"alerts.{name}.cluster_names: {wrong}"
        if source.client_names and (server is None or server.client_ca_file is None):
            return f"alerts.{name}.client_names needs [alert_server] with client_ca_file, which signed the certificates"
    if server is not None and not sources:
        return "[alert_server] has nothing to serve: add a source ([alerts.<name>]), or take it out"
    return ""

"""Settings for a scene of the sandbox: the real bot, pointed at servers on this machine."""

import base64
import hashlib
from pathlib import Path

from pydantic import SecretStr

from bot.bootstrap.playbooks import SHIPPED
from bot.sandbox.alerts import SOURCE
from bot.sandbox.scene import AUDIT_CHANNEL, CHANNEL, NODES, PARTNER, PODS, Scene
from bot.settings import (
    AuditSettings,
    AzureSettings,
    ClusterSettings,
    EngineSettings,
    GuardedRange,
    ServerSettings,
    Settings,
    SlackSettings,
)
from bot.settings.alerts import AlertSourceSettings
from bot.settings.evidence import EvidenceSettings
from bot.settings.hubble import HubbleSettings


def settings_for(staged: Scene, folder: Path, *, database: str = "", transport: str = "socket") -> Settings:
    """Return what a platform engineer would have written for this world."""
    app = staged.workspace.world.app
    return Settings(
        slack=SlackSettings(
            bot_token=SecretStr(app.bot_token),
            app_token=SecretStr(app.app_token),
            signing_secret=SecretStr(app.signing_secret),
            transport="http" if transport == "http" else "socket",
            api_url=staged.workspace.base_url,
            channels={"*": CHANNEL},
        ),
        clusters={
            staged.incident.cluster: ClusterSettings(
                kubeconfig=staged.kubeconfig,
                context=staged.incident.cluster,
                timeout=8,
                hubble=hubble_for(staged),
            )
        },
        azure=azure_for(staged),
        database=database or f"sqlite+aiosqlite:///{folder / 'firebreak.db'}",
        policy_file=staged.policy_file,
        audit=AuditSettings(
            key_file=folder / "audit.key",
            generate_key=True,
            anchor_file=folder / "anchors.log",
            anchor_channel=AUDIT_CHANNEL,
        ),
        evidence=EvidenceSettings(key_file=folder / "evidence.key", key=_key_for(database)),
        server=ServerSettings(port=0),
        engine=EngineSettings(lease=30, call=10, poll=0.2, backoff=0.2, watch=1),
        log_level="warning",
    )


def listening(settings: Settings, cluster: str, token: str) -> Settings:
    """Return settings that also take the alerts of the sandbox's own sender, with the playbooks that are shipped."""
    source = AlertSourceSettings(format="alertmanager", cluster=cluster, token=SecretStr(token))
    return settings.model_copy(update={"alerts": {SOURCE: source}, "playbooks": (SHIPPED,)})


def hubble_for(staged: Scene) -> HubbleSettings | None:
    """Return how the relay is reached, where there is one."""
    traffic = staged.traffic
    if traffic is None:
        return None
    return HubbleSettings(
        address=traffic.relay.address,
        ca_file=traffic.proof.ca_file,
        cert_file=traffic.proof.cert_file,
        key_file=traffic.proof.key_file,
        server_name=traffic.server_name,
    )


def _key_for(database: str) -> SecretStr | None:
    """On PostgreSQL nothing makes its own key, so one that everybody knows is given: nothing here is worth more."""
    made = base64.b64encode(hashlib.sha256(b"sandbox").digest()).decode()
    return SecretStr(made) if database.startswith("postgresql") else None


def azure_for(staged: Scene) -> AzureSettings:
    """Return the standing part, as staged."""
    estate = staged.estate
    return AzureSettings(
        subscription=estate.subscription,
        root_policy=estate.root,
        rule_group=estate.rule_group,
        groups={staged.incident.cluster: estate.cluster_group},
        estate_group=estate.estate_group,
        firewalls=(estate.firewall,),
        guarded=(
            GuardedRange(range=NODES, reason="nodes of prod"),
            GuardedRange(range=PODS, reason="pods of prod"),
            GuardedRange(range=PARTNER, reason="the payment partner"),
        ),
        timeout=8,
    )

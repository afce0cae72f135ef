"""The settings of flows that are asked of Azure Log Analytics."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

WorkspaceId = Annotated[
    str, Field(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
]
Cluster = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Source = Literal["firewall", "vnet", "container-logs", "waf", "kube-audit"]


class LogAnalyticsSettings(BaseModel):
    """
    The workspaces that logs of flows are written to, by their GUIDs (*Workspace ID* in the portal, not the name).

    ``workspace_id`` is that of every cluster which ``clusters`` does not name. ``sources`` are those that are asked;
    ``rows`` bounds what one table answers: beyond it rows are counted instead of told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workspace_id: Annotated[
        str, Field(pattern=r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")
    ] = ""
    clusters: Mapping[Cluster, WorkspaceId] = {}
    sources: tuple[Source, ...] = ("firewall", "vnet", "container-logs", "waf", "kube-audit")
    rows: Annotated[int, Field(ge=100, le=100_000)] = 20_000

    @model_validator(mode="after")
    def _somewhere_to_ask(self) -> "LogAnalyticsSettings":
        if not self.workspace_id and not self.clusters:
            raise ValueError("needs workspace_id = '<GUID>', or clusters = { <cluster> = '<GUID>' }")
        return self

"""
The few fields that tell which engine runs, decoded straight from the API's bytes.

It imports nothing of ours, since `bot.domain.views` registers `DaemonSetView`.
"""

import msgspec


class _View(msgspec.Struct, frozen=True, rename="camel", tag_field="kind"):
    pass


class Named(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``metadata``."""

    name: str
    uid: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Variable(msgspec.Struct, frozen=True, gc=False):
    """One entry of ``env``; ``value`` is empty where it comes from elsewhere."""

    name: str
    value: str = ""


class AgentContainer(msgspec.Struct, frozen=True, gc=False):
    """A container of an agent, with what it is started with."""

    name: str
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()


class TemplateMeta(msgspec.Struct, frozen=True, gc=False):
    """``metadata`` of a pod template."""

    labels: dict[str, str] = {}


class TemplateSpec(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``spec`` of a pod template."""

    containers: tuple[AgentContainer, ...] = ()
    node_selector: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True, gc=False):
    """A pod template."""

    metadata: TemplateMeta = TemplateMeta()
    spec: TemplateSpec = TemplateSpec()


class DaemonSetSpec(msgspec.Struct, frozen=True, gc=False):
    """``spec`` of a DaemonSet."""

    template: Template = Template()


class DaemonSetStatus(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status`` of a DaemonSet: how many nodes should run it, and on how many it is Ready."""

    desired_number_scheduled: int = 0
    number_ready: int = 0


class DaemonSetView(_View, frozen=True, tag="DaemonSet", gc=False):
    """A DaemonSet."""

    metadata: Named
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


class ConfigMapView(_View, frozen=True, tag="ConfigMap", gc=False):
    """A ConfigMap."""

    metadata: Named
    data: dict[str, str] = {}


class NodeInfo(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status.nodeInfo`` of a node."""

    kubelet_version: str = ""
    operating_system: str = ""


class NodeState(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status`` of a node."""

    node_info: NodeInfo = NodeInfo()


class NodeDetails(_View, frozen=True, tag="Node", gc=False):
    """A node, with what its kubelet says of itself."""

    metadata: Named
    status: NodeState = NodeState()


class Requires(msgspec.Struct, frozen=True, gc=False):
    """One ``matchExpressions`` entry."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class NodeSelector(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Which nodes an override is for; the empty one is for all."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[Requires, ...] = ()


class OverrideSpec(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``spec`` of a CiliumNodeConfig."""

    node_selector: NodeSelector = NodeSelector()
    defaults: dict[str, str] = {}


class OverrideView(_View, frozen=True, tag="CiliumNodeConfig", gc=False):
    """A CiliumNodeConfig: settings that stand over those of the ConfigMap on some nodes."""

    metadata: Named
    spec: OverrideSpec = OverrideSpec()


class NetworkProfileView(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``properties.networkProfile`` of an AKS cluster; ARM leaves out, or sends null for, what is not set."""

    network_plugin: str | None = None
    network_plugin_mode: str | None = None
    network_policy: str | None = None
    network_dataplane: str | None = None


class ManagedClusterProperties(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``properties`` of an AKS cluster."""

    network_profile: NetworkProfileView


class ManagedClusterView(msgspec.Struct, frozen=True, gc=False):
    """A ``Microsoft.ContainerService/managedClusters``, as ARM answers it."""

    properties: ManagedClusterProperties

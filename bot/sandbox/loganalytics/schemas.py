"""Columns of the tables, as far as they matter here ("Azure Monitor Logs tables"; the types are the reference's)."""

from typing import Final


def _of(**columns: str) -> dict[str, str]:
    kinds = ((kind, names.split()) for kind, names in columns.items())
    found = {name: kind for kind, names in kinds for name in names}
    return {"TimeGenerated": "datetime", **found, "Type": "string", "_ResourceId": "string"}


_RULE: Final = "Policy RuleCollectionGroup RuleCollection Rule"

SCHEMAS: Final[dict[str, dict[str, str]]] = {
    "AZFWNetworkRule": _of(
        string=f"Protocol SourceIp DestinationIp Action ActionReason {_RULE}",
        int="SourcePort DestinationPort",
    ),
    "AZFWApplicationRule": _of(
        string=f"Protocol SourceIp Fqdn TargetUrl WebCategory Action ActionReason {_RULE}",
        int="SourcePort DestinationPort",
        bool="IsTlsInspected IsExplicitProxyRequest",
    ),
    "AZFWNatRule": _of(
        string=f"Protocol SourceIp DestinationIp TranslatedIp {_RULE}",
        int="SourcePort DestinationPort TranslatedPort",
    ),
    "AzureDiagnostics": _of(string="Category Resource ResourceType ResourceGroup msg_s OperationName"),
    "NTANetAnalytics": _of(
        string=(
            "SubType FlowType FlowStatus FlowDirection SrcIp DestIp SrcPublicIps DestPublicIps L4Protocol L7Protocol "
            "AclGroup AclRule SrcVm DestVm SrcNic DestNic SrcSubnet DestSubnet TargetResourceId"
        ),
        int="DestPort",
        long=(
            "AllowedInFlows AllowedOutFlows DeniedInFlows DeniedOutFlows PacketsSrcToDest PacketsDestToSrc "
            "BytesSrcToDest BytesDestToSrc CompletedFlows"
        ),
        datetime="FlowStartTime FlowEndTime FlowIntervalStartTime FlowIntervalEndTime",
        bool="IsFlowCapturedAtUdrHop",
    ),
    "ContainerNetworkLogs": _of(
        string=(
            "Verdict DropReason TrafficDirection FlowType EventType NodeName SourceNamespace SourcePodName SourceClusterName "
            "DestinationNamespace DestinationPodName DestinationClusterName"
        ),
        bool="Reply",
        long=(
            "SourceIdentity DestinationIdentity PacketsSent PacketsReceived BytesSent BytesReceived IngressFlowCount "
            "EgressFlowCount UnknownDirectionFlowCount"
        ),
        dynamic="SourceWorkloads DestinationWorkloads IP Layer4 Layer7 Policies Services AdditionalFlowData",
    ),
    "AGWFirewallLogs": _of(
        string="ClientIp Hostname RequestUri RuleSetType RuleId Message Action TransactionId InstanceId",
        int="ClientPort",
    ),
    "AKSAudit": _of(
        string="AuditId Verb RequestUri UserAgent Stage Level PodName",
        dynamic="User SourceIps ObjectRef RequestObject ResponseObject ResponseStatus Annotations",
        datetime="StageReceivedTime RequestReceivedTime",
    ),
}

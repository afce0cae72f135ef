"""
``AKSAudit``: what was asked of the API server in the name of a pod's service account.

The pod that a token was made for stands in ``User.extra``, whoever uses the token from wherever ("Bound service account
tokens", Kubernetes documentation): an address in ``SourceIps`` that is not the pod's is a stolen token.
"""

from collections.abc import Iterator
from typing import Any, Final

from bot.adapters.flows.loganalytics.kql import Among
from bot.adapters.flows.loganalytics.tables.cells import Reading, nested, spelled, text
from bot.adapters.flows.loganalytics.tables.log import TIME, Log, Row, Side
from bot.domain.directions import Direction
from bot.domain.flows.concerning import ACCOUNT
from bot.domain.flows.flow import LOG_ROW, Being, Endpoint, Flow, Verdict

_POD: Final = "authentication.kubernetes.io/pod-name"
_API_SERVER: Final = Endpoint(being=Being.SERVICE, namespace="default", name="kubernetes")


def _flows(row: Row, reading: Reading) -> Iterator[Flow]:
    at = reading.time(row[TIME])
    user = nested(row["User"])
    username = text(user.get("username"))
    code = reading.number((nested(row.get("ResponseStatus")) or {}).get("code"))
    agent = text(row.get("UserAgent"))
    yield Flow(
        start=at,
        end=at,
        source=_caller(username, user, nested(row.get("SourceIps")), reading),
        destination=_API_SERVER,
        observer=reading.observer(text(row.get("PodName")), "API server"),
        destination_port=443,
        protocol="TCP",
        verdict=_verdict(code),
        reason=f"HTTP {code}" if code >= 400 else "",
        direction=Direction.EGRESS,
        reply=False,
        connections=1,
        granularity=LOG_ROW,
        note=text(
            f"{text(row.get('Verb'))} {text(row.get('RequestUri'))}" + (f" ({agent})" if agent else "")
        ),
    )


def _caller(username: str, user: dict[str, Any], addresses: Any, reading: Reading) -> Endpoint:
    named = username.removeprefix(ACCOUNT).split(":") if username.startswith(ACCOUNT) else []
    pods = (user.get("extra") or {}).get(_POD)
    pod = text(pods[0]) if isinstance(pods, list) and pods else ""
    address = spelled(addresses[0]) if isinstance(addresses, list) and addresses else ""
    being = Being.POD if pod else Being.UNKNOWN
    return reading.end(Endpoint(address, being, named[0] if named else "", pod, name=username))


def _verdict(code: int) -> Verdict:
    if code in {401, 403}:
        return Verdict.DENIED
    return Verdict.ALLOWED if code else Verdict.UNKNOWN


LOG = Log(
    table="AKSAudit",
    needs=("User", "Stage"),
    wants=("Verb", "RequestUri", "ResponseStatus", "SourceIps", "UserAgent", "PodName"),
    flows=_flows,
    source=Side(texts=("SourceIps",), accounts="User"),
    destination=Side(),
    only=Among("Stage", ("ResponseComplete", "Panic")),  # one row for each call; a watch is told when it ends
    delay=600,
    owner="_ResourceId",
    blind=(
        "calls to the API server only, by the identity that made them; a token that names no pod may be any pod's of its account",
    ),
)

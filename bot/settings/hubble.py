"""How a cluster's Hubble Relay is reached."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ADDRESS: Final = re.compile(
    r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})"
)
ServerName = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9.-]{0,252})?$")]


class HubbleSettings(BaseModel):
    """
    Where flows are asked for: ``address`` is ``host:port``, like ``hubble-relay.kube-system.svc:443``.

    ``ca_file`` is the authority that signed the relay's certificate; ``cert_file`` and ``key_file`` are our own, where the
    relay asks for one (mutual TLS). All are PEM, and read again for each question. ``server_name`` is the name in the
    relay's certificate, where it is not the host's. Without ``ca_file`` only a relay on the loopback address is spoken to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    server_name: ServerName = ""

    @field_validator("address")
    @classmethod
    def _host_and_port(cls, address: str) -> str:
        found = ADDRESS.fullmatch(address)
        if found is None or not 0 < int(found[3]) <= 65535:
            raise ValueError("give host and port, like hubble-relay.kube-system.svc:443, without https://")
        return address

    @model_validator(mode="after")
    def _who_answers_is_proved(self) -> "HubbleSettings":
        if self.ca_file is None and not _loopback(self.address.rpartition(":")[0]):
            raise ValueError(
                "a relay that is not on this machine needs ca_file: forged flows would be forged proof. "
                "Switch its TLS on (hubble.relay.tls.server.enabled) and name the authority's certificate"
            )
        if self.ca_file is None and (self.cert_file or self.server_name):
            raise ValueError("cert_file and server_name are for TLS, which needs ca_file")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together: our certificate and its key")
        return self


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"

"""The settings of evidence capture."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class EvidenceSettings(BaseModel):
    """
    What is captured of a pod while people think, and where it is kept, encrypted.

    ``store``: the ``database``, a ``folder`` of this program's own, or an Azure Blob ``container`` by its URL. The key
    is 32 bytes as base64, in ``key_file`` or as ``key``; ``generate_key`` makes the file at first start, for one
    process with its own disk. Sizes are in bytes, ``deadline`` for one capture in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    store: Literal["database", "folder", "azure-blob"] = "database"
    folder: Path = Path("firebreak-evidence")
    container: Annotated[str, Field(pattern=r"^(https://[a-z0-9.:-]+/[a-z0-9-]{3,63})?$")] = ""
    key_file: Path = Path("firebreak-evidence.key")
    key: SecretStr | None = None
    generate_key: bool = True
    per_item_bytes: Annotated[int, Field(ge=64 * 1024, le=256 * 1024 * 1024)] = 5 * 1024 * 1024
    per_capture_bytes: Annotated[int, Field(ge=1024 * 1024, le=4 * 1024**3)] = 50 * 1024 * 1024
    deadline: Annotated[float, Field(gt=0, le=600)] = 60.0
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 90

    @model_validator(mode="after")
    def _a_container_has_its_address(self) -> "EvidenceSettings":
        if self.enabled and self.store == "azure-blob" and not self.container:
            raise ValueError(
                "store = 'azure-blob' needs container = 'https://<account>.blob.core.windows.net/<name>'"
            )
        return self

"""How each cluster is reached, and what the bot may do there that is not for every cluster."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.settings.hubble import HubbleSettings

Namespace = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
Image = Annotated[
    str,
    Field(
        max_length=500,
        pattern=r"^(|[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?)$",
    ),
]
SOONEST: Final = 600
"""Seconds between two self-tests of the bot's own: each takes about one minute of a node."""
LONGEST: Final = 604_800
"""Seconds of a week: whoever wants none writes 0."""


class ClusterSettings(BaseModel):
    """
    One cluster: its own service account (``in_cluster``), or a context of a kubeconfig file.

    ``timeout`` is for one call, in seconds; ``concurrency`` how many calls run at once; ``kubectl_context`` is
    the name that the printed commands use (the same as ``context`` unless people's kubeconfigs differ).
    ``namespaces`` are those that the bot was given rights in, where it was not given the whole cluster.
    ``calico_storage`` allows to write Calico's own storage (``crd.projectcalico.org``) where its API is not served:
    Calico does not support that, and the card says so. ``canary_image`` is Firebreak's own image, by digest or tag: with
    it a quarantine is proved by packets of two short-lived pods. ``self_test_namespace`` is where `firebreak check
    --self-test` tries whether the cluster enforces at all, with pods out of the same image; ``self_test_every`` has the bot
    do so by itself, in seconds (0: never). ``hubble`` is its Hubble Relay, for flows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    in_cluster: bool = False
    kubeconfig: Path | None = None
    context: str | None = None
    kubectl_context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@:/-]{0,253}$")] = ""
    namespaces: tuple[Namespace, ...] = ()
    calico_storage: bool = False
    canary_image: Image = ""
    self_test_namespace: Namespace | Literal[""] = ""
    self_test_every: Annotated[float, Field(ge=0, le=LONGEST)] = 0.0
    hubble: HubbleSettings | None = None
    timeout: Annotated[float, Field(gt=0, le=60)] = 10.0
    concurrency: Annotated[int, Field(ge=1, le=100)] = 16

    @model_validator(mode="after")
    def _one_way_in(self) -> "ClusterSettings":
        if self.in_cluster == (self.context is not None):
            raise ValueError("set either in_cluster = true or context = '<name of a kubeconfig context>'")
        if self.in_cluster and self.kubeconfig is not None:
            raise ValueError("in_cluster = true takes no kubeconfig: it is the pod's own service account")
        return self

    @model_validator(mode="after")
    def _a_self_test_has_what_it_needs(self) -> "ClusterSettings":
        if self.self_test_namespace and not self.canary_image:
            raise ValueError("self_test_namespace needs canary_image: the pods of a self-test run it")
        if self.self_test_every and not self.self_test_namespace:
            raise ValueError("self_test_every needs self_test_namespace, a namespace of its own")
        if 0 < self.self_test_every < SOONEST:
            raise ValueError(f"self_test_every is at least {SOONEST} s, or 0 for never")
        return self

    @field_validator("canary_image")
    @classmethod
    def _always_the_same_image(cls, image: str) -> str:
        if image and "@" not in image and ":" not in image.rpartition("/")[2]:
            raise ValueError("name the image by its digest (...@sha256:...), or at least by a tag")
        return image

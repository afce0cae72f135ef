"""The API without its transport: one call in, one answer out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from bot.sandbox.kubernetes.access import ANONYMOUS, User, refusal, review
from bot.sandbox.kubernetes.calls import WRITES, Call, Target, target_of
from bot.sandbox.kubernetes.changing import Change, edit_of, patch, replace
from bot.sandbox.kubernetes.creating import create
from bot.sandbox.kubernetes.deleting import check_dry_run, delete, finalize, options_of
from bot.sandbox.kubernetes.discovery import PUBLIC, describe, serves
from bot.sandbox.kubernetes.following import History
from bot.sandbox.kubernetes.listing import Lister
from bot.sandbox.kubernetes.logs import Logs
from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.patches import FORMATS, STRATEGIC_MERGE_PATCH
from bot.sandbox.kubernetes.registry import Admission, Registry, Terms
from bot.sandbox.kubernetes.resources import NAMESPACES, PODS, Resource
from bot.sandbox.kubernetes.statuses import ApiError, not_allowed, unknown_resource, unsupported_media
from bot.sandbox.kubernetes.views import shown, shown_list, view_of

JSON_TYPE: Final = "application/json"
_OPTIONS: Final = {"PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}
_REVIEWS: Final = ("authorization.k8s.io", "v1", "selfsubjectaccessreviews")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    code: int
    body: bytes
    media_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


NO_PAGE: Final = Answer(404, b"404 page not found\n", "text/plain")


def answer_of(code: int, body: Any) -> Answer:
    """Return a JSON answer."""
    return Answer(code, msgspec.json.encode(body))


def refused(error: ApiError) -> Answer:
    """Return the answer that carries a refusal."""
    return Answer(error.code, msgspec.json.encode(error.status()), headers=error.headers())


def dry_run_of(call: Call) -> bool:
    """Tell whether the call is only tried out, by its query or, for a delete, by its options; raises `ApiError`."""
    listed = list(call.query.get("dryRun") or [])
    if call.method == "DELETE":
        options = call.content()
        listed += (options.get("dryRun") or []) if isinstance(options, dict) else []
    return check_dry_run(listed, _OPTIONS.get(call.method, "CreateOptions"))


class Api:
    """Serves the resources of one cluster to users that are already known."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.lister = Lister(registry.store)
        self.history = History(registry.store)
        self.logs = Logs()

    def answer(self, user: User, call: Call, admit: Admission | None = None) -> Answer:
        """Answer one call; a refusal is an answer too. `admit` may refuse a write as admission does."""
        try:
            target = target_of(call)
            if target is None:
                return self._about(user, call)
            return self._resource(user, call, target, admit)
        except ApiError as error:
            return refused(error)

    def _about(self, user: User, call: Call) -> Answer:
        if user is ANONYMOUS and call.path not in PUBLIC:
            why = f'forbidden: User "{user.name}" cannot get path "{call.path}"'
            raise ApiError(403, "Forbidden", why, {})
        if call.method != "GET":
            raise not_allowed()
        told = describe(call.path, self._registry.installed)
        if told is None:
            return NO_PAGE
        return Answer(200, told.encode(), "text/plain") if isinstance(told, str) else answer_of(200, told)

    def _resource(self, user: User, call: Call, target: Target, admit: Admission | None) -> Answer:
        if (target.group, target.version, target.plural) == _REVIEWS and target.verb == "create":
            return answer_of(201, review(user, call.content()))
        if not user.may(target):
            raise refusal(user, target)
        if not serves(target.group, target.version, self._registry.installed):
            return NO_PAGE
        if target.resource is None or not self._registry.serves(target.resource):
            raise unknown_resource()
        if target.subresource not in _subresources(target.resource):
            raise unknown_resource()
        if target.subresource == "log":
            return self._log(call, target, target.resource)
        return self._object(call, target, target.resource, admit)

    def _object(self, call: Call, target: Target, resource: Resource, admit: Admission | None) -> Answer:
        if target.verb == "watch":
            self.history.leave(self.history.follow(resource, target, call))
            return Answer(200, b"")  # whoever carries it streams the rest
        view = view_of(call.accept)
        if target.verb == "list":
            return answer_of(200, shown_list(self.lister.page(resource, target, call), view))
        code, body = self._single(call, target, resource, _terms(call, target, admit))
        return answer_of(code, shown(resource, body, view))

    def _log(self, call: Call, target: Target, resource: Resource) -> Answer:
        if target.verb != "get":
            raise not_allowed()
        pod = self._registry.need(resource, target.home, target.name)
        return Answer(200, self.logs.read(pod, call), "text/plain")

    def _single(self, call: Call, target: Target, resource: Resource, terms: Terms) -> tuple[int, Json]:
        change = Change(target.name, terms, of_status=target.subresource == "status")
        match target.verb:
            case "get":
                return 200, self._registry.need(resource, target.home, target.name)
            case "create" if not target.name:
                _need_home(resource, target)
                return 201, create(self._registry, resource, target.home, call.content(), terms)
            case "update" if target.subresource == "finalize":
                return 200, finalize(self._registry, target.name, call.content(), terms)
            case "update":
                return 200, replace(self._registry, resource, target.home, call.content(), change)
            case "patch":
                return 200, self._patched(call, resource, target, change)
            case "delete":
                current = self._registry.need(resource, target.home, target.name)
                return 200, delete(self._registry, resource, current, options_of(call.content()), terms)
            case _:
                raise not_allowed()

    def _patched(self, call: Call, resource: Resource, target: Target, change: Change) -> Json:
        formats = tuple(f for f in FORMATS if not (resource.custom and f == STRATEGIC_MERGE_PATCH))
        if call.media_type not in formats:
            raise unsupported_media(formats)
        edit = edit_of(call.media_type, call.content())
        return patch(self._registry, resource, target.home, edit, change)


def _subresources(resource: Resource) -> frozenset[str]:
    offered = {"", "status"} if resource.has_status else {""}
    own = {NAMESPACES: {"finalize"}, PODS: {"log"}}
    return frozenset(offered | own.get(resource, set()))


def _need_home(resource: Resource, target: Target) -> None:
    if resource.namespaced and not target.namespace:
        raise not_allowed()


def _terms(call: Call, target: Target, admit: Admission | None) -> Terms:
    manager = call.one("fieldManager") or call.agent.split("/")[0] or "unknown"
    dry_run = target.verb in WRITES and dry_run_of(call)
    return Terms(manager, dry_run, admit) if admit else Terms(manager, dry_run)

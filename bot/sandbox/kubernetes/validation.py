"""What the API demands of names, labels, annotations and finalizers (apimachinery `validation`)."""

import re
from collections.abc import Iterator
from typing import Any, Final

from bot.sandbox.kubernetes.objects import Json, metadata_of
from bot.sandbox.kubernetes.resources import Resource
from bot.sandbox.kubernetes.statuses import ApiError, Flaw, bad_request, invalid

_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED: Final = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_RULE: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    f"and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_RULE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    f"'{_SUBDOMAIN}')"
)
_KEY_RULE: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    f"'{_QUALIFIED}')"
)
_VALUE_RULE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    f"for validation is '({_QUALIFIED})?')"
)
_ANNOTATIONS_LIMIT: Final = 256 * 1024


def name_flaw(name: str, *, label: bool) -> str | None:
    """Say what is wrong with an object's name, which is a DNS-1123 label or subdomain."""
    longest, pattern, rule = (63, _LABEL, _LABEL_RULE) if label else (253, _SUBDOMAIN, _SUBDOMAIN_RULE)
    if len(name) > longest:
        return f"must be no more than {longest} bytes"
    return None if re.fullmatch(pattern, name) else rule


def key_flaw(key: str) -> str | None:
    """Say what is wrong with the key of a label or annotation: `[prefix/]name`."""
    prefix, slash, name = key.rpartition("/")
    if slash and name_flaw(prefix, label=False):
        return f"prefix part {_SUBDOMAIN_RULE}"
    if len(name) > 63:
        return "name part must be no more than 63 bytes"
    return None if re.fullmatch(_QUALIFIED, name) else _KEY_RULE


def label_value_flaw(value: str) -> str | None:
    """Say what is wrong with a label's value."""
    if len(value) > 63:
        return "must be no more than 63 bytes"
    return None if not value or re.fullmatch(_QUALIFIED, value) else _VALUE_RULE


def check_shape(body: Any) -> Json:
    """Return the body as an object; raises `ApiError` 400 for what would not decode into one."""
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized (must be of type object)")
    metadata = body.setdefault("metadata", {}) or {}
    if not isinstance(metadata, dict):
        raise bad_request("json: cannot unmarshal metadata into Go value of type v1.ObjectMeta")
    for field in ("labels", "annotations"):
        _check_texts(field, metadata.get(field) or {})
    for field in ("name", "namespace", "uid", "resourceVersion", "generateName"):
        if not isinstance(metadata.get(field) or "", str):
            raise bad_request(
                f"json: cannot unmarshal into Go struct field ObjectMeta.metadata.{field} of type string"
            )
    return {**body, "metadata": metadata}


def _check_texts(field: str, value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise bad_request(
            f"json: cannot unmarshal into Go struct field ObjectMeta.metadata.{field} of type string"
        )


def check_metadata(resource: Resource, body: Json) -> None:
    """Raise `ApiError` 422 that names everything wrong with name, labels, annotations and finalizers."""
    metadata = metadata_of(body)
    flaws = [*_name_flaws(resource, metadata), *_label_flaws(metadata), *_annotation_flaws(metadata)]
    if flaws:
        raise _invalid(resource, metadata, flaws)


def _invalid(resource: Resource, metadata: Json, flaws: list[Flaw]) -> ApiError:
    return invalid(resource, str(metadata.get("name") or ""), flaws)


def _name_flaws(resource: Resource, metadata: Json) -> Iterator[Flaw]:
    name = metadata.get("name") or ""
    if not name:
        yield Flaw("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")
    elif wrong := name_flaw(name, label=resource.label_name):
        yield Flaw("metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {wrong}')


def _label_flaws(metadata: Json) -> Iterator[Flaw]:
    for key, value in (metadata.get("labels") or {}).items():
        if wrong := key_flaw(key):
            yield Flaw("metadata.labels", "FieldValueInvalid", f'Invalid value: "{key}": {wrong}')
        if wrong := label_value_flaw(value):
            yield Flaw("metadata.labels", "FieldValueInvalid", f'Invalid value: "{value}": {wrong}')


def _annotation_flaws(metadata: Json) -> Iterator[Flaw]:
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        if wrong := key_flaw(key.lower()):
            yield Flaw("metadata.annotations", "FieldValueInvalid", f'Invalid value: "{key}": {wrong}')
    if sum(len(key.encode()) + len(text.encode()) for key, text in annotations.items()) > _ANNOTATIONS_LIMIT:
        message = f"Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes"
        yield Flaw("metadata.annotations", "FieldValueTooLong", message)

"""Every status and every exception of the client has its place in our tree of errors."""

import json
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest

from bot.adapters.kubernetes import errors
from bot.adapters.kubernetes.errors import Refusal, lost, refused
from bot.domain.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    OutsideError,
    ThrottledError,
    UnknownOutcomeError,
)

CONFLICT = {409, 410, 412}
BUSY = {423, 425}
UNKNOWN = {408, 500, 502, 503, 504, 507}
REFUSALS = [status.value for status in HTTPStatus if status.value >= 300]

LOST = """
    ClientError ClientConnectionError ClientOSError ClientConnectionResetError ServerConnectionError
    ServerDisconnectedError ServerTimeoutError SocketTimeoutError ClientPayloadError ClientResponseError
    ContentTypeError WSServerHandshakeError UploadAbortedError
"""
UNSENT = """
    ClientConnectorError ClientSSLError ClientConnectorDNSError ClientConnectorSSLError UnixClientConnectorError
    ClientProxyConnectionError ConnectionTimeoutError ClientHttpProxyError
"""
HOPELESS = """
    ClientConnectorCertificateError ServerFingerprintMismatch InvalidURL InvalidUrlClientError TooManyRedirects
    InvalidUrlRedirectClientError NonHttpUrlClientError NonHttpUrlRedirectClientError RedirectClientError
"""
TRANSPORT: dict[str, tuple[type[OutsideError], type[OutsideError]]] = {
    **dict.fromkeys(LOST.split(), (BusyError, UnknownOutcomeError)),
    **dict.fromkeys(UNSENT.split(), (BusyError, BusyError)),
    **dict.fromkeys(HOPELESS.split(), (DeniedError, DeniedError)),
}
"""What each exception becomes: on a read, on a write."""


def status(code: int, reason: str = "", message: str = "no", **details: Any) -> Refusal:
    body = {"kind": "Status", "reason": reason, "message": message, "details": details}
    return Refusal(code, json.dumps(body).encode())


def expected(code: int, *, writes: bool) -> type[OutsideError]:
    if code in CONFLICT:
        return ConflictError
    if code in BUSY:
        return BusyError
    if code == 429:
        return ThrottledError
    if code in UNKNOWN:
        return UnknownOutcomeError if writes else BusyError
    return DeniedError


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("code", REFUSALS)
def test_every_status_has_its_error(code: int, writes: bool) -> None:
    assert type(refused(status(code), writes=writes)) is expected(code, writes=writes)


@pytest.mark.parametrize(
    ("code", "kind"), [(0, UnknownOutcomeError), (499, DeniedError), (599, UnknownOutcomeError)]
)
def test_a_status_that_nobody_registered_is_judged_by_its_class(code: int, kind: type[OutsideError]) -> None:
    assert type(refused(status(code), writes=True)) is kind


def _subclasses(kind: type[Exception]) -> set[type[Exception]]:
    below = {below for one in kind.__subclasses__() for below in _subclasses(one)}
    return {kind, *below}


def test_every_exception_of_the_client_has_its_error() -> None:
    known = {
        kind for kind in _subclasses(aiohttp.ClientError) if kind.__module__.startswith("aiohttp.client")
    }
    assert {kind.__name__ for kind in known} == set(TRANSPORT)
    for kind in known:
        error = kind.__new__(kind)
        for writes in (False, True):
            assert type(lost(error, writes=writes)) is TRANSPORT[kind.__name__][writes], kind


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), ValueError("header: secret")])
def test_what_has_no_answer_is_unknown_for_writes_only_and_does_not_quote(error: Exception) -> None:
    assert isinstance(lost(error, writes=True), UnknownOutcomeError)
    assert isinstance(lost(error, writes=False), BusyError)
    assert "secret" not in str(lost(error, writes=True))


def test_not_found_is_said_only_of_an_object() -> None:
    of_object = refused(status(404, "NotFound", name="api", kind="pods"), writes=False)
    of_api = [
        refused(Refusal(404, b"404 page not found\n"), writes=False),
        refused(status(404, "NotFound"), writes=False),
    ]

    assert (type(of_object), of_object.code) == (ConflictError, "NotFound")
    assert {(type(error), error.code) for error in of_api} == {(DeniedError, "NotServed")}


def test_causes_that_matter_have_a_code_of_their_own() -> None:
    ending = status(
        403, "Forbidden", causes=[{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]
    )
    another = status(422, "Invalid", causes=[{"reason": "FieldValueInvalid", "field": "metadata.uid"}])

    assert refused(ending, writes=True).code == "NamespaceTerminating"
    assert isinstance(refused(another, writes=True), ConflictError)


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [
        ("7", {}, 7.0),
        ("", {"retryAfterSeconds": 3}, 3.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", {}, None),
        ("-1", {}, None),
        ("inf", {}, None),
        ("999999999", {}, errors.LONGEST_WAIT),
        ("9" * 400, {}, None),
        ("", {"retryAfterSeconds": -5}, 0.0),
    ],
)
def test_the_time_to_wait_is_taken_as_told_and_bounded(
    header: str, details: dict[str, Any], seconds: float | None
) -> None:
    told = refused(Refusal(429, status(429, **details).body, header), writes=True)

    assert (type(told), told.retry_after) == (ThrottledError, seconds)


def test_text_from_outside_is_short_on_one_line_and_without_secrets() -> None:
    token = "obviously-fake"
    page = f"<h1>Bad gateway</h1>\r\n\x1b[31mAuthorization: Bearer {token}\n" + "x" * 5000

    error = refused(Refusal(502, page.encode()), writes=True, secrets=(token,))

    assert token not in str(error)
    assert "[removed]" in error.text
    assert len(error.text) <= 256
    assert error.text.isprintable()


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[]", b'{"details": null}', b'{"reason": 7}', b"[" * 9999]
)
def test_a_body_that_says_nothing_still_makes_an_error(body: bytes) -> None:
    assert isinstance(refused(Refusal(403, body), writes=True), DeniedError)

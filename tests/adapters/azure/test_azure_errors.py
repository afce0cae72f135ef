"""Every refusal and every exception of the SDK has a meaning, and no text of Azure's carries a secret."""

import inspect
from typing import Any

import aiohttp
import azure.core.exceptions
import azure.identity
import pytest
from azure.core.exceptions import AzureError, ClientAuthenticationError
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.azure.codes import ADVICE, BUSY, CONFLICT, KNOWN, THROTTLED, meaning
from bot.adapters.azure.errors import RAISED, correlation, refusal, translated
from bot.adapters.azure.words import plain
from bot.domain.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    OutsideError,
    ThrottledError,
    UnknownOutcomeError,
)
from bot.domain.waits import retry_after

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "code", "message", "details", "innererror"]), inner)
    ),
    max_leaves=12,
)


def kinds(module: Any) -> list[type[BaseException]]:
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass)]
    return [kind for kind in found if issubclass(kind, Exception)]


def bare(kind: type[BaseException]) -> BaseException:
    """Make an exception without knowing its constructor; the parts that are looked at are given."""
    error = kind.__new__(kind)
    error.args = ("?",)
    for name in ("response", "status_code", "inner_exception"):
        setattr(error, name, None)
    error.message = "?"  # type: ignore[attr-defined]  # AzureError sets it in its constructor
    return error


@pytest.mark.parametrize("kind", [*kinds(azure.core.exceptions), *kinds(azure.identity)])
def test_every_exception_of_the_sdk_is_caught_and_has_a_meaning(kind: type[BaseException]) -> None:
    assert issubclass(kind, RAISED)
    expected = DeniedError if issubclass(kind, ClientAuthenticationError) else UnknownOutcomeError

    assert type(translated(bare(kind))) is expected


@pytest.mark.parametrize("kind", kinds(aiohttp))
def test_every_exception_of_the_transport_is_caught(kind: type[BaseException]) -> None:
    server_side = issubclass(
        kind, aiohttp.http_exceptions.HttpProcessingError | Warning | aiohttp.web.HTTPException
    )

    assert server_side or issubclass(
        kind, (*RAISED, aiohttp.WebSocketError, aiohttp.EofStream, aiohttp.BadContentDispositionHeader)
    )


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), aiohttp.ClientPayloadError()])
def test_lost_connections_are_no_answer(error: BaseException) -> None:
    assert isinstance(error, RAISED)
    assert translated(error).code == "NoAnswer"


@pytest.mark.parametrize(
    ("status", "kind"), [(400, DeniedError), (429, UnknownOutcomeError), (503, UnknownOutcomeError)]
)
def test_entra_in_trouble_is_waited_for_and_entra_refusing_is_told(
    status: int, kind: type[OutsideError]
) -> None:
    error = ClientAuthenticationError(message="AADSTS70021: no matching federated identity")
    error.status_code = status

    assert type(translated(error)) is kind


@pytest.mark.parametrize("code", sorted(KNOWN))
def test_a_known_code_means_one_thing(code: str) -> None:
    expected = [
        kind
        for kind, codes in (
            (BusyError, BUSY),
            (ConflictError, CONFLICT),
            (ThrottledError, THROTTLED),
            (DeniedError, frozenset(ADVICE)),
        )
        if code in codes
    ]

    assert [meaning(status, code) for status in (400, 403, 409, 412, 429)] == expected * 5
    assert meaning(500, code) is UnknownOutcomeError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, UnknownOutcomeError),
        (400, DeniedError),
        (401, DeniedError),
        (403, DeniedError),
        (404, DeniedError),
        (408, UnknownOutcomeError),
        (409, BusyError),
        (412, ConflictError),
        (413, DeniedError),
        (429, ThrottledError),
        (500, UnknownOutcomeError),
        (504, UnknownOutcomeError),
    ],
)
def test_a_status_without_a_known_code_has_a_meaning_too(status: int, kind: type[OutsideError]) -> None:
    assert meaning(status, "NeverHeardOf") is kind


def test_a_known_code_in_the_details_wins_over_a_general_one() -> None:
    body = {"error": {"code": "DeploymentFailed", "message": "m", "details": [{"code": "ScopeLocked"}]}}

    error = refusal(409, body, {})

    assert (type(error), error.code) == (DeniedError, "ScopeLocked")


@given(status=st.integers(300, 599), body=ANY_JSON, headers=st.dictionaries(st.text(), st.text()))
def test_no_answer_whatsoever_is_without_a_meaning(status: int, body: Any, headers: dict[str, str]) -> None:
    error = refusal(status, body, headers)

    assert isinstance(error, OutsideError)
    assert error.code
    assert len(error.text) <= 256
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    "secret",
    [
        "https://h.invalid/o?api-version=1&s={}",
        "https://h.invalid/o?sig={}",
        "Bearer {}",
        "authorization: bearer {}",
        "client_assertion={}",
        '"access_token": "{}"',
        "sig={}",
    ],
)
def test_no_secret_is_in_a_text(secret: str) -> None:
    text = plain(f"before {secret.format('HIDE-ME')} after")

    assert "HIDE-ME" not in text
    assert text.startswith("before")


def test_a_token_that_stands_by_itself_is_hidden() -> None:
    token = ".".join(("eyJ" + "a" * 20, "b" * 20, "c" * 20))

    assert plain(f"got {token}!") == "got [token]!"


@given(st.text())
def test_text_is_one_bounded_line(text: str) -> None:
    assert len(plain(text)) <= 256
    assert len(plain(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": "999999"}, 3600.0),
        ({"Retry-After": "Fri, 20 Nov 2026 10:01:00 GMT", "Date": "Fri, 20 Nov 2026 10:00:30 GMT"}, 30.0),
        ({"Retry-After": "Fri, 20 Nov 2026 10:00:00 GMT", "Date": "Fri, 20 Nov 2026 10:00:30 GMT"}, 0.0),
        ({"Retry-After": "Fri, 20 Nov 2026 10:01:00 GMT"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_without_a_clock(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_azures_correlation_id_is_in_the_text_if_it_is_plainly_one() -> None:
    good = {"x-ms-correlation-request-id": "0f8fad5b-d9cb-469f-a165-70867728950e"}

    assert refusal(409, {}, good).text.endswith("[0f8fad5b-d9cb-469f-a165-70867728950e]")
    assert correlation({"x-ms-correlation-request-id": "<!channel>"}) == ""


def test_azure_error_is_the_root_of_what_is_enumerated() -> None:
    assert len([kind for kind in kinds(azure.core.exceptions) if issubclass(kind, AzureError)]) > 15

"""Writing an IP Group through the real SDK to the double: what is sent, and what each refusal becomes."""

import pytest

from bot.adapters.azure.groups import asking_for
from bot.adapters.azure.opening import Azure
from bot.adapters.azure.tokens import Token
from bot.domain.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    OutsideError,
    ThrottledError,
    UnknownOutcomeError,
)
from bot.domain.refs import ArmRef
from bot.sandbox.azure import ArmDouble, Behaviour, LostAnswer, LostRequest, Match, NullAnswer, Then, faults
from bot.sandbox.azure.errors import Refusal
from tests.adapters.azure.staged import NEW, OPERATION, THERE, Estate, begin, build, connected, settings_of


async def test_a_write_keeps_everything_but_the_addresses(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    before = double.document(estate.block.id)

    await begin(azure, estate.block, THERE, NEW)

    double.advance(300)
    after = double.document(estate.block.id)
    assert after["properties"].pop("ipAddresses") == [THERE, NEW]
    assert before["properties"].pop("ipAddresses") == [THERE]
    assert after.pop("etag") != before.pop("etag")
    assert after == before


async def test_a_write_is_guarded_by_the_version_and_carries_our_operation_id(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    version = (await azure.shared.read(estate.block)).version

    await azure.shared.start(estate.block, (THERE, NEW), version, OPERATION)

    (sent,) = double.asked("PUT")
    assert sent.headers["if-match"] == version
    assert sent.headers["x-ms-client-request-id"] == OPERATION
    assert {"name", "type", "etag"}.isdisjoint(sent.body)
    assert set(sent.body["properties"]) == {"ipAddresses"}


def test_what_this_program_has_never_heard_of_is_sent_back_as_it_was() -> None:
    document = {
        "id": "/x",
        "etag": "1",
        "location": "westeurope",
        "zones": [1],
        "properties": {"ipAddresses": ["a"], "newcomer": {"k": None}, "provisioningState": "Succeeded"},
    }

    wanted = asking_for(document, ("b",))

    assert wanted == {
        "id": "/x",
        "location": "westeurope",
        "zones": [1],
        "properties": {"ipAddresses": ["b"], "newcomer": {"k": None}},
    }
    assert document["etag"] == "1"


@pytest.mark.parametrize("same", [(THERE,), (f"{THERE}/32",), (f"{THERE}-{THERE}",)])
async def test_what_stands_there_already_is_never_sent(
    double: ArmDouble, azure: Azure, estate: Estate, same: tuple[str, ...]
) -> None:
    token = await begin(azure, estate.block, *same)

    assert (await azure.shared.poll(token)).done
    assert double.asked("PUT") == ()


async def test_a_group_that_the_settings_do_not_name_is_never_written(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    with pytest.raises(DeniedError) as caught:
        await begin(azure, estate.foreign, NEW)

    assert caught.value.code == "NotOurs"
    assert double.asked("PUT") == ()


async def test_a_version_that_is_not_the_fresh_one_is_a_conflict_and_nothing_is_sent(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    version = (await azure.shared.read(estate.block)).version
    double.stage.edit_ip_group(estate.block.id, ["198.51.100.50"])

    with pytest.raises(ConflictError):
        await azure.shared.start(estate.block, (THERE, NEW), version, OPERATION)

    assert double.asked("PUT") == ()
    assert double.addresses(estate.block.id) == ("198.51.100.50",)


async def test_a_colleague_who_writes_between_our_get_and_our_put_is_a_conflict(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    version = (await azure.shared.read(estate.block)).version
    edit = Then(lambda: double.stage.edit_ip_group(estate.block.id, ["198.51.100.50"]))
    double.fail_next(edit, Match("GET", "/ipGroups/block"))

    with pytest.raises(ConflictError) as caught:
        await azure.shared.start(estate.block, (THERE, NEW), version, OPERATION)

    assert caught.value.code in {"PreconditionFailed", "PreconditionFailedEtagMismatch"}
    assert double.addresses(estate.block.id) == ("198.51.100.50",)


async def test_a_group_that_is_being_updated_is_busy_and_nothing_is_sent(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.edit_ip_group(estate.block.id, ["198.51.100.50"], seconds=60)
    sight = await azure.shared.read(estate.block)

    with pytest.raises(BusyError):
        await azure.shared.start(estate.block, (NEW,), sight.version, OPERATION)

    assert not sight.ready
    assert double.asked("PUT") == ()


async def test_a_policy_that_is_being_updated_does_not_hold_a_group_back(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.stage.edit_rule_group(estate.denies.id, _rules(double, estate), seconds=600)

    sight = await azure.shared.read(estate.block)
    await begin(azure, estate.block, THERE, NEW)

    assert sight.ready
    assert double.state(estate.root.id) == "Updating"
    assert double.addresses(estate.block.id) == (THERE, NEW)


REFUSED: tuple[tuple[Refusal, type[OutsideError], str], ...] = (
    (faults.busy(), BusyError, "in progress"),
    (faults.busy(7), BusyError, "in progress"),
    (Refusal(429, "RetryableErrorDueToAnotherOperation", "wait"), BusyError, "wait"),
    (Refusal(409, "CanceledAndSupersededDueToAnotherOperation", "gone"), BusyError, "gone"),
    (Refusal(400, "ReferencedResourceNotProvisioned", "not yet"), BusyError, "not yet"),
    (faults.outdated(), ConflictError, "Precondition"),
    (faults.throttled(17), ThrottledError, "17"),
    (faults.denied("AuthorizationFailed"), DeniedError, "role of deploy/azure"),
    (faults.denied("LinkedAuthorizationFailed"), DeniedError, "join/action"),
    (faults.denied("DenyAssignmentAuthorizationFailed"), DeniedError, "deny assignment"),
    (faults.denied("RequestDisallowedByPolicy"), DeniedError, "Azure Policy"),
    (faults.locked(), DeniedError, "lock"),
    (Refusal(409, "MissingSubscriptionRegistration", "'Microsoft.Network'"), DeniedError, "register"),
    (Refusal(503, "ServiceUnavailable", "later"), UnknownOutcomeError, "later"),
    (Refusal(500, "AnotherOperationInProgress", "?"), UnknownOutcomeError, "?"),
    (Refusal(307, "Moved", "elsewhere"), UnknownOutcomeError, "elsewhere"),
)


@pytest.mark.parametrize(("refusal", "kind", "word"), REFUSED)
async def test_each_refusal_is_told_apart_and_sent_once(
    double: ArmDouble,
    azure: Azure,
    estate: Estate,
    refusal: Refusal,
    kind: type[OutsideError],
    word: str,
) -> None:
    double.fail_next(refusal)

    with pytest.raises(OutsideError) as caught:
        await begin(azure, estate.block, THERE, NEW)

    assert type(caught.value) is kind
    assert caught.value.code in {refusal.code, *(detail.code for detail in refusal.details)}
    assert word in caught.value.text
    assert caught.value.retry_after == refusal.retry_after
    assert [request.method for request in double.requests].count("PUT") == 1
    assert double.asked("POST") == ()
    assert double.addresses(estate.block.id) == (THERE,)


async def test_a_firewall_that_is_busy_for_a_while_takes_the_write_in_the_end(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.busy(), times=3)
    for _ in range(3):
        with pytest.raises(BusyError):
            await begin(azure, estate.block, THERE, NEW)

    await begin(azure, estate.block, THERE, NEW)

    assert double.addresses(estate.block.id) == (THERE, NEW)


async def test_our_own_running_update_makes_the_next_one_busy(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    await begin(azure, estate.block, THERE, NEW)

    with pytest.raises(BusyError):
        await begin(azure, estate.block, THERE)

    assert len(double.asked("PUT")) == 1


async def test_a_lost_answer_is_unknown_and_the_write_is_not_repeated(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(LostAnswer())

    with pytest.raises(UnknownOutcomeError) as caught:
        await begin(azure, estate.block, THERE, NEW)

    assert caught.value.code == "NoAnswer"
    assert len(double.asked("PUT")) == 1
    assert len(double.operations) == 1
    assert (await azure.shared.read(estate.block)).entries == (THERE, NEW)


async def test_a_lost_request_is_unknown_too_and_reading_shows_that_it_never_arrived(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(LostRequest())

    with pytest.raises(UnknownOutcomeError):
        await begin(azure, estate.block, THERE, NEW)

    sight = await azure.shared.read(estate.block)
    assert (sight.entries, sight.ready) == ((THERE,), True)
    assert len(double.asked("PUT")) == 1


async def test_a_read_whose_connection_was_lost_is_asked_again(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(LostRequest(), Match("GET", "/ipGroups/block"), times=2)

    assert (await azure.shared.read(estate.block)).entries == (THERE,)


async def test_a_success_with_the_body_null_is_unknown_never_an_attribute_error() -> None:
    async with ArmDouble(Behaviour(honours_if_match=False)) as double:
        estate = build(double)
        async with connected(double, settings_of(estate)) as azure:
            version = (await azure.shared.read(estate.block)).version
            edit = Then(lambda: double.stage.edit_ip_group(estate.block.id, [THERE, NEW]))
            double.fail_next(edit, Match("GET", "/ipGroups/block"))
            double.fail_next(NullAnswer())

            with pytest.raises(UnknownOutcomeError) as caught:
                await azure.shared.start(estate.block, (THERE, NEW), version, OPERATION)

            assert caught.value.code == "NoOperation"
            assert double.faults_waiting == ()
            assert (await azure.shared.read(estate.block)).entries == (THERE, NEW)


async def test_an_answer_without_an_operation_is_unknown(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.Run(url="x" * 5000))

    with pytest.raises(UnknownOutcomeError) as caught:
        await begin(azure, estate.block, THERE, NEW)

    assert caught.value.code == "NoOperation"


async def test_a_group_that_does_not_exist_is_denied_with_a_remedy(azure: Azure, estate: Estate) -> None:
    with pytest.raises(DeniedError) as caught:
        await azure.shared.read(ArmRef(f"{estate.block.id}-gone"))

    assert caught.value.code == "ResourceNotFound"
    assert "deploy/azure" in caught.value.text


async def test_a_token_is_ours_and_carries_no_body(double: ArmDouble, azure: Azure, estate: Estate) -> None:
    token = Token.read(await begin(azure, estate.block, THERE, NEW))

    assert token.thing == estate.block.id
    assert token.request == OPERATION
    assert token.url.startswith(f"{double.url}/subscriptions/")
    assert len(token.correlation) == 36
    assert NEW not in token.text


def _rules(double: ArmDouble, estate: Estate) -> list[dict[str, object]]:
    found: list[dict[str, object]] = double.document(estate.denies.id)["properties"]["ruleCollections"]
    return found

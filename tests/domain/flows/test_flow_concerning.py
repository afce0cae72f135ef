"""Whether an end is whom a question is about, where its source tells no pod: by identity, or by service account."""

from bot.domain.flows.asked import About, Subject
from bot.domain.flows.concerning import ACCOUNT, end
from bot.domain.flows.flow import Being, Endpoint

POD = Subject(
    About.POD, "api-1", "payments", pods=("api-1",), service_accounts=("api",), identities=("1234",)
)


def test_a_sum_without_pods_is_the_subjects_by_its_identity_in_its_namespace() -> None:
    holds = end(POD)
    assert holds(Endpoint(being=Being.POD, namespace="payments", identity="1234"))
    assert not holds(Endpoint(being=Being.POD, namespace="payments", identity="12345"))
    assert not holds(Endpoint(being=Being.POD, namespace="orders", identity="1234"))
    assert not holds(Endpoint(being=Being.POD, namespace="payments")), "no identity is not the same identity"
    twin = Endpoint(being=Being.POD, namespace="payments", pod="api-10", identity="1234")
    assert not holds(twin), "a name that is told wins over the labels that both have"


def test_a_call_that_names_no_pod_is_the_subjects_by_its_service_account() -> None:
    holds = end(POD)
    assert holds(Endpoint(namespace="payments", name=f"{ACCOUNT}payments:api"))
    assert not holds(Endpoint(namespace="payments", name=f"{ACCOUNT}payments:api-admin"))
    assert not holds(Endpoint(namespace="orders", name=f"{ACCOUNT}payments:api"))
    assert not holds(Endpoint(namespace="payments", pod="api-10", name=f"{ACCOUNT}payments:api"))


def test_a_subject_of_which_the_cluster_told_nothing_is_nobody_without_a_name() -> None:
    holds = end(Subject(About.POD, "api-1", "payments"))
    assert not holds(Endpoint(being=Being.POD, namespace="payments"))
    assert not holds(Endpoint(namespace="payments", name=f"{ACCOUNT}payments:"))

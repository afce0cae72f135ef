"""Every own change has an exact inverse."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import Contribute, Create, Delete, KeyEdit, OwnChange, Patch, invert, undo
from bot.domain.documents import Document
from bot.domain.refs import NETWORK_POLICY, POD, ArmRef, KubeRef

TEXT = st.text(max_size=8)
REFS = st.builds(KubeRef, TEXT, st.sampled_from((POD, NETWORK_POLICY)), TEXT, TEXT)
BODIES = st.dictionaries(TEXT, TEXT, max_size=3).map(Document.of)
EDITS = st.builds(KeyEdit, st.tuples(TEXT, TEXT), st.none() | TEXT, st.none() | TEXT)
OWN: st.SearchStrategy[OwnChange] = st.one_of(
    st.builds(Create, REFS, BODIES),
    st.builds(Delete, REFS, BODIES),
    st.builds(Patch, REFS, TEXT, st.lists(EDITS, max_size=3).map(tuple)),
)
SHARED = st.builds(Contribute, st.builds(ArmRef, TEXT), TEXT)


@given(OWN)
def test_the_inverse_of_the_inverse_is_the_change(change: OwnChange) -> None:
    assert invert(invert(change)) == change


@given(OWN)
def test_the_inverse_is_about_the_same_object(change: OwnChange) -> None:
    assert invert(change).ref == change.ref


@given(st.lists(OWN | SHARED, max_size=5))
def test_undoing_goes_backwards_and_leaves_shared_entries_to_their_lane(
    changes: list[OwnChange | Contribute],
) -> None:
    own = [change for change in changes if not isinstance(change, Contribute)]

    assert undo(tuple(changes)) == tuple(invert(change) for change in reversed(own))

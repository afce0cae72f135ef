"""The judge of everything shown: it finds what is live, so that its silence means something."""

from tests.hostile.inert import CONTROL, TOKENS, flaws


def test_the_judge_of_this_folder_finds_what_is_live() -> None:
    for piece in (*TOKENS, *CONTROL):
        assert flaws({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": piece}}]}), piece
        assert flaws({"text": piece}), piece
    assert flaws({"blocks": [{"type": "rich_text", "elements": [{"type": "broadcast", "range": "here"}]}]})
    assert flaws({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x", "emoji": True}}]})
    assert flaws({"text": "plain words", "blocks": []}) == []

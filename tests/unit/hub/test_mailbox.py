"""What a slow reader's mailbox gives up, in which order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from straks.hub.mailbox import Lane, Mailbox


def marker(channel: str) -> bytes:
    return b"<" + channel.encode() + b">"


def test_frames_keep_their_order() -> None:
    mailbox = Mailbox(100)
    for data, lane in ((b"1", Lane.PUSH), (b"2", Lane.REPLY), (b"3", Lane.SIGNAL)):
        assert mailbox.put(data, lane, "a")
    assert mailbox.take() == b"123"
    assert mailbox.size == 0


def test_signals_go_first() -> None:
    mailbox = Mailbox(10)
    mailbox.put(b"sssss", Lane.SIGNAL, "a")
    mailbox.put(b"ppppp", Lane.PUSH, "a")
    assert mailbox.put(b"rrrrr", Lane.REPLY)
    assert mailbox.take() == b"ppppprrrrr"


def test_a_signal_that_does_not_fit_is_dropped() -> None:
    mailbox = Mailbox(5)
    mailbox.put(b"rrrrr", Lane.REPLY)
    assert mailbox.put(b"s", Lane.SIGNAL, "a")
    assert mailbox.take() == b"rrrrr"


def test_then_each_backlog_is_replaced_by_one_marker_in_its_place() -> None:
    mailbox = Mailbox(20)
    mailbox.put(b"aaaaaa", Lane.PUSH, "a")
    mailbox.put(b"r", Lane.REPLY)
    mailbox.put(b"bbbbbb", Lane.PUSH, "b")
    assert not mailbox.put(b"aaaaaaaaa", Lane.PUSH, "a")
    assert mailbox.shed(marker) == ["a", "b"]
    assert not mailbox.full
    assert mailbox.take() == b"<a>r<b>"


def test_replies_alone_can_only_be_closed_over() -> None:
    mailbox = Mailbox(5)
    mailbox.put(b"rrrr", Lane.REPLY)
    assert not mailbox.put(b"rrrr", Lane.REPLY)
    assert mailbox.shed(marker) == []
    assert mailbox.full


letters = st.tuples(st.sampled_from(list(Lane)), st.sampled_from("abc"), st.integers(1, 40))


@given(st.lists(letters, max_size=60))
def test_no_reply_is_lost_and_no_push_is_lost_silently(
    sent: list[tuple[Lane, str, int]],
) -> None:
    mailbox, replies, pushed = Mailbox(100), 0, dict.fromkeys("abc", 0)
    for lane, channel, size in sent:
        if lane is Lane.REPLY:
            replies += size
        elif lane is Lane.PUSH:
            pushed[channel] += size
        data = {Lane.REPLY: b"R", Lane.PUSH: channel.encode(), Lane.SIGNAL: b"s"}[lane] * size
        if not mailbox.put(data, lane, channel):
            for lost in mailbox.shed(marker):
                pushed[lost] = 0
                replies += 0
            if mailbox.full:
                return
        assert mailbox.size <= 100
    kept = mailbox.take()
    assert kept.count(b"R") == replies
    for channel, size in pushed.items():
        assert kept.replace(marker(channel), b"").count(channel.encode()) == size

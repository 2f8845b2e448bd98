"""What is known of customers adds up."""

from __future__ import annotations

from straks.records.customers import MOST_FACTS, Fact, Opened, Said, SQLCustomerRecords
from straks.records.database import Database


async def test_later_contacts_replace_only_what_they_say(database: Database) -> None:
    records = SQLCustomerRecords(database)
    said = [Said("v", {"email": "old@example.org"}, 1), Said("v", {"name": "Vera"}, 2)]
    await records.save(said)
    await records.save([Said("v", {"email": "new@example.org"}, 3)])
    await records.save([])
    expected = {"visitor_id": "v", "email": "new@example.org", "name": "Vera", "updated_at": 3}
    assert await records.find("v") == expected
    await records.save(said)
    assert await records.find("v") == expected
    assert await records.known("v") == {"email": "new@example.org", "name": "Vera"}


async def test_each_visitor_has_the_last_word_for_each_fact(database: Database) -> None:
    records = SQLCustomerRecords(database)
    await records.save(
        [
            Said("v", {"order": "7", "size": "L"}, 5),
            Said("w", {"order": "8"}, 1),
            Said("v", {"order": "9"}, 6),
            Said("v", {"size": "S"}, 4),
        ]
    )
    assert await records.facts(["v", "w", "x"]) == {
        "v": {"size": Fact("L", 5), "order": Fact("9", 6)},
        "w": {"order": Fact("8", 1)},
    }
    assert await records.known("x") == {}
    assert await records.find("v") is None


async def test_of_too_many_facts_the_oldest_go(database: Database) -> None:
    records = SQLCustomerRecords(database)
    for at in range(8):
        await records.save([Said("v", {f"f{at}_{n}": "1" for n in range(20)}, at)])
    await records.save([Said("w", {"order": "8"}, 1)])
    known = await records.known("v")
    assert len(known) == MOST_FACTS
    assert set(known) == {f"f{at}_{n}" for at in range(3, 8) for n in range(20)}
    assert await records.known("w") == {"order": "8"}


async def test_what_nobody_says_or_uses_is_forgotten(database: Database) -> None:
    records = SQLCustomerRecords(database)
    await records.save([Said(name, {"order": "7"}, 1) for name in ("v", "w", "x")])
    await records.save([Said("w", {"order": "7"}, 9)])
    await records.use(["v"], 5)
    await records.forget(5)
    assert await records.known("v") == await records.known("w") == {"order": "7"}
    assert await records.known("x") == {}
    await records.use(["w"], 6)
    await records.forget(9)
    assert await records.known("v") == {}
    assert await records.known("w") == {"order": "7"}


async def test_conversations_are_counted_by_visitor_before_the_one_at_hand(
    database: Database,
) -> None:
    records = SQLCustomerRecords(database)
    await records.opened([Opened("v", "b", 2), Opened("w", "c", 3), Opened("v", "a", 1)])
    await records.opened([])
    assert [await records.earlier("v", each) for each in "ab"] == [0, 1]
    assert await records.earlier("v", "new") == 2
    assert await records.earlier("w", "c") == await records.earlier("x", "c") == 0


async def test_a_conversation_that_is_kept_again_stays_as_it_is(database: Database) -> None:
    records = SQLCustomerRecords(database)
    await records.opened([Opened("v", "a", 1), Opened("v", "a", 2)])
    await records.opened([Opened("v", "b", 9), Opened("v", "a", 9)])
    assert await records.earlier("v", "new") == 2
    await records.forget(2)
    assert await records.earlier("v", "new") == 1


async def test_conversations_of_long_ago_are_forgotten(database: Database) -> None:
    records = SQLCustomerRecords(database)
    await records.opened([Opened("v", name, at) for at, name in enumerate("abc")])
    await records.save([Said("v", {"order": "7"}, 9)])
    await records.forget(2)
    assert await records.earlier("v", "new") == 1
    assert await records.known("v") == {"order": "7"}

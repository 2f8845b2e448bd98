"""What is known of customers adds up."""

from __future__ import annotations

from pathlib import Path

from straks.records.customers import SQLCustomerRecords
from straks.records.database import Database


async def test_later_contacts_replace_only_what_they_say(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "records.db")
    records = SQLCustomerRecords(database)
    await records.save([("v", "old@example.org", None, 1), ("v", None, "Vera", 2)])
    await records.save([("v", "new@example.org", None, 3)])
    await records.save([])
    expected = {"visitor_id": "v", "email": "new@example.org", "name": "Vera", "updated_at": 3}
    assert await records.find("v") == expected
    await records.save([("v", "old@example.org", None, 1), ("v", None, "Vera", 2)])
    assert await records.find("v") == expected
    await database.close()

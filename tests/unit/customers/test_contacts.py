"""Contacts that visitors leave are kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from straks.accounts.principals import Principal
from straks.customers.contacts import Contacts
from straks.records.customers import SQLCustomerRecords
from straks.records.database import Database
from tests.support.conversing import VISITOR, conversing


async def test_contacts_become_customers(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "records.db")
    records = SQLCustomerRecords(database)
    other = Principal(kind="visitor", id="olle")
    async with conversing(tmp_path) as here:
        contacts = Contacts(here.log, records)
        here.log.listen(contacts.committed)
        running = asyncio.create_task(contacts.run())
        channel = await here.opened()
        await here.send(VISITOR, channel, "contact", {"email": "v@example.org"})
        await here.send(VISITOR, channel, "contact", {"name": "Vera"})
        foreign = await here.opened(other)
        await here.send(other, foreign, "contact", {"email": "olle@example.org"})
        async with asyncio.timeout(20):
            while await records.find("olle") is None:
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    vera = await records.find("vera")
    assert vera is not None
    assert (vera["email"], vera["name"]) == ("v@example.org", "Vera")
    assert await records.find("nobody") is None
    await database.close()

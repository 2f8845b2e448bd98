-- The log of a single server. Rows of entries are only ever added: the position is the feed.

CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE entries (
    position INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    state INTEGER NOT NULL,  -- offset of the last entry, this one included, that changed the state
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    name TEXT,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;

-- Channels are numbered in the order of their first entry, so that the pages of this index that
-- are written are few, however many conversations there have been.
CREATE UNIQUE INDEX entries_of_channel ON entries (channel, offset);

CREATE TABLE watermarks (
    channel INTEGER NOT NULL,
    reader TEXT NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (channel, reader)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    consumer TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

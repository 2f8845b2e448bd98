-- name: add_channels
INSERT INTO channels (id, name) SELECT * FROM added WHERE column1 IS NOT NULL

-- name: add_entries
INSERT INTO entries (position, channel, offset, state, id, at, sender, name, key, kind, data)
SELECT * FROM added WHERE column1 IS NOT NULL

-- name: add_mark
INSERT INTO watermarks (channel, reader, offset)
SELECT c.id, :reader, min(:offset, (SELECT max(e.offset) FROM entries e WHERE e.channel = c.id))
FROM channels c WHERE c.name = :channel
ON CONFLICT (channel, reader) DO UPDATE SET offset = max(offset, excluded.offset)

-- name: move_cursor
INSERT INTO cursors (consumer, position) VALUES (:consumer, :position)
ON CONFLICT (consumer) DO UPDATE SET position = max(position, excluded.position)

-- name: ends
SELECT (SELECT max(position) FROM entries), (SELECT max(id) FROM channels)

-- name: load_channels
SELECT c.name, c.id, e.offset, e.state, e.at, e.sender, e.key, e.id
FROM channels c JOIN entries e ON e.channel = c.id
WHERE c.name IN (SELECT value FROM json_each(:channels))
ORDER BY e.channel, e.offset

-- name: load_recent
SELECT c.name, c.id, e.offset, e.state, e.at, e.sender, e.key, e.id
FROM channels c JOIN entries e ON e.channel = c.id
WHERE c.name = :channel
ORDER BY e.offset DESC LIMIT :limit

-- name: read_after
SELECT e.offset, e.state, e.id, e.at, e.sender, e.name, e.key, e.kind, e.data
FROM entries e WHERE e.channel = (SELECT id FROM channels WHERE name = :channel)
AND e.offset > :offset ORDER BY e.offset LIMIT :limit

-- name: read_before
SELECT e.offset, e.state, e.id, e.at, e.sender, e.name, e.key, e.kind, e.data
FROM entries e WHERE e.channel = (SELECT id FROM channels WHERE name = :channel)
AND e.offset < :offset ORDER BY e.offset DESC LIMIT :limit

-- name: read_end
SELECT c.id, e.offset, e.state, e.id
FROM channels c JOIN entries e ON e.channel = c.id
WHERE c.name = :channel ORDER BY e.offset DESC LIMIT 1

-- name: read_marks
SELECT reader, offset FROM watermarks WHERE channel = :channel

-- name: read_feed
SELECT e.position, c.name, e.offset, e.state, e.id, e.at, e.sender, e.name, e.key, e.kind, e.data
FROM entries e JOIN channels c ON c.id = e.channel
WHERE e.position > :after ORDER BY e.position LIMIT :limit

-- name: read_cursor
SELECT position FROM cursors WHERE consumer = :consumer

-- name: conversations
SELECT id, name FROM channels WHERE id > :after AND name LIKE 'conversation:%' ORDER BY id LIMIT 1000

-- name: all_channels
SELECT name FROM channels

-- name: put_mark
INSERT INTO watermarks (channel, reader, offset) VALUES (?, ?, ?)

-- name: move_entry
UPDATE entries SET position = :position
WHERE channel = (SELECT id FROM channels WHERE name = :channel) AND offset = :offset

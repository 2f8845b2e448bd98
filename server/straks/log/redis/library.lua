#!lua name=@LIBRARY@

-- The log in Redis. A channel has three keys, all with the hash tag of its partition:
--   :log    stream; the id 0-N is offset N; fields e (packed by the server), t (at), g (state offset)
--   :state  hash; o (last offset), i (last id), t (last at), g (state offset), f (where the last
--           entry is in the feed, and its offset), and a field of 16 bytes for each key that was
--           used, holding its offset
--   :marks  hash; reader to read watermark
-- A partition has a feed (stream of channel c and offset o), the cursors of its consumers, and the
-- lease of the node whose consumers read it.

local NEW, USED, CONFLICT, FULL, BAD = 0, 1, 2, 3, 4

local function integer(number)
    return string.format('%.0f', number)
end

local function bad(message)
    return { BAD, message }
end

-- What was stored under a key that is used again.
local function first_use(log, offset)
    local id = '0-' .. offset
    local found = redis.pcall('XRANGE', log, id, id)
    if found.err then
        return bad(found.err)
    end
    if not found[1] then
        return bad('the entry of a used key is missing')
    end
    local fields = {}
    for i = 1, #found[1][2], 2 do
        fields[found[1][2][i]] = found[1][2][i + 1]
    end
    return { USED, tonumber(offset), tonumber(fields.t), tonumber(fields.g), fields.e }
end

-- A channel without end remembers its last keys only, and keeps its last entries.
local function forget(state, log, offset, keys, entries)
    local id = '0-' .. integer(offset - keys)
    local old = redis.call('XRANGE', log, id, id)[1]
    if old then
        for i = 1, #old[2], 2 do
            if old[2][i] == 'k' then
                redis.call('HDEL', state, old[2][i + 1])
            end
        end
    end
    redis.call('XTRIM', log, 'MAXLEN', '~', integer(entries))
end

local function exists(key)
    return redis.call('EXISTS', key) == 1
end

-- Names what says for a day that a conversation is in the archive, in its state's slot.
local function gone(state)
    return state .. '~gone'
end

-- Names what says for a while when a conversation came back from there.
local function back(state)
    return state .. '~back'
end

local function now()
    local time = redis.call('TIME')
    return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Nothing is written before everything that could fail was looked at: Redis undoes nothing.
local function append_one(state, log, feed, tag, item, anchors)
    local channel, live, digest, id, packed, sent_at, advances, expect, most, keys, anchor, follows =
        unpack(item)
    local head = redis.pcall('HMGET', state, 'o', 't', 'g', 'i', digest)
    if head.err then
        return bad(head.err)
    end
    if head[5] then
        return first_use(log, head[5])
    end
    local home = anchors[anchor]
    if home and not head[1] and not exists(home)
        and (expect ~= 0 or home ~= state or exists(gone(home))) then
        return { CONFLICT, 0 } -- It is in the archive, or nowhere: who reads it brings it back.
    end
    local offset = tonumber(head[1] or 0) + 1
    local at = math.max(sent_at, tonumber(head[2] or 0))
    local state_offset = tonumber(head[3] or 0)
    if (expect ~= '' and expect ~= state_offset)
        or (follows ~= '' and follows ~= (head[1] or '0') .. ':' .. (head[4] or '')) then
        return { CONFLICT, state_offset }
    end
    if most > 0 and offset > most then
        return { FULL }
    end
    if advances == 1 then
        state_offset = offset
    end
    local o, t, g = integer(offset), integer(at), integer(state_offset)
    local added
    if keys > 0 then
        added = redis.pcall('XADD', log, '0-' .. o, 'e', packed, 't', t, 'g', g, 'k', digest)
    else
        added = redis.pcall('XADD', log, '0-' .. o, 'e', packed, 't', t, 'g', g)
    end
    if added.err then
        return bad(added.err)
    end
    local position = string.sub(redis.call('XADD', feed, '0-*', 'c', channel, 'o', o), 3)
    redis.call('HSET', state, 'o', o, 't', t, 'g', g, 'i', id, 'f', position .. ':' .. o, digest, o)
    if keys > 0 and offset > keys then
        forget(state, log, offset, keys, -most)
    end
    local before = head[4] or ''
    -- It is stored, whether or not we may publish: who does not hear of it reads it.
    redis.pcall('SPUBLISH', live, 'e' .. tag
        .. cmsgpack.pack({ before, offset, at, state_offset, packed }))
    return { NEW, offset, at, state_offset, tonumber(position), before }
end

-- KEYS: feed of each partition, then state and log of each item, then anchors.
-- ARGV: tag of the node, number of feeds, packed items, each
--   {feed, channel, live, digest, id, packed, at, advances, expect or '', most entries (of a
--    channel that keeps its last: below 0), keys to remember or 0, which of the anchors is the
--    state of its conversation, for a channel that may be in the archive with that, or 0}, then
--   what is published to wake the readers of each feed.
-- Returns the packed results.
local function append(keys, args)
    local feeds = tonumber(args[2])
    for i = 1, feeds do
        local kind = redis.call('TYPE', keys[i]).ok
        if kind ~= 'stream' and kind ~= 'none' then
            return redis.error_reply('WRONGTYPE ' .. keys[i] .. ' is a ' .. kind)
        end
    end
    local results, grown = {}, {}
    local items = cmsgpack.unpack(args[3])
    local anchors = { unpack(keys, feeds + 2 * #items + 1) }
    for i, item in ipairs(items) do
        local feed = table.remove(item, 1)
        local result =
            append_one(keys[feeds + 2 * i - 1], keys[feeds + 2 * i], keys[feed], args[1], item, anchors)
        results[i] = result
        if result[1] == NEW then
            grown[feed] = result[5]
        end
    end
    for feed, position in pairs(grown) do
        redis.pcall('SPUBLISH', args[3 + feed], args[1] .. integer(position))
    end
    return cmsgpack.pack(results)
end

-- KEYS: nodes, notes. ARGV: tag of the node, milliseconds of its lease, its note.
-- Returns tag and note of every node that lives.
local function beat(keys, args)
    local now = now()
    redis.call('ZADD', keys[1], integer(now + tonumber(args[2])), args[1])
    redis.call('HSET', keys[2], args[1], args[3])
    for _, tag in ipairs(redis.call('ZRANGEBYSCORE', keys[1], '-inf', integer(now))) do
        redis.call('ZREM', keys[1], tag)
        redis.call('HDEL', keys[2], tag)
    end
    return redis.call('HGETALL', keys[2])
end

-- KEYS: owner of each partition. ARGV: tag of the node (name:incarnation), milliseconds, then for
-- each key 1 to have it or 0 to let it go. What an earlier incarnation of the node has is taken.
-- Returns who has each after that, '' for nobody.
local function hold(keys, args)
    local name = string.match(args[1], '^(.*:)')
    local owners = {}
    for i, key in ipairs(keys) do
        local owner = redis.call('GET', key)
        local ours = owner and string.sub(owner, 1, #name) == name
        if args[2 + i] == '1' and (not owner or ours) then
            redis.call('SET', key, args[1], 'PX', args[2])
            owner = args[1]
        elseif args[2 + i] == '0' and owner == args[1] then
            redis.call('DEL', key)
            owner = false
        end
        owners[i] = owner or ''
    end
    return owners
end

-- KEYS: state and marks of each channel. ARGV: packed {{reader, offset} of a channel} of channels.
-- Returns the places of the channels that are not there.
local function mark(keys, args)
    local absent = {}
    for i, readers in ipairs(cmsgpack.unpack(args[1])) do
        local state, marks = keys[2 * i - 1], keys[2 * i]
        local last = redis.pcall('HGET', state, 'o')
        if last and not last.err then
            for _, pair in ipairs(readers) do
                local offset = math.min(pair[2], tonumber(last))
                local old = redis.pcall('HGET', marks, pair[1])
                if not old or (not old.err and offset > tonumber(old)) then
                    redis.call('HSET', marks, pair[1], integer(offset))
                end
            end
        elseif not last then
            absent[#absent + 1] = i
        end
    end
    return absent
end

-- KEYS: cursors, feed, owner. ARGV: consumer, position, tag of the node. Trims the feed below every
-- cursor. Nothing happens when another node has the partition, or the feed has not come so far: it
-- is not the one that was read.
local function move_cursor(keys, args)
    local owner = redis.call('GET', keys[3])
    local position = tonumber(args[2])
    local feed = redis.call('EXISTS', keys[2]) == 1 and redis.call('XINFO', 'STREAM', keys[2])
    if (owner and owner ~= args[3]) or not feed then
        return 0
    end
    for i = 1, #feed, 2 do
        if feed[i] == 'last-generated-id' and tonumber(string.sub(feed[i + 1], 3)) < position then
            return 0
        end
    end
    if position > tonumber(redis.call('HGET', keys[1], args[1]) or 0) then
        redis.call('HSET', keys[1], args[1], integer(position))
    end
    local lowest = position
    for _, cursor in ipairs(redis.call('HVALS', keys[1])) do
        lowest = math.min(lowest, tonumber(cursor))
    end
    redis.call('XTRIM', keys[2], 'MINID', '~', '0-' .. integer(lowest + 1))
    return 1
end

-- Tells whether readers and their watermarks are those that were copied.
local function same_marks(key, copied)
    if redis.call('HLEN', key) ~= #copied / 2 then
        return false
    end
    for i = 1, #copied, 2 do
        if redis.call('HGET', key, copied[i]) ~= integer(copied[i + 1]) then
            return false
        end
    end
    return true
end

-- Tells where a channel's last entry is in the feed. An earlier release does not note it: then it
-- may be at the end.
local function place_in(key, state)
    local known = redis.call('HMGET', state, 'f', 'o')
    local place, offset = string.match(known[1] or '', '^(%d+):(%d+)$')
    if offset == known[2] then
        return tonumber(place)
    end
    local feed = exists(key) and redis.call('XINFO', 'STREAM', key) or {}
    for i = 1, #feed, 2 do
        if feed[i] == 'last-generated-id' then
            return tonumber(string.sub(feed[i + 1], 3))
        end
    end
    return 0
end

-- KEYS: cursors, feed, then state, log and marks of a conversation and of its desk.
-- ARGV: packed {name that live entries are published under, last id or '' for an absent channel,
--   flat marks} of both, that were copied to the archive; for how many milliseconds an opening with
--   the same key is not taken for new; milliseconds since the epoch, before which it came back; a
--   name for this absence.
-- Returns 1 when they are gone; 0 when they have changed or came back since, somebody follows them,
-- or a consumer has yet to see them.
local function evict(keys, args)
    if (redis.call('GET', gone(keys[3])) or '') == args[4] then
        return 1 -- It was done already, and the reply was lost.
    end
    local channels = cmsgpack.unpack(args[1])
    local seen = math.huge
    for _, cursor in ipairs(redis.call('HVALS', keys[1])) do
        seen = math.min(seen, tonumber(cursor))
    end
    if tonumber(redis.call('GET', back(keys[3])) or 0) >= tonumber(args[3]) then
        return 0
    end
    for i, channel in ipairs(channels) do
        local live, id, marks = unpack(channel)
        local state = keys[3 * i]
        local last = redis.call('HGET', state, 'i') or ''
        local followers = redis.call('PUBSUB', 'SHARDNUMSUB', live)
        if last ~= id or not same_marks(keys[3 * i + 2], marks) or followers[2] > 0 then
            return 0
        end
        if last ~= '' and seen < place_in(keys[2], state) then
            return 0
        end
    end
    for i = 3, #keys do
        redis.call('UNLINK', keys[i])
    end
    redis.call('SET', gone(keys[3]), args[4], 'PX', args[2])
    return 1
end

-- KEYS: pairs of what was staged and what it becomes: state, log and marks, the conversation first.
-- ARGV: for how many milliseconds it is noted that it came back; the name of its absence, '' when
-- that is not known any more; how many entries each channel has.
-- Returns 1 when the conversation is there now, 0 when not all that was staged is there any more, or
-- it was there and has gone again since that absence began.
local function restore(keys, args)
    local there = exists(keys[2])
    local all = not there and (redis.call('GET', gone(keys[2])) or '') == args[2]
    for i = 3, #args do
        local state, log = keys[6 * i - 17], keys[6 * i - 15]
        local entries = tonumber(args[i])
        all = all and redis.call('XLEN', log) == entries
            and redis.call('HLEN', state) == entries + 5 -- Each has a key.
    end
    for i = 1, #keys, 2 do
        if not all then
            redis.call('UNLINK', keys[i])
        elseif exists(keys[i]) then
            redis.call('RENAME', keys[i], keys[i + 1])
            redis.call('PERSIST', keys[i + 1])
        end
    end
    if all then
        redis.call('UNLINK', gone(keys[2]))
        redis.call('SET', back(keys[2]), integer(now()), 'PX', args[1])
    end
    return (all or there) and 1 or 0
end

redis.register_function('@LIBRARY@_append', append)
redis.register_function('@LIBRARY@_evict', evict)
redis.register_function('@LIBRARY@_restore', restore)
redis.register_function('@LIBRARY@_beat', beat)
redis.register_function('@LIBRARY@_hold', hold)
redis.register_function('@LIBRARY@_mark', mark)
redis.register_function('@LIBRARY@_move_cursor', move_cursor)

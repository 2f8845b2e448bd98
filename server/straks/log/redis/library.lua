#!lua name=straks_v1

-- The log in Redis. A channel has three keys, all with the hash tag of its partition:
--   :log    stream; the id 0-N is offset N; fields e (packed by the server), t (at), g (state offset)
--   :state  hash; o (last offset), i (last id), t (last at), g (state offset), and a field of 16
--           bytes for each key that was used, holding its offset
--   :marks  hash; reader to read watermark
-- A partition has a feed (stream of channel c and offset o) and the cursors of its consumers.

local NEW, USED, CONFLICT, FULL, BAD = 0, 1, 2, 3, 4

local function integer(number)
    return string.format('%.0f', number)
end

local function bad(message)
    return { BAD, message }
end

-- The server's lease: nil when it holds or has just taken it, else who does.
local function other_holder(key, holder, milliseconds)
    local current = redis.call('GET', key)
    if not current then
        redis.call('SET', key, holder, 'PX', milliseconds)
    elseif current ~= holder then
        return current
    end
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

-- A channel without end remembers its last keys only.
local function forget_key(state, log, offset)
    local id = '0-' .. integer(offset)
    local old = redis.call('XRANGE', log, id, id)[1]
    if old then
        for i = 1, #old[2], 2 do
            if old[2][i] == 'k' then
                redis.call('HDEL', state, old[2][i + 1])
            end
        end
    end
end

-- Nothing is written before everything that could fail was looked at: Redis undoes nothing.
local function append_one(state, log, feed, item)
    local channel, live, digest, id, packed, sent_at, advances, expect, most, keys = unpack(item)
    local head = redis.pcall('HMGET', state, 'o', 't', 'g', 'i', digest)
    if head.err then
        return bad(head.err)
    end
    if head[5] then
        return first_use(log, head[5])
    end
    local offset = tonumber(head[1] or 0) + 1
    local at = math.max(sent_at, tonumber(head[2] or 0))
    local state_offset = tonumber(head[3] or 0)
    if expect ~= false and expect ~= state_offset then
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
    redis.call('HSET', state, 'o', o, 't', t, 'g', g, 'i', id, digest, o)
    if keys > 0 and offset > keys then
        forget_key(state, log, offset - keys)
    end
    local position = redis.call('XADD', feed, '0-*', 'c', channel, 'o', o)
    redis.call('SPUBLISH', live, cmsgpack.pack({ head[4] or '', offset, at, state_offset, packed }))
    return { NEW, offset, at, state_offset, tonumber(string.sub(position, 3)) }
end

-- KEYS: lease, feed of each partition, then state and log of each item.
-- ARGV: holder, milliseconds of the lease, number of feeds, packed items, each
--   {feed, channel, live, digest, id, packed, at, advances, expect or false, most entries or 0,
--    keys to remember or 0}.
-- Returns the packed results.
local function append(keys, args)
    local other = other_holder(keys[1], args[1], args[2])
    if other then
        return redis.error_reply('LEASE ' .. other)
    end
    local feeds = tonumber(args[3])
    for i = 2, feeds + 1 do
        local kind = redis.call('TYPE', keys[i]).ok
        if kind ~= 'stream' and kind ~= 'none' then
            return redis.error_reply('WRONGTYPE ' .. keys[i] .. ' is a ' .. kind)
        end
    end
    local results = {}
    for i, item in ipairs(cmsgpack.unpack(args[4])) do
        local feed = keys[1 + table.remove(item, 1)]
        results[i] = append_one(keys[feeds + 2 * i], keys[feeds + 2 * i + 1], feed, item)
    end
    return cmsgpack.pack(results)
end

-- KEYS: lease. ARGV: node, holder (node:incarnation), milliseconds, 1 to take over from an earlier
-- incarnation of the same node. Returns nil, or the other holder.
local function lease(keys, args)
    local current = redis.call('GET', keys[1])
    local node = args[1] .. ':'
    local ours = args[4] == '1' and current and string.sub(current, 1, #node) == node
    if current and current ~= args[2] and not ours then
        return current
    end
    redis.call('SET', keys[1], args[2], 'PX', args[3])
end

-- KEYS: lease. ARGV: holder.
local function release(keys, args)
    if redis.call('GET', keys[1]) == args[1] then
        redis.call('DEL', keys[1])
    end
end

-- KEYS: state and marks of each channel. ARGV: packed {{reader, offset} of a channel} of channels.
local function mark(keys, args)
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
        end
    end
end

-- KEYS: cursors, feed. ARGV: consumer, position. Trims the feed below every cursor.
local function move_cursor(keys, args)
    local position = tonumber(args[2])
    if position > tonumber(redis.call('HGET', keys[1], args[1]) or 0) then
        redis.call('HSET', keys[1], args[1], integer(position))
    end
    local lowest = position
    for _, cursor in ipairs(redis.call('HVALS', keys[1])) do
        lowest = math.min(lowest, tonumber(cursor))
    end
    redis.call('XTRIM', keys[2], 'MINID', '~', '0-' .. integer(lowest + 1))
end

redis.register_function('straks_v1_append', append)
redis.register_function('straks_v1_lease', lease)
redis.register_function('straks_v1_release', release)
redis.register_function('straks_v1_mark', mark)
redis.register_function('straks_v1_move_cursor', move_cursor)

-- Stores ratings. KEYS: prefix. ARGV: half-life, origin, then for each rating: member, movie, packed value.
-- An older version changes nothing; otherwise the statistics are updated by the difference.
local prefix, accepted, rated = KEYS[1], 0, 0
local half_life, origin = tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 3, #ARGV, 3 do
  local member, movie, new = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key = prefix .. 'ratings:' .. member
  local stars, version, at = struct.unpack('>Bi8i8', new)
  local old = redis.call('HGET', key, movie)
  local was, had, was_at = 0, -1, 0
  if old then was, had, was_at = struct.unpack('>Bi8i8', old) end
  if version > had then
    redis.call('HSET', key, movie, new)
    if not old then redis.call('SADD', prefix .. 'members', member) end
    accepted = accepted + 1
    local count, sum, squares, trending_score = 0, 0, 0, 0
    local row = redis.call('HGET', prefix .. 'statistics', movie)
    if row then count, sum, squares, trending_score = struct.unpack('>dddd', row) end
    if was > 0 then
      count, sum, squares = count - 1, sum - was, squares - was * was
      trending_score = trending_score - 2 ^ ((was_at - origin) / half_life)
      rated = rated - 1
    end
    if stars > 0 then
      count, sum, squares = count + 1, sum + stars, squares + stars * stars
      trending_score = trending_score + 2 ^ ((at - origin) / half_life)
      rated = rated + 1
    end
    if count > 0 then
      if trending_score < 0 then trending_score = 0 end
      redis.call('HSET', prefix .. 'statistics', movie, struct.pack('>dddd', count, sum, squares, trending_score))
    elseif row then
      redis.call('HDEL', prefix .. 'statistics', movie)
    end
  end
end
if accepted > 0 then redis.call('INCRBY', prefix .. 'changes', accepted) end
if rated ~= 0 then redis.call('INCRBY', prefix .. 'rated', rated) end
return accepted

-- Stores shelf entries. KEYS: prefix. ARGV: for each entry: member, movie, packed value. An older version changes
-- nothing.
local accepted = 0
for i = 1, #ARGV, 3 do
  local key, movie, new = KEYS[1] .. 'shelf:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local old = redis.call('HGET', key, movie)
  if not old or struct.unpack('>i8', new, 2) > struct.unpack('>i8', old, 2) then
    redis.call('HSET', key, movie, new)
    accepted = accepted + 1
  end
end
return accepted

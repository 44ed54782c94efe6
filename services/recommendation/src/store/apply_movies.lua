-- Takes movies' facts in. KEYS: prefix. ARGV: for each movie: id, version and facts. An older version changes nothing.
local key, accepted = KEYS[1] .. 'movies', 0
for i = 1, #ARGV, 2 do
  local old = redis.call('HGET', key, ARGV[i])
  if not old or struct.unpack('>i8', ARGV[i + 1]) > struct.unpack('>i8', old) then
    redis.call('HSET', key, ARGV[i], ARGV[i + 1])
    accepted = accepted + 1
  end
end
if accepted > 0 then redis.call('INCRBY', KEYS[1] .. 'movie-changes', accepted) end
return accepted

-- Stores the facts of movies. KEYS: prefix. ARGV: for each movie: id, version and facts. An older version changes
-- nothing. Of two values with one version the longer is kept, because an older release wrote fewer facts.
local key, accepted = KEYS[1] .. 'movies', 0
for i = 1, #ARGV, 2 do
  local old = redis.call('HGET', key, ARGV[i])
  local version, had = struct.unpack('>i8', ARGV[i + 1]), -1
  if old then had = struct.unpack('>i8', old) end
  if version > had or version == had and #ARGV[i + 1] > #old then
    redis.call('HSET', key, ARGV[i], ARGV[i + 1])
    accepted = accepted + 1
  end
end
if accepted > 0 then redis.call('INCRBY', KEYS[1] .. 'movie-changes', accepted) end
return accepted

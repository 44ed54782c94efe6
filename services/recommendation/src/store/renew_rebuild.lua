-- Extends the lock of a rebuild. KEYS: lock. ARGV: token, milliseconds. A lock that expired or was flushed is not taken
-- again.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0

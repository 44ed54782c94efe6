-- Keeps the lock while its holder lives. KEYS: lock. ARGV: token, milliseconds. A lock that is gone (expired, or flushed with
-- everything else) is not taken back.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0

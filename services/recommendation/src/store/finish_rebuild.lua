-- Marks the copy as complete. KEYS: prefix. ARGV: token, marker. Only a rebuild whose lock survived from beginning to end was
-- whole: a flush in between takes the lock with it.
if redis.call('GET', KEYS[1] .. 'rebuilding') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1] .. 'complete:2', ARGV[2])
redis.call('DEL', KEYS[1] .. 'rebuilding')
return 1

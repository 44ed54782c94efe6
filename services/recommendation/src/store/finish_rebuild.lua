-- Marks the copy as complete. KEYS: prefix. ARGV: token, marker. A rebuild is complete only if it held the lock
-- from beginning to end: a flush in between deletes the lock too.
if redis.call('GET', KEYS[1] .. 'rebuilding') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1] .. 'complete:2', ARGV[2])
redis.call('DEL', KEYS[1] .. 'rebuilding')
return 1

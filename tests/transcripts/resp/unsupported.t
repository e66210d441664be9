# Commands that Redis has and this backend lacks: a clear error, the connection stays.
--- daemon-only redis-server has them
--- memory-only a Redis store has them: passthrough.t

=== other types
>>> hset h f v
<<< -ERR command 'hset' is not supported by the 'inmemory' backend
>>> lpush l v
<<< -ERR command 'lpush' is not supported by the 'inmemory' backend
>>> sadd s v
<<< -ERR command 'sadd' is not supported by the 'inmemory' backend
>>> zadd z 1 v
<<< -ERR command 'zadd' is not supported by the 'inmemory' backend
>>> xadd x * f v
<<< -ERR command 'xadd' is not supported by the 'inmemory' backend
>>> PING
<<< +PONG

=== in a transaction they abort it
>>> MULTI
<<< +OK
>>> hset h f v
<<< -ERR command 'hset' is not supported by the 'inmemory' backend
>>> SET a 1
<<< +QUEUED
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.
>>> EXISTS a
<<< :0

# Commands that Redis has and this backend lacks: a clear error, the connection stays.
--- daemon-only redis-server has them
--- over memory,memcached,mongodb,dynamodb a Redis store has them: passthrough.t

=== other types
>>> hset h f v
<<< -ERR command 'hset' is not supported by the 'inmemory' backend
??? memcached <<< -ERR command 'hset' is not supported by the 'memcached' backend
??? mongodb <<< -ERR command 'hset' is not supported by the 'mongodb' backend
??? dynamodb <<< -ERR command 'hset' is not supported by the 'dynamodb' backend
>>> lpush l v
<<< -ERR command 'lpush' is not supported by the 'inmemory' backend
??? memcached <<< -ERR command 'lpush' is not supported by the 'memcached' backend
??? mongodb <<< -ERR command 'lpush' is not supported by the 'mongodb' backend
??? dynamodb <<< -ERR command 'lpush' is not supported by the 'dynamodb' backend
>>> sadd s v
<<< -ERR command 'sadd' is not supported by the 'inmemory' backend
??? memcached <<< -ERR command 'sadd' is not supported by the 'memcached' backend
??? mongodb <<< -ERR command 'sadd' is not supported by the 'mongodb' backend
??? dynamodb <<< -ERR command 'sadd' is not supported by the 'dynamodb' backend
>>> zadd z 1 v
<<< -ERR command 'zadd' is not supported by the 'inmemory' backend
??? memcached <<< -ERR command 'zadd' is not supported by the 'memcached' backend
??? mongodb <<< -ERR command 'zadd' is not supported by the 'mongodb' backend
??? dynamodb <<< -ERR command 'zadd' is not supported by the 'dynamodb' backend
>>> xadd x * f v
<<< -ERR command 'xadd' is not supported by the 'inmemory' backend
??? memcached <<< -ERR command 'xadd' is not supported by the 'memcached' backend
??? mongodb <<< -ERR command 'xadd' is not supported by the 'mongodb' backend
??? dynamodb <<< -ERR command 'xadd' is not supported by the 'dynamodb' backend
>>> PING
<<< +PONG

=== in a transaction they abort it
>>> MULTI
<<< +OK
>>> hset h f v
<<< -ERR command 'hset' is not supported by the 'inmemory' backend
??? memcached <<< -ERR command 'hset' is not supported by the 'memcached' backend
??? mongodb <<< -ERR command 'hset' is not supported by the 'mongodb' backend
??? dynamodb <<< -ERR command 'hset' is not supported by the 'dynamodb' backend
>>> SET a 1
<<< +QUEUED
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.
>>> EXISTS a
<<< :0

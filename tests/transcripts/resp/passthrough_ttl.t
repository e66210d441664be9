# With passthrough_ttl: default a key that a passed-on command makes gets ttl.default; one that is there keeps what it has.
--- over redis a store that speaks RESP has the other types
--- daemon-only redis-server has no default
--- option ttl.default=60
--- option passthrough_ttl=default

=== what is made gets the default, what is there keeps its own
>>> HSET h f v
<<< :1
>>> TTL h
<<< :60
>>> EXPIRE h 1000
<<< :1
>>> HSET h f w g x
<<< :1
>>> TTL h
<<< :1000
>>> PERSIST h
<<< :1
>>> HSET h i y
<<< :1
>>> TTL h
<<< :-1

=== a command that fails makes nothing
>>> SET s v EX 500
<<< +OK
>>> LPUSH s a
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
>>> TTL s
<<< :500
>>> HINCRBY h2 f abc
<<< -ERR value is not an integer or out of range
>>> EXISTS h2
<<< :0

=== reads ask for no key first
>>> HGET absent f
<<< $-1
>>> EXISTS absent
<<< :0

=== each key that a command makes, by its place
>>> RPUSH src a b c
<<< :3
>>> PERSIST src
<<< :1
>>> LMOVE src dst LEFT RIGHT
<<< $1
<<< a
>>> TTL dst
<<< :60
>>> TTL src
<<< :-1
>>> ZADD z 1 m
<<< :1
>>> PERSIST z
<<< :1
>>> ZRANGESTORE zr z 0 -1
<<< :1
>>> TTL zr
<<< :60
>>> TTL z
<<< :-1

=== in a transaction, too
>>> RPUSH old a
<<< :1
>>> PERSIST old
<<< :1
>>> MULTI
<<< +OK
>>> RPUSH new a
<<< +QUEUED
>>> RPUSH old b
<<< +QUEUED
>>> GET absent
<<< +QUEUED
>>> LPUSH new b c
<<< +QUEUED
>>> HGET h f
<<< +QUEUED
>>> EXEC
<<< *5
<<< :1
<<< :2
<<< $-1
<<< :3
<<< $-1
>>> TTL new
<<< :60
>>> TTL old
<<< :-1

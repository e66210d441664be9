# What a write through a script or in several steps leaves behind over a store: times to live, values and errors as from the server itself.
--- over redis,memcached the memory backend has no scripts and no steps
--- daemon-only redis-server has no policy
--- option ttl.default=60
--- option ttl.max=100

=== a new name lives no longer than ttl.max, and only where it was given
>>> SET src v EX 50
<<< +OK
>>> SET dst w EX 100
<<< +OK
>>> EXPIRE dst 20
<<< :1
>>> RENAMENX src dst
<<< :0
>>> TTL dst
<<< :20
>>> COPY src dst
<<< :0
>>> TTL dst
<<< :20
>>> RENAME none dst
<<< -ERR no such key
>>> TTL dst
<<< :20
>>> COPY src other
<<< :1
>>> TTL other
<<< :50
>>> COPY src dst REPLACE
<<< :1
>>> RENAME src again
<<< +OK
>>> GET again
<<< $1
<<< v
>>> RENAMENX again dst
<<< :0
>>> RENAMENX again once
<<< :1

=== KEEPTTL gives a new key the default, and an old one nothing
>>> SET k v KEEPTTL
<<< +OK
>>> TTL k
<<< :60
>>> EXPIRE k 10
<<< :1
>>> SET k w KEEPTTL GET
<<< $1
<<< v
>>> TTL k
<<< :10

=== KEEPTTL with GET of what is no string
--- over redis memcached has only strings
>>> LPUSH l a
<<< :1
>>> SET l v KEEPTTL GET
<<< -WRONGTYPE Operation against a key holding the wrong kind of value

=== CACHETTE CLEAR within a transaction
>>> MSET ns:a 1 ns:b 2 other:c 3
<<< +OK
>>> MULTI
<<< +OK
>>> CACHETTE CLEAR ns
<<< +QUEUED
>>> GET other:c
<<< +QUEUED
>>> EXEC
<<< *2
<<< :2
<<< $1
<<< 3

=== LCS of what is no string
--- uncompressed redis MGET, by which both are read, takes it for missing
--- over redis memcached has only strings
>>> LPUSH l a
<<< :1
>>> SET s abc
<<< +OK
>>> LCS l s
<<< -ERR The specified keys must contain string values
>>> LCS s none
<<< $0
<<<
>>> LCS s s LEN
<<< :3

=== a stream may be called BLOCK
--- over redis memcached has only strings
>>> XADD block 1-1 f v
<<< $3
<<< 1-1
>>> XREAD STREAMS block 1-1
<<< *-1
>>> XREAD BLOCK 1 STREAMS block 1-1
<<<~ -ERR command 'xread' is not passed on .*

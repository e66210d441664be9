# With passthrough_ttl: default a key that a passed-on command makes gets ttl.default; one that is there keeps what it has.
--- store-only a store that speaks RESP has the other types
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

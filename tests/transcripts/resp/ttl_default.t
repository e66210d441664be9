# The TTL policy: a write that names no TTL gets ttl.default, nothing else is touched without max.
--- daemon-only redis-server has no TTL policy
--- option ttl.default=1000

=== a plain SET gets the default
>>> SET k v
<<< +OK
>>> TTL k
<<<~ :(999|1000)
+++ cachetted_ttl_defaulted_total 1

=== so does every write that creates a key
>>> MSET a 1 b 2
<<< +OK
>>> SETNX c 3
<<< :1
>>> MSETNX d 4
<<< :1
>>> APPEND e x
<<< :1
>>> INCR f
<<< :1
>>> INCRBYFLOAT g 0.5
<<< $3
<<< 0.5
>>> SETRANGE h 1 x
<<< :2
>>> SETBIT i 1 1
<<< :0
>>> GETSET j v
<<< $-1
>>> SET l v NX GET
<<< $-1
>>> SET m v KEEPTTL
<<< +OK
>>> TTL a
<<<~ :(999|1000)
>>> TTL b
<<<~ :(999|1000)
>>> TTL c
<<<~ :(999|1000)
>>> TTL d
<<<~ :(999|1000)
>>> TTL e
<<<~ :(999|1000)
>>> TTL f
<<<~ :(999|1000)
>>> TTL g
<<<~ :(999|1000)
>>> TTL h
<<<~ :(999|1000)
>>> TTL i
<<<~ :(999|1000)
>>> TTL j
<<<~ :(999|1000)
>>> TTL l
<<<~ :(999|1000)
>>> TTL m
<<<~ :(999|1000)

=== writes that change a key keep what is left
>>> SET k 1 EXAT 2100000000
<<< +OK
>>> INCR k
<<< :2
>>> APPEND k 0
<<< :2
>>> SETRANGE k 0 3
<<< :2
>>> SETBIT k 0 0
<<< :0
>>> INCRBYFLOAT k 1
<<< $2
<<< 31
>>> SET k v KEEPTTL
<<< +OK
>>> EXPIRETIME k
<<< :2100000000

=== writes that replace a key get it anew
>>> SET k 1 EXAT 2100000000
<<< +OK
>>> SET k 2
<<< +OK
>>> TTL k
<<<~ :(999|1000)
>>> GETSET k 3
<<< $1
<<< 2
>>> TTL k
<<<~ :(999|1000)

=== a key without expiry keeps none when it is changed
>>> SET k 1
<<< +OK
>>> PERSIST k
<<< :1
>>> INCR k
<<< :2
>>> TTL k
<<< :-1
>>> SET k 5 KEEPTTL
<<< +OK
>>> TTL k
<<< :-1

=== a TTL that is named is taken as it is
>>> SET k v EX 5000
<<< +OK
>>> TTL k
<<<~ :(4999|5000)
>>> SET k v PXAT 2100000000123
<<< +OK
>>> PEXPIRETIME k
<<< :2100000000123
>>> EXPIRE k 1
<<< :1
>>> GETEX k EX 7000
<<< $1
<<< v
>>> TTL k
<<<~ :(6999|7000)
+++ cachetted_ttl_clamped_total 0

=== PERSIST takes the expiry away, without a max
>>> SET k v
<<< +OK
>>> PERSIST k
<<< :1
>>> TTL k
<<< :-1
>>> SET k v
<<< +OK
>>> GETEX k PERSIST
<<< $1
<<< v
>>> TTL k
<<< :-1

=== times that have passed delete
>>> SET k v
<<< +OK
>>> EXPIRE k 0
<<< :1
>>> SET k v EXAT 1
<<< +OK
>>> EXISTS k
<<< :0

=== RENAME and COPY carry the expiry along
>>> SET k v EXAT 2100000000
<<< +OK
>>> RENAME k l
<<< +OK
>>> COPY l m
<<< :1
>>> EXPIRETIME m
<<< :2100000000

=== inside a transaction too
>>> MULTI
<<< +OK
>>> SET k v
<<< +QUEUED
>>> TTL k
<<< +QUEUED
>>> EXEC
<<< *2
<<< +OK
<<<~ :(999|1000)

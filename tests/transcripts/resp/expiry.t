# EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT with NX XX GT LT, TTL, PTTL, EXPIRETIME, PEXPIRETIME, PERSIST.

=== no key and no expiry
>>> TTL absent
<<< :-2
>>> PTTL absent
<<< :-2
>>> EXPIRETIME absent
<<< :-2
>>> PEXPIRETIME absent
<<< :-2
>>> PERSIST absent
<<< :0
>>> EXPIRE absent 10
<<< :0
>>> SET k v
<<< +OK
>>> TTL k
<<< :-1
>>> PTTL k
<<< :-1
>>> EXPIRETIME k
<<< :-1
>>> PEXPIRETIME k
<<< :-1
>>> PERSIST k
<<< :0

=== set and read
>>> SET k v
<<< +OK
>>> EXPIRE k 100
<<< :1
>>> TTL k
<<< :100
>>> PEXPIRE k 200000
<<< :1
>>> TTL k
<<< :200
>>> EXPIREAT k 2100000000
<<< :1
>>> EXPIRETIME k
<<< :2100000000
>>> PEXPIRETIME k
<<< :2100000000000
>>> PEXPIREAT k 2100000000999
<<< :1
>>> EXPIRETIME k
<<< :2100000001
>>> PEXPIRETIME k
<<< :2100000000999
>>> PERSIST k
<<< :1
>>> PERSIST k
<<< :0
>>> TTL k
<<< :-1

=== zero, negative and past times delete
>>> MSET a 1 b 2 c 3 d 4 e 5 f 6
<<< +OK
>>> EXPIRE a 0
<<< :1
>>> EXPIRE b -1
<<< :1
>>> PEXPIRE c 0
<<< :1
>>> EXPIREAT d 1
<<< :1
>>> PEXPIREAT e 1
<<< :1
>>> EXPIREAT f -100
<<< :1
>>> EXISTS a b c d e f
<<< :0
>>> EXPIRE a 0
<<< :0

=== nx and xx
>>> SET k v
<<< +OK
>>> EXPIREAT k 2100000000 XX
<<< :0
>>> EXPIREAT k 2100000000 NX
<<< :1
>>> EXPIREAT k 2100000001 NX
<<< :0
>>> EXPIREAT k 2100000002 XX
<<< :1
>>> EXPIRETIME k
<<< :2100000002

=== gt and lt
>>> SET k v
<<< +OK
>>> EXPIREAT k 2100000000 GT
<<< :0
>>> EXPIREAT k 2100000000 LT
<<< :1
>>> EXPIREAT k 2099999000 GT
<<< :0
>>> EXPIREAT k 2100001000 GT
<<< :1
>>> EXPIREAT k 2100002000 LT
<<< :0
>>> EXPIREAT k 2099000000 lt
<<< :1
>>> EXPIREAT k 2098000000 XX LT
<<< :1
>>> EXPIREAT k 2098001000 XX GT
<<< :1
>>> EXPIRETIME k
<<< :2098001000
>>> EXPIREAT k 1 GT
<<< :0
>>> EXISTS k
<<< :1
>>> EXPIREAT k 1 LT
<<< :1
>>> EXISTS k
<<< :0
>>> EXPIREAT absent 2100000000 LT
<<< :0

=== gt and lt, to the second
--- over memory,redis,mongodb,dynamodb memcached's second is its own
>>> SET k v
<<< +OK
>>> EXPIREAT k 2100000000 GT
<<< :0
>>> EXPIREAT k 2100000000 LT
<<< :1
>>> EXPIREAT k 2099999999 GT
<<< :0
>>> EXPIREAT k 2100000000 GT
<<< :0
>>> EXPIREAT k 2100000001 GT
<<< :1
>>> EXPIREAT k 2100000002 LT
<<< :0
>>> EXPIREAT k 2099999900 lt
<<< :1
>>> EXPIREAT k 2099999800 XX LT
<<< :1
>>> EXPIREAT k 2099999801 XX GT
<<< :1
>>> EXPIRETIME k
<<< :2099999801
>>> EXPIREAT k 1 GT
<<< :0
>>> EXISTS k
<<< :1
>>> EXPIREAT k 1 LT
<<< :1
>>> EXISTS k
<<< :0
>>> EXPIREAT absent 2100000000 LT
<<< :0

=== refused
>>> SET k v
<<< +OK
>>> EXPIRE k
<<< -ERR wrong number of arguments for 'expire' command
>>> EXPIRE k abc
<<< -ERR value is not an integer or out of range
>>> EXPIRE k 1.5
<<< -ERR value is not an integer or out of range
>>> EXPIRE k ""
<<< -ERR value is not an integer or out of range
>>> EXPIRE k 9223372036854775807
<<< -ERR invalid expire time in 'expire' command
>>> EXPIRE k -9223372036854775808
<<< -ERR invalid expire time in 'expire' command
>>> EXPIRE k 9223372036854775808
<<< -ERR value is not an integer or out of range
>>> EXPIRE k 9223372036854775
<<< -ERR invalid expire time in 'expire' command
>>> PEXPIRE k 9223372036854775807
<<< -ERR invalid expire time in 'pexpire' command
>>> PEXPIRE k -9223372036854775808
<<< :1
>>> EXISTS k
<<< :0
>>> EXPIREAT k 9223372036854775807
<<< -ERR invalid expire time in 'expireat' command
>>> PEXPIREAT k 9223372036854775808
<<< -ERR value is not an integer or out of range
>>> EXPIRE k 10 FOO
<<< -ERR Unsupported option FOO
>>> EXPIRE k 10 NX XX
<<< -ERR NX and XX, GT or LT options at the same time are not compatible
>>> EXPIRE k 10 NX GT
<<< -ERR NX and XX, GT or LT options at the same time are not compatible
>>> EXPIRE k 10 GT LT
<<< -ERR GT and LT options at the same time are not compatible
>>> EXPIRE k 10 LT GT XX
<<< -ERR GT and LT options at the same time are not compatible
>>> EXPIRE k abc FOO
<<< -ERR Unsupported option FOO
>>> EXPIRE absent abc
<<< -ERR value is not an integer or out of range
>>> EXPIRE absent 10 NX XX
<<< -ERR NX and XX, GT or LT options at the same time are not compatible
>>> TTL
<<< -ERR wrong number of arguments for 'ttl' command
>>> TTL a b
<<< -ERR wrong number of arguments for 'ttl' command
>>> PTTL
<<< -ERR wrong number of arguments for 'pttl' command
>>> EXPIRETIME
<<< -ERR wrong number of arguments for 'expiretime' command
>>> PEXPIRETIME a b
<<< -ERR wrong number of arguments for 'pexpiretime' command
>>> PERSIST
<<< -ERR wrong number of arguments for 'persist' command
>>> EXPIREAT k
<<< -ERR wrong number of arguments for 'expireat' command
>>> PEXPIREAT k
<<< -ERR wrong number of arguments for 'pexpireat' command
>>> PEXPIRE k
<<< -ERR wrong number of arguments for 'pexpire' command

=== it expires
>>> SET k v PX 1
<<< +OK
!!! sleep 30
??? memcached !!! sleep 1100
>>> GET k
<<< $-1
>>> TTL k
<<< :-2
>>> EXISTS k
<<< :0
>>> SET k v
<<< +OK
>>> PEXPIRE k 1
<<< :1
!!! sleep 30
??? memcached !!! sleep 1100
>>> MGET k
<<< *1
<<< $-1
>>> SET k w NX
<<< +OK
>>> TTL k
<<< :-1
>>> SET n 5 PX 1
<<< +OK
!!! sleep 30
??? memcached !!! sleep 1100
>>> INCR n
<<< :1
>>> TTL n
<<< :-1
>>> SET a x PX 1
<<< +OK
!!! sleep 30
??? memcached !!! sleep 1100
>>> APPEND a y
<<< :1
>>> TTL a
<<< :-1
>>> SET r v PX 1
<<< +OK
!!! sleep 30
??? memcached !!! sleep 1100
>>> RENAME r s
<<< -ERR no such key
>>> DEL r
<<< :0
>>> KEYS r
<<< *0

=== ttl rounds to the nearest second
>>> SET k v PX 100900
<<< +OK
>>> TTL k
<<< :101
>>> SET k v PX 100200
<<< +OK
>>> TTL k
<<< :100
??? memcached <<<~ :10[01]

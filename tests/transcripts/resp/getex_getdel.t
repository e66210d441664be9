# GETEX and GETDEL.

=== getdel
>>> SET k v
<<< +OK
>>> GETDEL k
<<< $1
<<< v
>>> GETDEL k
<<< $-1
>>> EXISTS k
<<< :0
>>> GETDEL
<<< -ERR wrong number of arguments for 'getdel' command
>>> GETDEL a b
<<< -ERR wrong number of arguments for 'getdel' command

=== getex reads
>>> GETEX k
<<< $-1
>>> SET k v
<<< +OK
>>> GETEX k
<<< $1
<<< v
>>> EXPIRETIME k
<<< :-1

=== getex sets and removes the expiry
>>> SET k v
<<< +OK
>>> GETEX k EXAT 2100000000
<<< $1
<<< v
>>> EXPIRETIME k
<<< :2100000000
>>> GETEX k
<<< $1
<<< v
>>> EXPIRETIME k
<<< :2100000000
>>> GETEX k PXAT 2100000000123
<<< $1
<<< v
>>> PEXPIRETIME k
<<< :2100000000123
>>> GETEX k PERSIST
<<< $1
<<< v
>>> PEXPIRETIME k
<<< :-1
>>> GETEX k EX 100
<<< $1
<<< v
>>> TTL k
<<< :100
>>> GETEX k PX 100000
<<< $1
<<< v
>>> TTL k
<<< :100
>>> GETEX k EXAT 1
<<< $1
<<< v
>>> EXISTS k
<<< :0

=== getex refuses
>>> SET k v
<<< +OK
>>> GETEX
<<< -ERR wrong number of arguments for 'getex' command
>>> GETEX k EX
<<< -ERR syntax error
>>> GETEX k EX 0
<<< -ERR invalid expire time in 'getex' command
>>> GETEX k EX -1
<<< -ERR invalid expire time in 'getex' command
>>> GETEX k PX abc
<<< -ERR value is not an integer or out of range
>>> GETEX k EX 10 PX 10
<<< -ERR syntax error
>>> GETEX k EX 10 PERSIST
<<< -ERR syntax error
>>> GETEX k PERSIST EX 10
<<< -ERR syntax error
>>> GETEX k PERSIST PERSIST
<<< $1
<<< v
>>> GETEX k NX
<<< -ERR syntax error
>>> GETEX k KEEPTTL
<<< -ERR syntax error
>>> GETEX k EX 9223372036854775807
<<< -ERR invalid expire time in 'getex' command
>>> GETEX k FOO
<<< -ERR syntax error
>>> GETEX absent EX 0
<<< $-1
>>> GETEX absent EX abc
<<< $-1
>>> EXPIRETIME k
<<< :-1

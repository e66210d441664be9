# SET with EX PX EXAT PXAT NX XX GET KEEPTTL, good and bad.

=== nx and xx
>>> SET k v XX
<<< $-1
>>> SET k v NX
<<< +OK
>>> SET k w NX
<<< $-1
>>> SET k w XX
<<< +OK
>>> GET k
<<< $1
<<< w

=== get returns the old value
>>> SET k one GET
<<< $-1
>>> SET k two GET
<<< $3
<<< one
>>> SET k three NX GET
<<< $3
<<< two
>>> SET k four XX GET
<<< $3
<<< two
>>> GET k
<<< $4
<<< four
>>> SET absent v XX GET
<<< $-1
>>> EXISTS absent
<<< :0

=== expiry options
>>> SET k v EX 100
<<< +OK
>>> TTL k
<<< :100
>>> SET k v PX 100000
<<< +OK
>>> TTL k
<<< :100
>>> SET k v EXAT 2100000000
<<< +OK
>>> EXPIRETIME k
<<< :2100000000
>>> PEXPIRETIME k
<<< :2100000000000
>>> SET k v PXAT 2100000000123
<<< +OK
>>> PEXPIRETIME k
<<< :2100000000123
>>> SET k w KEEPTTL
<<< +OK
>>> PEXPIRETIME k
<<< :2100000000123
>>> SET n w KEEPTTL
<<< +OK
>>> PEXPIRETIME n
<<< :-1

=== options in any order and any case
>>> SET k v exat 2100000000 nx
<<< +OK
>>> SET k w gEt kEEPttl xX
<<< $1
<<< v
>>> EXPIRETIME k
<<< :2100000000
>>> SET k x GET EXAT 2100000001 XX
<<< $1
<<< w
>>> EXPIRETIME k
<<< :2100000001

=== a time in the past deletes
>>> SET k v
<<< +OK
>>> SET k w EXAT 1
<<< +OK
>>> GET k
<<< $-1
>>> EXISTS k
<<< :0
>>> SET k w PXAT 1
<<< +OK
>>> EXISTS k
<<< :0

=== nx that does not store leaves the expiry
>>> SET k v EXAT 2100000000
<<< +OK
>>> SET k w NX EX 10
<<< $-1
>>> EXPIRETIME k
<<< :2100000000
>>> GET k
<<< $1
<<< v

=== combinations that are refused
>>> SET k v NX XX
<<< -ERR syntax error
>>> SET k v EX 10 PX 10
<<< -ERR syntax error
>>> SET k v EX 10 KEEPTTL
<<< -ERR syntax error
>>> SET k v KEEPTTL EX 10
<<< -ERR syntax error
>>> SET k v EXAT 10 PXAT 10
<<< -ERR syntax error
>>> SET k v EX
<<< -ERR syntax error
>>> SET k v EX 10 EX
<<< -ERR syntax error
>>> SET k v FOO
<<< -ERR syntax error
>>> SET k v NX FOO
<<< -ERR syntax error
>>> SET k v GET GET
<<< $-1
>>> SET k v PERSIST
<<< -ERR syntax error
>>> EXISTS k
<<< :1

=== times that are refused
>>> SET k v EX 0
<<< -ERR invalid expire time in 'set' command
>>> SET k v EX -1
<<< -ERR invalid expire time in 'set' command
>>> SET k v PX 0
<<< -ERR invalid expire time in 'set' command
>>> SET k v PX -9223372036854775808
<<< -ERR invalid expire time in 'set' command
>>> SET k v EXAT 0
<<< -ERR invalid expire time in 'set' command
>>> SET k v EXAT -1
<<< -ERR invalid expire time in 'set' command
>>> SET k v PXAT 0
<<< -ERR invalid expire time in 'set' command
>>> SET k v EX abc
<<< -ERR value is not an integer or out of range
>>> SET k v EX ""
<<< -ERR value is not an integer or out of range
>>> SET k v EX 1.5
<<< -ERR value is not an integer or out of range
>>> SET k v EX " 5"
<<< -ERR value is not an integer or out of range
>>> SET k v EX +5
<<< -ERR value is not an integer or out of range
>>> SET k v EX 05
<<< -ERR value is not an integer or out of range
>>> SET k v EX 9223372036854775807
<<< -ERR invalid expire time in 'set' command
>>> SET k v EX 9223372036854776
<<< -ERR invalid expire time in 'set' command
>>> SET k v EX 9223372036854775808
<<< -ERR value is not an integer or out of range
>>> SET k v EX 99999999999999999999999
<<< -ERR value is not an integer or out of range
>>> SET k v PX 9223372036854775807
<<< -ERR invalid expire time in 'set' command
>>> SET k v EXAT 9223372036854775807
<<< -ERR invalid expire time in 'set' command
>>> SET k v EXAT 9223372036854775
<<< +OK
>>> EXPIRETIME k
<<< :9223372036854775
>>> SET k2 v PXAT 9223372036854775807
<<< +OK
>>> PEXPIRETIME k2
<<< :9223372036854775807

=== an error stores nothing and keeps the old value
>>> SET k old
<<< +OK
>>> SET k new EX 0
<<< -ERR invalid expire time in 'set' command
>>> SET k new NX XX
<<< -ERR syntax error
>>> GET k
<<< $3
<<< old

# SETBIT, GETBIT, BITCOUNT, BITPOS.

=== set and get
>>> SETBIT b 7 1
<<< :0
>>> SETBIT b 7 1
<<< :1
>>> SETBIT b 7 0
<<< :1
>>> GETBIT b 7
<<< :0
>>> SETBIT b 100 1
<<< :0
>>> GETBIT b 100
<<< :1
>>> GETBIT b 101
<<< :0
>>> GETBIT b 100000
<<< :0
>>> STRLEN b
<<< :13
>>> GET b
<<< $13
<<< \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08
>>> GETBIT absent 0
<<< :0
>>> SETBIT z 20 0
<<< :0
>>> GET z
<<< $3
<<< \x00\x00\x00

=== set keeps the expiry
>>> SET b a EXAT 2100000000
<<< +OK
>>> SETBIT b 1 0
<<< :1
>>> GET b
<<< $1
<<< !
>>> EXPIRETIME b
<<< :2100000000

=== set and get refuse
>>> SETBIT b -1 1
<<< -ERR bit offset is not an integer or out of range
>>> SETBIT b abc 1
<<< -ERR bit offset is not an integer or out of range
>>> SETBIT b 4294967296 1
<<< -ERR bit offset is not an integer or out of range
>>> SETBIT b 34359738368 1
<<< -ERR bit offset is not an integer or out of range
>>> SETBIT b 0 2
<<< -ERR bit is not an integer or out of range
>>> SETBIT b 0 -1
<<< -ERR bit is not an integer or out of range
>>> SETBIT b 0 abc
<<< -ERR bit is not an integer or out of range
>>> SETBIT b 0
<<< -ERR wrong number of arguments for 'setbit' command
>>> GETBIT b -1
<<< -ERR bit offset is not an integer or out of range
>>> GETBIT b abc
<<< -ERR bit offset is not an integer or out of range
>>> GETBIT b 4294967296
<<< -ERR bit offset is not an integer or out of range
>>> GETBIT b
<<< -ERR wrong number of arguments for 'getbit' command
>>> EXISTS b
<<< :0

=== bitcount
>>> SET b foobar
<<< +OK
>>> BITCOUNT b
<<< :26
>>> BITCOUNT b 0 0
<<< :4
>>> BITCOUNT b 1 1
<<< :6
>>> BITCOUNT b 0 -1
<<< :26
>>> BITCOUNT b -2 -1
<<< :7
>>> BITCOUNT b 5 30 BIT
<<< :17
>>> BITCOUNT b 5 30 bit
<<< :17
>>> BITCOUNT b 1 1 BYTE
<<< :6
>>> BITCOUNT b -10 -5 BIT
<<< :4
>>> BITCOUNT b 3 2
<<< :0
>>> BITCOUNT b -1 -3
<<< :0
>>> BITCOUNT b 100 200
<<< :0
>>> BITCOUNT b -100 -90
<<< :4
>>> BITCOUNT b -100 100
<<< :26
>>> BITCOUNT absent
<<< :0
>>> BITCOUNT absent 0 -1
<<< :0

=== bitcount refuses
>>> BITCOUNT
<<< -ERR wrong number of arguments for 'bitcount' command
>>> BITCOUNT b 0
<<< :0
>>> BITCOUNT absent 0
<<< :0
>>> BITCOUNT b a 1
<<< :0
>>> BITCOUNT b 0 a
<<< :0
>>> BITCOUNT b 0 1 FOO
<<< :0
>>> BITCOUNT b 0 1 BIT x
<<< :0
>>> SET b foobar
<<< +OK
>>> BITCOUNT b 0
<<< -ERR syntax error
>>> BITCOUNT b a 1
<<< -ERR value is not an integer or out of range
>>> BITCOUNT b 0 1 FOO
<<< -ERR syntax error
>>> BITCOUNT b 0 1 BIT x
<<< -ERR syntax error

=== bitpos
>>> SET b "\xff\xf0\x00"
<<< +OK
>>> BITPOS b 0
<<< :12
>>> BITPOS b 1
<<< :0
>>> BITPOS b 1 2
<<< :-1
>>> BITPOS b 1 2 -1
<<< :-1
>>> BITPOS b 0 0
<<< :12
>>> BITPOS b 0 0 0
<<< :-1
>>> BITPOS b 0 0 -1
<<< :12
>>> BITPOS b 1 0 -1 BYTE
<<< :0
>>> BITPOS b 0 0 11 BIT
<<< :-1
>>> BITPOS b 1 7 15 BIT
<<< :7
>>> BITPOS b 0 -12 -1 BIT
<<< :12
>>> BITPOS b 1 5 2
<<< :-1
>>> BITPOS b 1 100
<<< :-1
>>> SET b "\xff\xff"
<<< +OK
>>> BITPOS b 0
<<< :16
>>> BITPOS b 0 0
<<< :16
>>> BITPOS b 0 1
<<< :16
>>> BITPOS b 0 0 -1
<<< :-1
>>> BITPOS b 0 0 -1 BIT
<<< :-1
>>> SET b "\x00\x00"
<<< +OK
>>> BITPOS b 1
<<< :-1
>>> BITPOS b 1 0 -1
<<< :-1
>>> BITPOS absent 0
<<< :0
>>> BITPOS absent 1
<<< :-1
>>> BITPOS absent 0 0 -1
<<< :0
>>> SET e ""
<<< +OK
>>> BITPOS e 0
<<< :-1
>>> BITPOS e 1
<<< :-1

=== bitpos refuses
>>> BITPOS b
<<< -ERR wrong number of arguments for 'bitpos' command
>>> BITPOS b 2
<<< -ERR The bit argument must be 1 or 0.
>>> BITPOS b -1
<<< -ERR The bit argument must be 1 or 0.
>>> BITPOS b abc
<<< -ERR value is not an integer or out of range
>>> BITPOS b 1 abc
<<< :-1
>>> BITPOS b 1 0 abc
<<< :-1
>>> SET b x
<<< +OK
>>> BITPOS b 1 abc
<<< -ERR value is not an integer or out of range
>>> BITPOS b 1 0 abc
<<< -ERR value is not an integer or out of range
>>> BITPOS b 1 0 1 FOO
<<< -ERR syntax error
>>> BITPOS b 1 0 1 BIT x
<<< -ERR syntax error
>>> BITPOS b 1 BIT
<<< -ERR value is not an integer or out of range

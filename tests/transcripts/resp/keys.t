# RENAME, RENAMENX, COPY, TYPE, RANDOMKEY, KEYS, SCAN.

=== rename
>>> SET a 1 EXAT 2100000000
<<< +OK
>>> SET b 2
<<< +OK
>>> RENAME a b
<<< +OK
>>> GET b
<<< $1
<<< 1
>>> EXPIRETIME b
<<< :2100000000
>>> EXISTS a
<<< :0
>>> RENAME a c
<<< -ERR no such key
>>> RENAME b b
<<< +OK
>>> RENAME absent absent
<<< -ERR no such key
>>> RENAME a
<<< -ERR wrong number of arguments for 'rename' command

=== renamenx
>>> MSET a 1 b 2
<<< +OK
>>> RENAMENX a b
<<< :0
>>> RENAMENX a c
<<< :1
>>> RENAMENX a d
<<< -ERR no such key
>>> RENAMENX c c
<<< :0
>>> GET c
<<< $1
<<< 1
>>> RENAMENX a
<<< -ERR wrong number of arguments for 'renamenx' command

=== copy
>>> SET a 1 EXAT 2100000000
<<< +OK
>>> COPY a b
<<< :1
>>> EXPIRETIME b
<<< :2100000000
>>> COPY a b
<<< :0
>>> SET a 2
<<< +OK
>>> COPY a b REPLACE
<<< :1
>>> GET b
<<< $1
<<< 2
>>> EXPIRETIME b
<<< :-1
>>> COPY absent x
<<< :0
>>> COPY a a
<<< -ERR source and destination objects are the same
>>> COPY a a REPLACE
<<< -ERR source and destination objects are the same
>>> COPY a a DB 0
<<< -ERR source and destination objects are the same
>>> COPY a b DB 16
<<< -ERR DB index is out of range
>>> COPY a b DB -1
<<< -ERR DB index is out of range
>>> COPY a b DB abc
<<< -ERR value is not an integer or out of range
>>> COPY a b DB
<<< -ERR syntax error
>>> COPY a b FOO
<<< -ERR syntax error
>>> COPY a
<<< -ERR wrong number of arguments for 'copy' command

=== copy to another database
--- over memory,redis memcached has but one
>>> SET a 2
<<< +OK
>>> COPY a a DB 1
<<< :1
>>> COPY a b DB 1 REPLACE
<<< :1
>>> COPY a b REPLACE DB 1
<<< :1
>>> COPY a b DB 1
<<< :0
>>> SELECT 1
<<< +OK
>>> GET a
<<< $1
<<< 2
>>> GET b
<<< $1
<<< 2

=== type
>>> SET k v
<<< +OK
>>> TYPE k
<<< +string
>>> TYPE absent
<<< +none
>>> TYPE
<<< -ERR wrong number of arguments for 'type' command

=== randomkey
>>> RANDOMKEY
<<< $-1
>>> SET only v
<<< +OK
>>> RANDOMKEY
<<< $4
<<< only
>>> RANDOMKEY x
<<< -ERR wrong number of arguments for 'randomkey' command

=== keys
>>> KEYS *
<<< *0
>>> MSET one 1 two 2 three 3 four 4 "s[x]" 5 "a*b" 6
<<< +OK
>>> KEYS *
<<<unordered
<<< *6
<<< $3
<<< one
<<< $3
<<< two
<<< $5
<<< three
<<< $4
<<< four
<<< $4
<<< s[x]
<<< $3
<<< a*b
>>> KEYS t*
<<<unordered
<<< *2
<<< $3
<<< two
<<< $5
<<< three
>>> KEYS t?o
<<< *1
<<< $3
<<< two
>>> KEYS t??
<<< *1
<<< $3
<<< two
>>> KEYS [of]*
<<<unordered
<<< *2
<<< $3
<<< one
<<< $4
<<< four
>>> KEYS [^of]*e
<<< *1
<<< $5
<<< three
>>> KEYS t[a-hw]o
<<< *1
<<< $3
<<< two
>>> KEYS s\\[x]
<<< *1
<<< $4
<<< s[x]
>>> KEYS a\\*b
<<< *1
<<< $3
<<< a*b
>>> KEYS nothing*
<<< *0
>>> KEYS ""
<<< *0
>>> KEYS "t[w"
<<< *0
>>> KEYS
<<< -ERR wrong number of arguments for 'keys' command
>>> KEYS a b
<<< -ERR wrong number of arguments for 'keys' command

=== the empty key is one
--- over memory,redis,mongodb memcached and DynamoDB have none
>>> MSET "" 1 a 2
<<< +OK
>>> KEYS *
<<<unordered
<<< *2
<<< $1
<<< a
<<< $0
<<<
>>> KEYS ""
<<< *1
<<< $0
<<<

=== scan from 0 to 0 sees each key
>>> SET a 1
<<< +OK
>>> SCAN 0
<<< *2
<<< $1
<<< 0
<<< *1
<<< $1
<<< a
>>> SCAN 0 MATCH a COUNT 100 TYPE string
<<< *2
<<< $1
<<< 0
<<< *1
<<< $1
<<< a
>>> SCAN 0 MATCH b
<<< *2
<<< $1
<<< 0
<<< *0
>>> SCAN 0 TYPE hash
<<< *2
<<< $1
<<< 0
<<< *0
>>> SCAN 0 TYPE nothing
<<<~~ \*2\r\n\$1\r\n0\r\n\*0\r\n|-ERR unknown type name 'nothing'\r\n
>>> SCAN 0 COUNT 1000 MATCH *
<<< *2
<<< $1
<<< 0
<<< *1
<<< $1
<<< a

=== scan refuses
>>> SCAN
<<< -ERR wrong number of arguments for 'scan' command
>>> SCAN abc
<<< -ERR invalid cursor
>>> SCAN -1
<<< *2
<<< $1
<<< 0
<<< *0
>>> SCAN 18446744073709551616
<<< -ERR invalid cursor
>>> SCAN " 0"
<<< -ERR invalid cursor
>>> SCAN 0 COUNT
<<< -ERR syntax error
>>> SCAN 0 COUNT 0
<<< -ERR syntax error
>>> SCAN 0 COUNT -1
<<< -ERR syntax error
>>> SCAN 0 COUNT abc
<<< -ERR value is not an integer or out of range
>>> SCAN 0 FOO
<<< -ERR syntax error
>>> SCAN 0 MATCH
<<< -ERR syntax error
>>> SCAN 0 FOO bar
<<< -ERR syntax error
>>> SCAN 0 COUNT 10 MATCH
<<< -ERR syntax error

=== keys and scan do not show what has expired
>>> SET a 1 PX 1
<<< +OK
>>> SET b 2
<<< +OK
!!! sleep 30
??? memcached !!! sleep 2200
>>> KEYS *
<<< *1
<<< $1
<<< b
>>> SCAN 0
<<< *2
<<< $1
<<< 0
<<< *1
<<< $1
<<< b

=== an empty cursor is 0
>>> SET a 1
<<< +OK
>>> SCAN ""
<<< *2
<<< $1
<<< 0
<<< *1
<<< $1
<<< a
>>> SCAN 00
<<< *2
<<< $1
<<< 0
<<< *1
<<< $1
<<< a

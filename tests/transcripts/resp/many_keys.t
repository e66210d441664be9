# MGET, MSET, MSETNX, DEL, UNLINK, EXISTS, TOUCH.

=== mset and mget
>>> MSET a 1 b 2 c 3
<<< +OK
>>> MGET a b c
<<< *3
<<< $1
<<< 1
<<< $1
<<< 2
<<< $1
<<< 3
>>> MGET a absent c a
<<< *4
<<< $1
<<< 1
<<< $-1
<<< $1
<<< 3
<<< $1
<<< 1
>>> MGET absent
<<< *1
<<< $-1
>>> MSET a 1 a 2
<<< +OK
>>> GET a
<<< $1
<<< 2
>>> MSET a ""
<<< +OK
>>> MGET a
<<< *1
<<< $0
<<<

=== the empty key is one
--- over memory,redis,mongodb memcached and DynamoDB have none
>>> MSET a "" "" b
<<< +OK
>>> MGET a ""
<<< *2
<<< $0
<<<
<<< $1
<<< b

=== msetnx
>>> MSETNX a 1 b 2
<<< :1
>>> MSETNX b 3 c 4
<<< :0
>>> MGET a b c
<<< *3
<<< $1
<<< 1
<<< $1
<<< 2
<<< $-1
>>> MSETNX d 1 d 2
<<< :1
>>> GET d
<<< $1
<<< 2

=== mset drops expiries
>>> SET a 1 EXAT 2100000000
<<< +OK
>>> MSET a 2
<<< +OK
>>> EXPIRETIME a
<<< :-1

=== del, unlink, exists, touch
>>> MSET a 1 b 2 c 3 d 4
<<< +OK
>>> EXISTS a b absent a
<<< :3
>>> TOUCH a b absent a
<<< :3
>>> DEL a absent a
<<< :1
>>> UNLINK b c absent
<<< :2
>>> EXISTS a b c d
<<< :1
>>> DEL d d
<<< :1

=== wrong arity
>>> MGET
<<< -ERR wrong number of arguments for 'mget' command
>>> MSET
<<< -ERR wrong number of arguments for 'mset' command
>>> MSET a
<<< -ERR wrong number of arguments for 'mset' command
>>> MSET a 1 b
<<< -ERR wrong number of arguments for 'mset' command
>>> MSETNX a
<<< -ERR wrong number of arguments for 'msetnx' command
>>> MSETNX a 1 b
<<< -ERR wrong number of arguments for 'msetnx' command
>>> DEL
<<< -ERR wrong number of arguments for 'del' command
>>> UNLINK
<<< -ERR wrong number of arguments for 'unlink' command
>>> EXISTS
<<< -ERR wrong number of arguments for 'exists' command
>>> TOUCH
<<< -ERR wrong number of arguments for 'touch' command
>>> EXISTS a b
<<< :0

=== mget of 500 keys keeps order
>>> MSET k1 v1 k2 v2
<<< +OK
>>>raw "*501\r\n$4\r\nMGET\r\n{{$2\r\nk1\r\n*250}}{{$2\r\nk2\r\n*250}}"
<<<raw "*500\r\n{{$2\r\nv1\r\n*250}}{{$2\r\nv2\r\n*250}}"

# GET, SET without options, SETNX, GETSET, SETEX, PSETEX, APPEND, STRLEN.

=== set and get
>>> SET greeting hello
<<< +OK
>>> GET greeting
<<< $5
<<< hello
>>> GET absent
<<< $-1
>>> SET greeting "other words"
<<< +OK
>>> GET greeting
<<< $11
<<< other words

=== names of commands take any case
>>> sEt k v
<<< +OK
>>> gET k
<<< $1
<<< v

=== empty value
>>> SET k ""
<<< +OK
>>> GET k
<<< $0
<<<
>>> STRLEN k
<<< :0

=== empty key and empty value
--- over memory,redis,mongodb memcached and DynamoDB have no empty key
>>> SET "" ""
<<< +OK
>>> GET ""
<<< $0
<<< 
>>> EXISTS ""
<<< :1
>>> STRLEN ""
<<< :0
>>> DEL ""
<<< :1

=== binary key and value
--- over memory,redis,memcached,mongodb a key of DynamoDB is UTF-8
>>> SET "k\x00\r\n\xff" "v\x00\r\n$5\r\n\xfe"
<<< +OK
>>> GET "k\x00\r\n\xff"
<<< $9
<<< v\x00
<<< $5
<<< \xfe
>>> OBJECT ENCODING "k\x00\r\n\xff"
<<< $6
<<< embstr
>>> APPEND "k\x00\r\n\xff" "\x00"
<<< :10
>>> MEMORY USAGE "k\x00\r\n\xff"
<<<~ :[1-9]\d+
>>> STRLEN "k\x00\r\n\xff"
<<< :10

=== a value of 100000 bytes
>>> SET big {{x*100000}}
<<< +OK
>>> STRLEN big
<<< :100000
>>> GET big
<<< $100000
<<< {{x*100000}}

=== wrong arity
>>> GET
<<< -ERR wrong number of arguments for 'get' command
>>> GET a b
<<< -ERR wrong number of arguments for 'get' command
>>> SET
<<< -ERR wrong number of arguments for 'set' command
>>> SET k
<<< -ERR wrong number of arguments for 'set' command
>>> SETNX k
<<< -ERR wrong number of arguments for 'setnx' command
>>> SETNX k v w
<<< -ERR wrong number of arguments for 'setnx' command
>>> GETSET k
<<< -ERR wrong number of arguments for 'getset' command
>>> SETEX k 1
<<< -ERR wrong number of arguments for 'setex' command
>>> PSETEX k 1 v w
<<< -ERR wrong number of arguments for 'psetex' command
>>> APPEND k
<<< -ERR wrong number of arguments for 'append' command
>>> STRLEN
<<< -ERR wrong number of arguments for 'strlen' command
>>> STRLEN a b
<<< -ERR wrong number of arguments for 'strlen' command

=== setnx
>>> SETNX k one
<<< :1
>>> SETNX k two
<<< :0
>>> GET k
<<< $3
<<< one

=== getset
>>> GETSET k one
<<< $-1
>>> GETSET k two
<<< $3
<<< one
>>> GET k
<<< $3
<<< two
>>> EXPIREAT k 2100000000
<<< :1
>>> GETSET k three
<<< $3
<<< two
>>> EXPIRETIME k
<<< :-1

=== setex and psetex
>>> SETEX k 100 v
<<< +OK
>>> TTL k
<<< :100
>>> PSETEX k 100000 w
<<< +OK
>>> TTL k
<<< :100
>>> GET k
<<< $1
<<< w
>>> SETEX k 0 v
<<< -ERR invalid expire time in 'setex' command
>>> SETEX k -1 v
<<< -ERR invalid expire time in 'setex' command
>>> SETEX k abc v
<<< -ERR value is not an integer or out of range
>>> SETEX k 9223372036854775807 v
<<< -ERR invalid expire time in 'setex' command
>>> SETEX k 9223372036854775808 v
<<< -ERR value is not an integer or out of range
>>> PSETEX k 0 v
<<< -ERR invalid expire time in 'psetex' command
>>> PSETEX k -5 v
<<< -ERR invalid expire time in 'psetex' command
>>> PSETEX k 1.5 v
<<< -ERR value is not an integer or out of range
>>> PSETEX k 9223372036854775807 v
<<< -ERR invalid expire time in 'psetex' command
>>> GET k
<<< $1
<<< w

=== append
>>> APPEND k ab
<<< :2
>>> APPEND k ""
<<< :2
>>> APPEND k cd
<<< :4
>>> GET k
<<< $4
<<< abcd
>>> APPEND n ""
<<< :0
>>> EXISTS n
<<< :1
>>> GET n
<<< $0
<<< 
>>> SET i 12
<<< +OK
>>> APPEND i 3
<<< :3
>>> INCR i
<<< :124

=== append keeps the expiry
>>> SET k a EXAT 2100000000
<<< +OK
>>> APPEND k b
<<< :2
>>> EXPIRETIME k
<<< :2100000000

=== set drops the expiry
>>> SET k a EXAT 2100000000
<<< +OK
>>> SET k b
<<< +OK
>>> EXPIRETIME k
<<< :-1

# One keyspace: what is written through one port is read, counted, timed and deleted through the other.
--- daemon-only memcached speaks no RESP

=== set here, read there
>>> set k 0 0 5
>>> hello
<<< STORED
>>>[resp] GET k
<<<[resp] $5
<<<[resp] hello
>>>[resp] SET k world
<<<[resp] +OK
>>> get k
<<< VALUE k 0 5
<<< world
<<< END
>>> mg k v f t s
<<< VA 5 f0 t-1 s5
<<< world

=== any bytes
>>>raw "set k 0 0 6\r\n\r\n\x00\xff\r\n\r\n"
<<< STORED
>>>[resp] GET k
<<<[resp]raw "$6\r\n\r\n\x00\xff\r\n\r\n"
>>>[resp] SET k "a\r\n\x00b"
<<<[resp] +OK
>>> get k
<<<raw "VALUE k 0 5\r\na\r\n\x00b\r\nEND\r\n"

=== several keys in one request
>>> set a 1 0 1
>>> 1
<<< STORED
>>>[resp] MSET b 2 c 3
<<<[resp] +OK
>>> get a b c d
<<< VALUE a 1 1
<<< 1
<<< VALUE b 0 1
<<< 2
<<< VALUE c 0 1
<<< 3
<<< END
>>>[resp] MGET a b c d
<<<[resp] *4
<<<[resp] $1
<<<[resp] 1
<<<[resp] $1
<<<[resp] 2
<<<[resp] $1
<<<[resp] 3
<<<[resp] $-1

=== deleted there, gone here
>>> set a 0 0 1
>>> 1
<<< STORED
>>>[resp] DEL a
<<<[resp] :1
>>> get a
<<< END
>>>[resp] SET a 1
<<<[resp] +OK
>>> delete a
<<< DELETED
>>>[resp] EXISTS a
<<<[resp] :0
>>>[resp] SET a 1
<<<[resp] +OK
>>> md a
<<< HD
>>>[resp] EXISTS a
<<<[resp] :0

=== add and replace, NX and XX
>>> set a 0 0 1
>>> 1
<<< STORED
>>>[resp] SET a 2 NX
<<<[resp] $-1
>>>[resp] SET a 2 XX
<<<[resp] +OK
>>> add a 0 0 1
>>> 3
<<< NOT_STORED
>>> replace a 0 0 1
>>> 3
<<< STORED
>>>[resp] GET a
<<<[resp] $1
<<<[resp] 3
>>>[resp] SET b 1 NX
<<<[resp] +OK
>>> ms b 1 ME
>>> 2
<<< NS

=== times set here
>>> set k 0 100 1
>>> a
<<< STORED
>>>[resp] TTL k
<<<[resp]~ :(100|99)
>>> touch k 200
<<< TOUCHED
>>>[resp] TTL k
<<<[resp]~ :(200|199)
>>> gat 300 k
<<< VALUE k 0 1
<<< a
<<< END
>>>[resp] TTL k
<<<[resp]~ :(300|299)
>>> mg k T400
<<< HD
>>>[resp] TTL k
<<<[resp]~ :(400|399)
>>> touch k 0
<<< TOUCHED
>>>[resp] TTL k
<<<[resp] :-1
>>> touch k -1
<<< TOUCHED
>>>[resp] EXISTS k
<<<[resp] :0

=== times set there
>>>[resp] SET k a EX 100
<<<[resp] +OK
>>> mg k t
<<<~ HD t(100|99)
>>>[resp] EXPIRE k 200
<<<[resp] :1
>>> mg k t
<<<~ HD t(200|199)
>>>[resp] PEXPIRE k 300000
<<<[resp] :1
>>> mg k t
<<<~ HD t(300|299)
>>>[resp] PERSIST k
<<<[resp] :1
>>> mg k t
<<< HD t-1
>>>[resp] SET k a PX 1
<<<[resp] +OK
!!! sleep 30
??? memcached !!! sleep 1100
>>> get k
<<< END

=== absolute times
>>> set k 0 2147483647 1
>>> a
<<< STORED
>>>[resp] EXPIRETIME k
<<<[resp] :2147483647
>>>[resp] EXPIREAT k 2147483000
<<<[resp] :1
>>> get k
<<< VALUE k 0 1
<<< a
<<< END

=== counting on both ports
>>> set n 0 0 1
>>> 5
<<< STORED
>>>[resp] INCR n
<<<[resp] :6
>>> incr n 4
<<< 10
>>>[resp] INCRBY n -3
<<<[resp] :7
>>> ma n D3 v
<<< VA 2
<<< 10
>>> decr n 1
<<< 9
>>> get n
<<< VALUE n 0 2
<<< 9\x20
<<< END
>>>[resp] INCR n
<<<[resp] :10
>>>[resp] GET n
<<<[resp] $2
<<<[resp] 10

=== the blanks that decr leaves are no hindrance there
--- uncompressed memcached cachetted counts for Redis clients, and leaves no blanks
>>> set n 0 0 3
>>> 100
<<< STORED
>>> decr n 99
<<< 1
>>>[resp] GET n
<<<[resp] $3
<<<[resp] 1 \x20
>>>[resp] INCRBY n 1
<<<[resp] :2
>>>[resp] GET n
<<<[resp] $1
??? memcached <<<[resp] $3
<<<[resp] 2
??? memcached <<<[resp] 2 \x20

=== numbers of one side only
>>>[resp] SET n -5
<<<[resp] +OK
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>>[resp] INCR n
<<<[resp] :-4
>>> set n 0 0 20
>>> 18446744073709551615
<<< STORED
>>>[resp] INCR n
<<<[resp] -ERR value is not an integer or out of range
>>> incr n 1
<<< 0
>>>[resp] INCRBYFLOAT n 1.5
<<<[resp] -ERR value is not a valid float
>>>[resp] SET n 1.5
<<<[resp] +OK
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value

=== flags survive what keeps the value's own kind
>>> set k 42 1000 3
>>> mid
<<< STORED
>>>[resp] APPEND k -end
<<<[resp] :7
>>>[resp] EXPIRE k 500
<<<[resp] :1
>>>[resp] GETEX k EX 600
<<<[resp] $7
<<<[resp] mid-end
>>>[resp] PERSIST k
<<<[resp] :1
>>> mg k v f t
<<< VA 7 f42 t-1
<<< mid-end
>>>[resp] SETRANGE k 0 MID
<<<[resp] :7
>>> get k
<<< VALUE k 42 7
<<< MID-end
<<< END

=== flags survive counting there
>>> set n 42 0 1
>>> 5
<<< STORED
>>>[resp] INCR n
<<<[resp] :6
>>> get n
<<< VALUE n 42 1
<<< 6
<<< END

=== SET there starts with flags 0
>>> set k 42 0 1
>>> a
<<< STORED
>>>[resp] SET k b
<<<[resp] +OK
>>> get k
<<< VALUE k 0 1
<<< b
<<< END

=== flags go along with RENAME and COPY
>>> set k 42 100 1
>>> a
<<< STORED
>>>[resp] RENAME k l
<<<[resp] +OK
>>>[resp] COPY l m
<<<[resp] :1
>>> mg l v f t
<<<~ VA 1 f42 t(100|99)
<<< a
>>> mg m v f t
<<<~ VA 1 f42 t(100|99)
<<< a

=== every write there changes the cas
--- over memory,memcached a Redis store's cas sees changes, not rewrites
>>> set k 0 0 1
>>> 1
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< 1
<<< END
>>>[resp] SET k 1
<<<[resp] +OK
>>> cas k 0 0 1 ${cas}
>>> x
<<< EXISTS
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< 1
<<< END
>>>[resp] INCR k
<<<[resp] :2
>>> ms k 1 C${cas}
>>> x
<<< EX
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< 2
<<< END
>>>[resp] APPEND k 0
<<<[resp] :2
>>> md k C${cas}
<<< EX
>>> gets k
<<<~ VALUE k 0 2 (?P<cas>\d+)
<<< 20
<<< END
>>>[resp] SETRANGE k 0 3
<<<[resp] :2
>>> ma k C${cas}
<<< EX

=== EXPIRE there leaves the cas
>>> set k 0 0 1
>>> 1
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< 1
<<< END
>>>[resp] EXPIRE k 100
<<<[resp] :1
>>>[resp] GET k
<<<[resp] $1
<<<[resp] 1
>>> cas k 0 0 1 ${cas}
>>> 2
<<< STORED

=== deleted and written there, the old cas fits no more
--- over memory,memcached a Redis store's cas sees changes, not rewrites
>>> set k 0 0 1
>>> 1
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< 1
<<< END
>>>[resp] DEL k
<<<[resp] :1
>>>[resp] SET k 1
<<<[resp] +OK
>>> cas k 0 0 1 ${cas}
>>> 2
<<< EXISTS

=== WATCH there sees writes here
--- over memory WATCH needs a connection of its own on a Redis store
>>>[resp] SET k 1
<<<[resp] +OK
>>>[resp] WATCH k
<<<[resp] +OK
>>> set k 0 0 1
>>> 2
<<< STORED
>>>[resp] MULTI
<<<[resp] +OK
>>>[resp] GET k
<<<[resp] +QUEUED
>>>[resp] EXEC
<<<[resp] *-1

=== stale is cleared by a write there
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> old
<<< STORED
>>> md k I
<<< HD
>>>[resp] GET k
<<<[resp] $3
<<<[resp] old
!!! sleep 30
>>> mg k
<<< HD X W
>>>[resp] SET k new
<<<[resp] +OK
>>> mg k v
<<< VA 3
<<< new

=== what N has created is an empty string there
--- over memory,memcached no such marks on a Redis store
>>> mg k N100
<<< HD W
>>>[resp] GET k
<<<[resp] $0
<<<[resp]
>>>[resp] SET k new
<<<[resp] +OK
>>> mg k v t
<<< VA 3 t-1
<<< new

=== keys that only base64 can say
>>>[resp] SET "a b" 1
<<<[resp] +OK
>>> mg YSBi b v
<<< VA 1
<<< 1
>>> ms AAECDQo= 1 b
>>> 2
<<< HD
>>>[resp] GET "\x00\x01\x02\r\n"
<<<[resp] $1
<<<[resp] 2
>>> md YSBi b
<<< HD
>>>[resp] EXISTS "a b"
<<<[resp] :0

=== keys longer than 250 bytes are there, and here out of reach
--- over memory,redis,mongodb,dynamodb there they are as long as memcached's
>>>[resp] SET {{k*251}} 1
<<<[resp] +OK
>>> get {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== only database 0 is seen
--- over memory,redis there is no other
>>>[resp] SELECT 1
<<<[resp] +OK
>>>[resp] SET other 1
<<<[resp] +OK
>>> get other
<<< END
>>> set k 0 0 1
>>> a
<<< STORED
>>>[resp] EXISTS k
<<<[resp] :0
>>>[resp] SELECT 0
<<<[resp] +OK
>>>[resp] EXISTS k
<<<[resp] :1

=== flush_all, and FLUSHALL
>>>[resp] SET a 1
<<<[resp] +OK
>>> flush_all
<<< OK
>>>[resp] EXISTS a
<<<[resp] :0
>>> set a 0 0 1
>>> 1
<<< STORED
>>>[resp] FLUSHALL
<<<[resp] +OK
>>> get a
<<< END

=== KEYS and DBSIZE see what is written here
>>> set k 0 0 1
>>> a
<<< STORED
>>> ms l 1 q
>>> b
>>> ma m N0
<<< HD
>>>[resp] DBSIZE
<<<[resp] :3
>>>[resp] KEYS l
<<<[resp] *1
<<<[resp] $1
<<<[resp] l

=== the same command on both ports at once
>>> set n 0 0 1
>>> 0
<<< STORED
>>>raw "{{incr n 1 noreply\r\n*500}}mn\r\n"
>>>[resp]raw "CLIENT REPLY OFF\r\n{{INCR n\r\n*500}}CLIENT REPLY ON\r\n"
<<< MN
<<<[resp] +OK
>>> get n
<<< VALUE n 0 4
<<< 1000
<<< END

=== a value that SET brings has no flags, whatever it takes over
>>> set f 5 0 5
>>> hello
<<< STORED
>>>[resp] SET f new KEEPTTL
<<<[resp] +OK
>>> get f
<<< VALUE f 0 3
<<< new
<<< END

=== parts of a value with flags
>>> set f 5 0 5
>>> hello
<<< STORED
>>>[resp] STRLEN f
<<<[resp] :5
>>>[resp] GETRANGE f 1 -2
<<<[resp] $3
<<<[resp] ell
>>>[resp] SETRANGE f 4 ium
<<<[resp] :7
>>>[resp] SETBIT f 7 1
<<<[resp] :0
>>>[resp] APPEND f !
<<<[resp] :8
>>> get f
<<< VALUE f 5 8
<<< iellium!
<<< END

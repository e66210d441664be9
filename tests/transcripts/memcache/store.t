# What differs where the store is a Redis server: it keeps no marks, and its cas sees changes, not rewrites. And that
# flags stay with what several steps change.
--- daemon-only memcached has marks
--- over redis,memcached,mongodb,dynamodb the memory backend has marks

=== flags about marks are refused, each by name
--- over redis,mongodb,dynamodb memcached has them
>>> set k 0 0 1
>>> a
<<< STORED
>>> mg k h
<<<~ CLIENT_ERROR flag h is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> mg k v l
<<<~ CLIENT_ERROR flag l is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> mg k N30 v
<<<~ CLIENT_ERROR flag N is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> mg k R30
<<<~ CLIENT_ERROR flag R is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> ms k 1 I
>>> b
<<<~ CLIENT_ERROR flag I is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> ms k 1 E5
>>> b
<<<~ CLIENT_ERROR flag E is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> md k I
<<<~ CLIENT_ERROR flag I is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> ma k E5
<<<~ CLIENT_ERROR flag E is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> mg k v
<<< VA 1
<<< a

=== a refused one is answered even when quiet, and the stream stays in step
--- over redis,mongodb,dynamodb memcached has them
>>> ms k 3 I q
>>> abc
<<<~ CLIENT_ERROR flag I is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> mg k N30 q
<<<~ CLIENT_ERROR flag N is not supported by the '(redis|valkey|mongodb|dynamodb)' backend
>>> mn
<<< MN

=== cas of the same value is the same
--- over redis,mongodb,dynamodb memcached sees rewrites
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> set k 0 0 1
>>> b
<<< STORED
>>> cas k 0 0 1 ${cas}
>>> x
<<< EXISTS
>>> set k 0 0 1
>>> a
<<< STORED
>>> mg k c
<<< HD c${cas}
>>> cas k 0 0 1 ${cas}
>>> x
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< x
<<< END

=== it is the first 63 bits of the SHA-1 of what is stored, plus 1
--- over redis memcached counts
>>> set k 0 0 3
>>> abc
<<< STORED
>>> mg k c
<<< HD c6110433733343658166
>>> md k C6110433733343658166
<<< HD
>>> mg k
<<< EN

=== other flags make another cas, and other bytes in the store
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> set k 5 0 1
>>> a
<<< STORED
>>> cas k 0 0 1 ${cas}
>>> x
<<< EXISTS
>>>[resp] GET k
<<<[resp] $1
<<<[resp] a
>>>[resp] STRLEN k
<<<[resp] :1

=== flags stay with what is changed from the other port
>>> set k 5 0 1
>>> a
<<< STORED
>>>[resp] APPEND k bc
<<<[resp] :3
>>>[resp] GETRANGE k 0 1
<<<[resp] $2
<<<[resp] ab
>>>[resp] SETRANGE k 1 x
<<<[resp] :3
>>> get k
<<< VALUE k 5 3
<<< axc
<<< END
>>> set n 7 0 1
>>> 5
<<< STORED
>>>[resp] INCR n
<<<[resp] :6
>>>[resp] INCRBYFLOAT n 0.5
<<<[resp] $3
<<<[resp] 6.5
>>> get n
<<< VALUE n 7 3
<<< 6.5
<<< END
>>>[resp] RENAME n m
<<<[resp] +OK
>>>[resp] COPY m o
<<<[resp] :1
>>> get o
<<< VALUE o 7 3
<<< 6.5
<<< END

=== in a transaction too
--- uncompressed anywhere a converted value cannot be changed in part within MULTI
>>> set k 5 0 1
>>> 1
<<< STORED
>>>[resp] MULTI
<<<[resp] +OK
>>>[resp] INCR k
<<<[resp] +QUEUED
>>>[resp] APPEND k 0
<<<[resp] +QUEUED
>>>[resp] GET k
<<<[resp] +QUEUED
>>>[resp] MGET k absent
<<<[resp] +QUEUED
>>>[resp] EXEC
<<<[resp] *4
<<<[resp] :2
<<<[resp] :2
<<<[resp] $2
<<<[resp] 20
<<<[resp] *2
<<<[resp] $2
<<<[resp] 20
<<<[resp] $-1
>>> get k
<<< VALUE k 5 2
<<< 20
<<< END

=== keys of other types
--- over redis memcached has none
>>>[resp] HSET h f v
<<<[resp] :1
>>> get h
<<<~ SERVER_ERROR .*|END
>>> append h 0 0 1
>>> x
<<<~ SERVER_ERROR .*|NOT_STORED
>>> incr h 1
<<<~ (SERVER|CLIENT)_ERROR .*
>>> set h 0 0 1
>>> x
<<< STORED
>>> get h
<<< VALUE h 0 1
<<< x
<<< END

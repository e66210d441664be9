# mg: each flag, hits and misses.

=== a hit without flags, a miss
>>> mg k
<<< EN
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k
<<< HD
>>> mg k v
<<< VA 3
<<< val
>>> mg x v
<<< EN

=== each flag that returns something
--- over memory,memcached no such marks on a Redis store
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k s
<<< HD s3
>>> mg k f
<<< HD f5
>>> mg k t
<<< HD t-1
>>> mg k k
<<< HD kk
>>> mg k h
<<< HD h1
>>> mg k O123
<<< HD O123
>>> mg k q
<<< HD
>>> mg k c
<<<~ HD c\d+
>>> mg k l
<<<~ HD l[01]

=== in the order asked for
--- over memory,memcached no such marks on a Redis store
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k s v f t k O9 h
<<< VA 3 s3 f5 t-1 kk O9 h0
<<< val
>>> mg k h O9 k t f v s
<<< VA 3 h1 O9 kk t-1 f5 s3
<<< val
>>> mg k O9 s q k f
<<< HD O9 s3 kk f5

=== a miss returns opaque and key
>>> mg x k
<<< EN kx
>>> mg x O1
<<< EN O1
>>> mg x v k O1 s f t
<<< EN kx O1
>>> mg x O1 v k
<<< EN O1 kx

=== quiet misses
>>> mg x q
>>> mg x v q k O1
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k q
<<< HD
>>> mg k v q k O1
<<< VA 3 kk O1
<<< val
>>> mn
<<< MN

=== T sets the time, in the order of the flags
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k T100
<<< HD
>>> mg k t
<<<~ HD t(100|99)
>>> mg k t T200 v
<<<~ VA 3 t(100|99|98)
<<< val
>>> mg k T300 t
<<<~ HD t(300|299)
>>> mg k T0 t
<<< HD t-1
>>> mg x T100
<<< EN

=== T with a negative time
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k T-1 v
<<< VA 3
<<< val
>>> mg k v
<<< EN

=== T beyond 30 days is absolute
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k T2592000 t
<<<~ HD t(2592000|2591999)
>>> mg k T1000000000 v
<<< VA 3
<<< val
>>> mg k v
<<< EN

=== T that is no number
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k T
<<< CLIENT_ERROR bad token in command line format
>>> mg k Tabc
<<< CLIENT_ERROR bad token in command line format
>>> mg k T1x
<<< CLIENT_ERROR bad token in command line format
>>> mg k T1.5
<<< CLIENT_ERROR bad token in command line format
>>> mg x T v
<<< CLIENT_ERROR bad token in command line format
>>> mg k T+10 t
<<<~ HD t(10|9)
>>> mg k T010 t
<<<~ HD t(10|9)

=== an empty value, and a binary one
>>> set k 0 0 0
>>>
<<< STORED
>>> mg k v s
<<< VA 0 s0
<<<
>>>raw "set k 0 0 4\r\n\r\n\r\n\r\n"
<<< STORED
>>> mg k v s
<<< VA 4 s4
<<<
<<<
<<<

=== flags of other commands are accepted and do nothing
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k v C1
<<< VA 3
<<< val
>>> mg k v F1
<<< VA 3
<<< val
>>> mg k v I
<<< VA 3
<<< val
>>> mg k v D1
<<< VA 3
<<< val
>>> mg k v J1
<<< VA 3
<<< val
>>> mg k v MA
<<< VA 3
<<< val
>>> mg k v P
<<< VA 3
<<< val
>>> mg k v L
<<< VA 3
<<< val
>>> mg k v u
<<< VA 3
<<< val
>>> mg k v f
<<< VA 3 f5
<<< val

=== letters that are no flags
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k a
<<< CLIENT_ERROR invalid flag
>>> mg k d
<<< CLIENT_ERROR invalid flag
>>> mg k z
<<< CLIENT_ERROR invalid flag
>>> mg k A
<<< CLIENT_ERROR invalid flag
>>> mg k K
<<< CLIENT_ERROR invalid flag
>>> mg k V
<<< CLIENT_ERROR invalid flag
>>> mg k W
<<< CLIENT_ERROR invalid flag
>>> mg k X
<<< CLIENT_ERROR invalid flag
>>> mg k Z
<<< CLIENT_ERROR invalid flag
>>> mg k 5
<<< CLIENT_ERROR invalid flag
>>> mg k -
<<< CLIENT_ERROR invalid flag
>>> mg k noreply
<<< CLIENT_ERROR invalid flag
>>> mg x z q O1
<<< CLIENT_ERROR invalid flag
>>> mn
<<< MN

=== flags twice
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k v v
<<< CLIENT_ERROR duplicate flag
>>> mg k k v k
<<< CLIENT_ERROR duplicate flag
>>> mg k O1 O2
<<< CLIENT_ERROR duplicate flag
>>> mg x q q
<<< CLIENT_ERROR duplicate flag
>>> mn
<<< MN

=== which fault is named
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k v v z
<<< CLIENT_ERROR duplicate flag
>>> mg k z v v
<<< CLIENT_ERROR invalid flag
>>> mg k T z
<<< CLIENT_ERROR invalid flag
>>> mg k T v v
<<< CLIENT_ERROR duplicate flag
>>> mg k Tx O{{o*32}}
<<< CLIENT_ERROR bad token in command line format

=== without a key
>>> mg
<<< ERROR
>>> mg \x20
<<< ERROR
>>>raw "mg\n"
<<< ERROR

=== letters after a flag that takes none
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k vabc
<<< VA 3
<<< val
>>> mg k kxyz fsomething
<<< HD kk f5

=== opaque
>>> set k 5 0 3
>>> val
<<< STORED
>>> mg k O
<<< HD O
>>> mg k O{{o*31}}
<<< HD Oooooooooooooooooooooooooooooooo
>>> mg k O{{o*32}}
<<< CLIENT_ERROR opaque token too long
>>> mg x O{{o*31}}
<<< EN Oooooooooooooooooooooooooooooooo
>>> mg x O{{o*32}}
<<< CLIENT_ERROR opaque token too long
>>> mg x O{{o*32}} q
<<< CLIENT_ERROR opaque token too long
>>> mg k Oabc-_/+=!?
<<< HD Oabc-_/+=!?
>>> mn
<<< MN

=== too many flags
>>> mg k {{v *30}}
<<< CLIENT_ERROR options flags are too long

=== bare line feeds and blanks
>>> set k 5 0 3
>>> val
<<< STORED
>>>raw "mg k v\n"
<<< VA 3
<<< val
>>>raw "mg   k   v   f  \r\n"
<<< VA 3 f5
<<< val
>>>raw "mg x\n"
<<< EN

# What came after memcached 1.6.18: E, md x, created by append, the size that ms returns. From memcached's protocol text.
--- daemon-only memcached 1.6.18 has none of it

=== version says so
>>> version
<<<~ VERSION 1\.6\.(2[7-9]|[3-9]\d)

=== E gives ms its cas
--- over memory no such marks on a Redis store, and memcached 1.6.18 has no E
>>> ms k 3 E1000 c
>>> one
<<< HD c1000
>>> mg k v c
<<< VA 3 c1000
<<< one
>>> gets k
<<< VALUE k 0 3 1000
<<< one
<<< END
>>> ms k 3 C1000 E2000
>>> two
<<< HD
>>> ms k 3 C1000 E3000 k O1
>>> bad
<<< EX kk O1
>>> cas k 0 0 5 2000
>>> three
<<< STORED
>>> get k
<<< VALUE k 0 5
<<< three
<<< END

=== E with the modes of ms
--- over memory no such marks on a Redis store, and memcached 1.6.18 has no E
>>> ms k 1 ME E10 c
>>> b
<<< HD c10
>>> ms k 1 MA E20 c
>>> c
<<< HD c20
>>> ms k 1 MP E30 c
>>> a
<<< HD c30
>>> ms k 1 MR E40 c
>>> r
<<< HD c40
>>> ms k 1 MS E281474976710655 c
>>> s
<<< HD c281474976710655
>>> ms k 1 E281474976710656
>>> s
<<< CLIENT_ERROR bad token in command line format

=== a cas of E may be lower than the one before
--- over memory no such marks on a Redis store, and memcached 1.6.18 has no E
>>> ms k 1 E1000
>>> a
<<< HD
>>> ms k 1 E5 c
>>> b
<<< HD c5
>>> ms k 1 C4 I
>>> c
<<< HD
>>> mg k v
<<< VA 1 X W
<<< c

=== E in ma
--- over memory no such marks on a Redis store, and memcached 1.6.18 has no E
>>> ma n N0 J5 E77 c v
<<< VA 1 c77
<<< 5
>>> ma n E78 c v
<<< VA 1 c78
<<< 6
>>> ma n C77 E79 v
<<< EX
>>> ma n C78 E79 c
<<< HD c79
>>> mg n v c
<<< VA 1 c79
<<< 7

=== E in md, with I
--- over memory no such marks on a Redis store, and memcached 1.6.18 has no E
>>> ms k 1 E10
>>> a
<<< HD
>>> md k I E20
<<< HD
>>> mg k c v
<<< VA 1 c20 X W
<<< a
>>> md k C10 I E30
<<< EX
>>> ms k 1 C20
>>> b
<<< HD
>>> mg k v
<<< VA 1
<<< b

=== E in mg is the cas of what N creates
--- over memory no such marks on a Redis store, and memcached 1.6.18 has no E
>>> mg k N100 E50 c
<<< HD c50 W
>>> mg k N100 E60 c
<<< HD c50 Z
>>> ms k 1 C50
>>> x
<<< HD

=== E that is no number
>>> ms k 1
>>> a
<<< HD
>>> ms k 1 E
>>> b
<<< CLIENT_ERROR bad token in command line format
>>> ms k 1 Ex
>>> b
<<< CLIENT_ERROR bad token in command line format
>>> ms k 1 E-1
>>> b
<<< CLIENT_ERROR bad token in command line format
>>> ms k 1 E18446744073709551616
>>> b
<<< CLIENT_ERROR bad token in command line format
>>> mg k N0 Ex
<<< CLIENT_ERROR bad token in command line format
>>> md k I Ex
<<<~ CLIENT_ERROR .*
>>> ma n N0 Ex
<<<~ CLIENT_ERROR .*
>>> mg k v
<<< VA 1
<<< a
>>> mg n
<<< EN

=== E twice
>>> ms k 1 E1 E2
>>> b
<<< CLIENT_ERROR duplicate flag
>>> mn
<<< MN

=== md x leaves the item without its value and flags
--- over memory,memcached no such marks on a Redis store
>>> ms k 3 F5 T1000 c
>>> val
<<<~ HD c(?P<cas>\d+)
>>> md k x
<<< HD
>>> mg k v f c t
<<< VA 0 f0 c${cas} t-1
??? memcached <<<~ VA 0 f0 c\d+ t-1
<<<
>>> get k
<<< VALUE k 0 0
<<<
<<< END
>>> add k 0 0 1
>>> x
<<< NOT_STORED
>>> md k x k O1
<<< HD kk O1
>>> md absent x
<<< NF
>>> md absent x q O1
<<< NF O1

=== md x compares, and takes E, T and q
--- over memory no such marks on a Redis store, and memcached 1.6.18 has no E
>>> ms k 3 E10
>>> val
<<< HD
>>> md k x C9
<<< EX
>>> mg k v
<<< VA 3
<<< val
>>> md k x C10 E11 T100 q
>>> mg k v c t
<<<~ VA 0 c11 t(100|99)
<<<

=== md x compares without E too
--- over memory,memcached no such marks on a Redis store
>>> ms k 3 c
>>> val
<<<~ HD c(?P<cas>\d+)
>>> md k x C1${cas}
<<< EX
>>> mg k v
<<< VA 3
<<< val
>>> md k x C${cas} T100 q
>>> mg k v t
<<<~ VA 0 t(100|99)
<<<
>>> md k x C1${cas} q
<<< EX

=== md x and I: stale, and without a value
--- over memory,memcached no such marks on a Redis store
>>> ms k 3 F5
>>> val
<<< HD
>>> md k x I T30
<<< HD
>>> mg k v f t
<<<~ VA 0 f0 t(30|29) X W
<<<
>>> mg k v
<<< VA 0 Z X
<<<
>>> ms k 3
>>> new
<<< HD
>>> mg k v
<<< VA 3
<<< new

=== append and prepend create with N
>>> ms a 3 MA N100 F7
>>> one
<<< HD
>>> mg a v f t
<<<~ VA 3 f7 t(100|99)
<<< one
>>> ms a 3 MA N200 F8
>>> two
<<< HD
>>> mg a v f t
<<<~ VA 6 f7 t(100|99)
<<< onetwo
>>> ms p 3 MP N0 k c
>>> one
<<<~ HD kp c\d+
>>> ms p 3 MP N0
>>> two
<<< HD
>>> mg p v t
<<< VA 6 t-1
<<< twoone
>>> ms x 3 MA
>>> one
<<< NS
>>> ms x 3 MR N0
>>> one
<<< NS
>>> ms b 3 MA N-1
>>> one
<<< HD
>>> mg b
<<< EN

=== ms returns the size
>>> ms k 3 s
>>> val
<<< HD s3
>>> ms k 2 MA k s O1
>>> ue
<<< HD kk s5 O1
>>> ms k 0 s
>>>
<<< HD s0

# Times: from now, absolute beyond 30 days, negative, and what is gone after a second.

=== times from now
>>> set k 0 100 1
>>> a
<<< STORED
>>> mg k t
<<<~ HD t(100|99)
>>> set k 0 0 1
>>> a
<<< STORED
>>> mg k t
<<< HD t-1
>>> set k 0 2592000 1
>>> a
<<< STORED
>>> mg k t
<<<~ HD t(2592000|2591999)

=== beyond 30 days a time is absolute
>>> set k 0 2592001 1
>>> a
<<< STORED
>>> get k
<<< END
>>> set k 0 1000000000 1
>>> a
<<< STORED
>>> get k
<<< END
>>> set k 0 2147483647 1
>>> a
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< a
<<< END

=== negative times store what is gone at once
>>> set k 0 -1 1
>>> a
<<< STORED
>>> get k
<<< END
>>> set k 0 0 1
>>> a
<<< STORED
>>> set k 0 -100 1
>>> b
<<< STORED
>>> get k
<<< END
>>> add k 0 0 1
>>> c
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< c
<<< END
>>> replace k 0 -1 1
>>> d
<<< STORED
>>> get k
<<< END
>>> replace k 0 0 1
>>> e
<<< NOT_STORED
>>> set k 0 -2147483648 1
>>> a
<<< STORED
>>> get k
<<< END

=== times are cut to 32 bits
>>> set k 0 4294967296 1
>>> a
<<< STORED
>>> mg k t
<<< HD t-1
>>> set k 0 4294967396 1
>>> a
<<< STORED
>>> mg k t
<<<~ HD t(100|99)
>>> set k 0 2147483648 1
>>> a
<<< STORED
>>> get k
<<< END
>>> set k 0 9223372036854775807 1
>>> a
<<< STORED
>>> get k
<<< END

=== times that are none
>>> set k 0 abc 1
<<< CLIENT_ERROR bad command line format
>>> set k 0 1.5 1
<<< CLIENT_ERROR bad command line format
>>> set k 0 10s 1
<<< CLIENT_ERROR bad command line format
>>> set k 0 9223372036854775808 1
<<< CLIENT_ERROR bad command line format
>>> set k 0 -9223372036854775809 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== what is expired after its second
--- over memory,memcached no such marks on a Redis store
>>> set a 0 1 1
>>> 1
<<< STORED
>>> set b 0 0 1
>>> 1
<<< STORED
>>> touch b 1
<<< TOUCHED
>>> set c 0 0 1
>>> 1
<<< STORED
>>> gat 1 c
<<< VALUE c 0 1
<<< 1
<<< END
>>> ms d 1 T1
>>> 1
<<< HD
>>> set e 0 0 1
>>> 1
<<< STORED
>>> mg e T1
<<< HD
>>> ma f N1 J1
<<< HD
>>> mg g N1
<<< HD W
>>> set h 0 0 1
>>> 1
<<< STORED
>>> md h I T1
<<< HD
>>> set i 0 2 1
>>> 1
<<< STORED
>>> touch i 100
<<< TOUCHED
>>> set j 0 2 1
>>> 1
<<< STORED
>>> append j 0 100 1
>>> 2
<<< STORED
>>> set l 0 2 1
>>> 1
<<< STORED
>>> incr l 1
<<< 2
>>> set m 0 100 1
>>> 1
<<< STORED
>>> mg m l h
<<< HD l0 h0
!!! sleep 3200
>>> get a b c d e f g h j l
<<< END
>>> get i m
<<< VALUE i 0 1
<<< 1
<<< VALUE m 0 1
<<< 1
<<< END
>>> mg m h t
<<<~ HD h1 t(97|96|95)
>>> add a 0 0 1
>>> 2
<<< STORED
>>> replace b 0 0 1
>>> 2
<<< NOT_STORED
>>> append c 0 0 1
>>> 2
<<< NOT_STORED
>>> incr d 1
<<< NOT_FOUND
>>> touch e 0
<<< NOT_FOUND
>>> delete f
<<< NOT_FOUND
>>> mg g v
<<< EN
>>> md h
<<< NF
>>> ma j
<<< NF
>>> cas l 0 0 1 1
>>> 2
<<< NOT_FOUND

=== the time since the last access
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 1
>>> a
<<< STORED
!!! sleep 1200
>>> mg k l h
<<<~ HD l[12] h0

# incr and decr: 64 bits that wrap, a floor at 0, and the blanks that a shorter number leaves.

=== up and down
>>> set n 0 0 1
>>> 5
<<< STORED
>>> incr n 1
<<< 6
>>> incr n 10
<<< 16
>>> decr n 6
<<< 10
>>> get n
<<< VALUE n 0 2
<<< 10
<<< END
>>> incr n 0
<<< 10
>>> decr n 0
<<< 10

=== absent
>>> incr n 1
<<< NOT_FOUND
>>> decr n 1
<<< NOT_FOUND
>>> get n
<<< END

=== wraps at 2^64
>>> set n 0 0 20
>>> 18446744073709551615
<<< STORED
>>> incr n 1
<<< 0
>>> get n
<<< VALUE n 0 20
<<< 0                  \x20
<<< END
>>> incr n 18446744073709551615
<<< 18446744073709551615
>>> get n
<<< VALUE n 0 20
<<< 18446744073709551615
<<< END
>>> incr n 2
<<< 1
>>> get n
<<< VALUE n 0 20
<<< 1                  \x20
<<< END

=== down to 0 and no further
>>> set n 0 0 2
>>> 10
<<< STORED
>>> decr n 11
<<< 0
>>> get n
<<< VALUE n 0 2
<<< 0\x20
<<< END
>>> decr n 1
<<< 0
>>> set n 0 0 2
>>> 10
<<< STORED
>>> decr n 18446744073709551615
<<< 0
>>> get n
<<< VALUE n 0 2
<<< 0\x20
<<< END

=== a shorter number is padded with blanks
>>> set n 0 0 3
>>> 100
<<< STORED
>>> decr n 1
<<< 99
>>> get n
<<< VALUE n 0 3
<<< 99\x20
<<< END
>>> decr n 95
<<< 4
>>> get n
<<< VALUE n 0 3
<<< 4 \x20
<<< END
>>> incr n 1
<<< 5
>>> get n
<<< VALUE n 0 3
<<< 5 \x20
<<< END
>>> incr n 94
<<< 99
>>> get n
<<< VALUE n 0 3
<<< 99\x20
<<< END
>>> incr n 900
<<< 999
>>> get n
<<< VALUE n 0 3
<<< 999
<<< END

=== padded to the old length, also by incr
>>> set n 0 0 3
>>> 007
<<< STORED
>>> incr n 1
<<< 8
>>> get n
<<< VALUE n 0 3
<<< 8 \x20
<<< END
>>> set n 0 0 10
>>> 0000000005
<<< STORED
>>> incr n 5
<<< 10
>>> get n
<<< VALUE n 0 10
<<< 10       \x20
<<< END

=== what counts as a number
>>> set n 0 0 2
>>>  5
<<< STORED
>>> incr n 1
<<< 6
>>> get n
<<< VALUE n 0 2
<<< 6\x20
<<< END
>>>raw "set n 0 0 2\r\n5 \r\n"
<<< STORED
>>> incr n 1
<<< 6
>>> get n
<<< VALUE n 0 2
<<< 6\x20
<<< END
>>> set n 0 0 2
>>> +1
<<< STORED
>>> incr n 1
<<< 2
>>> get n
<<< VALUE n 0 2
<<< 2\x20
<<< END
>>>raw "set n 0 0 3\r\n5\r\n\r\n"
<<< STORED
>>> incr n 1
<<< 6
>>> get n
<<< VALUE n 0 3
<<< 6 \x20
<<< END
>>> set n 0 0 21
>>> 000000000000000000005
<<< STORED
>>> incr n 1
<<< 6
>>> get n
<<< VALUE n 0 21
<<< 6                   \x20
<<< END
>>> set n 0 0 20
>>> 11111111111111111111
<<< STORED
>>> incr n 1
<<< 11111111111111111112
>>> set n 0 0 31
>>> 5                             \x20
<<< STORED
>>> incr n 1
<<< 6
>>> get n
<<< VALUE n 0 31
<<< 6                             \x20
<<< END

=== nothing is no number, nor are blanks
--- daemon-only memcached reads on behind such a value, into what the memory held before
--- over memory so does it as the store, and a Redis store has no marks
>>> set n 0 0 0
>>>
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> ma n
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> ma n N0 J5 v
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 2
>>> \x20\x20
<<< STORED
>>> decr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> delete n
<<< DELETED
>>> mg n N100
<<< HD W
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> mg n
<<< HD Z

=== what does not
>>> set n 0 0 3
>>> abc
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> decr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 2
>>> 5x
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 2
>>> -1
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 3
>>> 1.5
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 3
>>> 1e3
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 3
>>> 0x1
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 20
>>> 18446744073709551616
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set n 0 0 21
>>> 111111111111111111111
<<< STORED
>>> incr n 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> get n
<<< VALUE n 0 21
<<< 111111111111111111111
<<< END

=== what is a delta
>>> set n 0 0 1
>>> 5
<<< STORED
>>> incr n +1
<<< 6
>>> incr n 01
<<< 7
>>> incr n abc
<<< CLIENT_ERROR invalid numeric delta argument
>>> incr n -1
<<< CLIENT_ERROR invalid numeric delta argument
>>> incr n 1.5
<<< CLIENT_ERROR invalid numeric delta argument
>>> incr n 0x1
<<< CLIENT_ERROR invalid numeric delta argument
>>> incr n 1x
<<< CLIENT_ERROR invalid numeric delta argument
>>> incr n 18446744073709551616
<<< CLIENT_ERROR invalid numeric delta argument
>>> decr n -1
<<< CLIENT_ERROR invalid numeric delta argument
>>> decr n abc
<<< CLIENT_ERROR invalid numeric delta argument
>>> incr absent abc
<<< CLIENT_ERROR invalid numeric delta argument
>>> get n
<<< VALUE n 0 1
<<< 7
<<< END

=== words too few and too many
>>> incr
<<< ERROR
>>> incr n
<<< ERROR
>>> decr
<<< ERROR
>>> decr n
<<< ERROR
>>> set n 0 0 1
>>> 5
<<< STORED
>>> incr n 1 foo
<<< 6
>>> incr n 1 foo bar
<<< ERROR
>>> incr   n   1  \x20
<<< 7
>>> get n
<<< VALUE n 0 1
<<< 7
<<< END

=== noreply
>>> set n 0 0 1
>>> 5
<<< STORED
>>> incr n 1 noreply
>>> decr n 3 noreply
>>> incr absent 1 noreply
>>> incr n abc noreply
>>> incr n noreply
>>> get n
<<< VALUE n 0 1
<<< 3
<<< END

=== flags and time are kept
>>> set n 7 1000 2
>>> 10
<<< STORED
>>> incr n 1
<<< 11
>>> mg n v f t
<<<~ VA 2 f7 t(1000|999)
<<< 11
>>> incr n 1000
<<< 1011
>>> mg n v f t
<<<~ VA 4 f7 t(1000|999)
<<< 1011
>>> decr n 1010
<<< 1
>>> mg n v f t s
<<<~ VA 4 f7 t(1000|999) s4
<<<raw "1   \r\n"

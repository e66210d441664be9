# ma: modes, delta, initial value, what is returned.

=== up by one
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n
<<< HD
>>> ma n v
<<< VA 2
<<< 12
>>> get n
<<< VALUE n 0 2
<<< 12
<<< END

=== modes
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n MI v
<<< VA 2
<<< 11
>>> ma n M+ v
<<< VA 2
<<< 12
>>> ma n MD v
<<< VA 2
<<< 11
>>> ma n M- v
<<< VA 2
<<< 10
>>> ma n Md v
<<< CLIENT_ERROR invalid mode for ma M token
>>> ma n Mi v
<<< CLIENT_ERROR invalid mode for ma M token
>>> ma n MX v
<<< CLIENT_ERROR invalid mode for ma M token
>>> ma n M v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n Mincr v
<<< CLIENT_ERROR invalid or duplicate flag
>>> mg n v
<<< VA 2
<<< 10

=== deltas
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n D5 v
<<< VA 2
<<< 15
>>> ma n D0 v
<<< VA 2
<<< 15
>>> ma n MD D20 v
<<< VA 1
<<< 0
>>> ma n D18446744073709551615 v
<<< VA 20
<<< 18446744073709551615
>>> ma n D1 v
<<< VA 1
<<< 0
>>> ma n D v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n Dabc v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n D-1 v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n D18446744073709551616 v
<<< CLIENT_ERROR invalid or duplicate flag
>>> mg n v s
<<< VA 20 s20
<<< 0                  \x20

=== padding as decr leaves it
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n MD v
<<< VA 1
<<< 9
>>> mg n v s
<<< VA 2 s2
<<< 9\x20
>>> ma n v
<<< VA 2
<<< 10
>>> mg n v s
<<< VA 2 s2
<<< 10

=== what is returned, in order
>>> set n 9 0 2
>>> 10
<<< STORED
>>> ma n k O1 t
<<< HD kn O1 t-1
>>> ma n t O1 k v
<<< VA 2 t-1 O1 kn
<<< 12
>>> ma n O1 k t c
<<<~ HD O1 kn t-1 c(?P<cas>\d+)
>>> mg n c f
<<< HD c${cas} f9

=== T and t, in the order of the flags
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n T100 t v
<<<~ VA 2 t(100|99)
<<< 11
>>> ma n t T200
<<<~ HD t(100|99|98)
>>> ma n t
<<<~ HD t(200|199)
>>> ma n T-1 v
<<< VA 2
<<< 14
>>> mg n v
<<< EN

=== absent
>>> ma n
<<< NF
>>> ma n v
<<< NF
>>> ma n k O1 v t
<<< NF kn O1
>>> ma n q
<<< NF
>>> ma n J5
<<< NF
>>> mg n
<<< EN

=== created on a miss
>>> ma n N100 v t
<<<~ VA 1 t(100|99)
<<< 0
>>> ma n N100 v
<<< VA 1
<<< 1
>>> ma m N0 J13 v t
<<< VA 2 t-1
<<< 13
>>> ma m N0 J13 v t
<<< VA 2 t-1
<<< 14
>>> ma d N0 J5 MD v k O1
<<< VA 1 kd O1
<<< 5
>>> ma x N0
<<< HD
>>> mg x v f t
<<< VA 1 f0 t-1
<<< 0
>>> ma y N0 T100 t v
<<<~ VA 1 t(100|99)
<<< 0
>>> ma z N-1 v
<<< VA 1
<<< 0
>>> mg z v
<<< EN
>>> ma w N0 J18446744073709551615 v
<<< VA 20
<<< 18446744073709551615
>>> ma w v
<<< VA 1
<<< 0

=== faults in N and J
>>> ma n N v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n Nabc v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n N0 J v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n N0 Jabc v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n N0 J-1 v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n N0 J18446744073709551616
<<< CLIENT_ERROR invalid or duplicate flag
>>> mg n
<<< EN

=== quiet
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n q
>>> ma n q v k O1
>>> ma n v
<<< VA 2
<<< 13
>>> ma x q k O1
<<< NF kx O1
>>> ma n C1 q
<<< EX
>>> mn
<<< MN

=== not a number
>>> set x 0 0 3
>>> abc
<<< STORED
>>> ma x
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> ma x v k O1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> ma x q
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> ma x N0 J5 v
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> mn
<<< MN

=== C compares
>>> set n 0 0 2
>>> 10
<<< STORED
>>> mg n c
<<<~ HD c(?P<cas>\d+)
>>> ma n C18446744073709551615 v
<<< EX
>>> ma n C18446744073709551615 k O1
<<< EX kn O1
>>> ma n C${cas} v c
<<<~ VA 2 c(?P<next>\d+)
<<< 11
>>> ma n C${cas} v
<<< EX
>>> ma n C0 v
<<< VA 2
<<< 12
>>> ma n C v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n Cabc v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma absent C1
<<< NF

=== faults
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma
<<< ERROR
>>> ma n z
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n v v
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n 5
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n noreply
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n b
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma n T
<<< CLIENT_ERROR invalid or duplicate flag
>>> mg n v
<<< VA 2
<<< 10
>>> ma n {{O *30}}
<<< CLIENT_ERROR options flags too long

=== an opaque that is too long: nothing is done (memcached counts before it says so)
--- daemon-only memcached counts before it refuses
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n O{{o*32}}
<<< CLIENT_ERROR opaque token too long
>>> mg n v
<<< VA 2
<<< 10

=== flags without meaning here
>>> set n 0 0 2
>>> 10
<<< STORED
>>> ma n f s h l I F1 R1 P L u v
<<< VA 2
<<< 11

=== text and meta count together
>>> ma n N0 J10
<<< HD
>>> incr n 5
<<< 15
>>> ma n D5 v
<<< VA 2
<<< 20
>>> decr n 20
<<< 0
>>> ma n v
<<< VA 1
<<< 1

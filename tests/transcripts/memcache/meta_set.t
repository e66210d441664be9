# ms: lengths, modes, flags, faults.

=== set
>>> ms k 3
>>> val
<<< HD
>>> mg k v f t
<<< VA 3 f0 t-1
<<< val
>>> ms k 5
>>> other
<<< HD
>>> mg k v
<<< VA 5
<<< other
>>> get k
<<< VALUE k 0 5
<<< other
<<< END

=== flags and time
>>> ms k 3 F5 T100
>>> val
<<< HD
>>> mg k v f t
<<<~ VA 3 f5 t(100|99)
<<< val
>>> ms k 3
>>> val
<<< HD
>>> mg k f t
<<< HD f0 t-1
>>> ms k 3 F4294967295
>>> val
<<< HD
>>> mg k f
<<< HD f4294967295
>>> ms k 3 F4294967296
>>> val
<<< HD
>>> mg k f
<<< HD f0
>>> ms k 3 T-1
>>> val
<<< HD
>>> mg k v
<<< EN

=== what is returned
>>> ms k 3 k
>>> val
<<< HD kk
>>> ms k 3 O9
>>> val
<<< HD O9
>>> ms k 3 k O9
>>> val
<<< HD kk O9
>>> ms k 3 O9 k
>>> val
<<< HD O9 kk
>>> ms k 3 c
>>> val
<<<~ HD c(?P<cas>\d+)
>>> mg k c
<<< HD c${cas}
>>> ms k 3 k c O1
>>> val
<<<~ HD kk c\d+ O1

=== what is not returned
>>> ms k 3 v f t h l
>>> val
<<< HD

=== quiet
>>> ms k 3 q
>>> val
>>> ms k 3 q k O1 c
>>> val
>>> mg k v
<<< VA 3
<<< val
>>> ms k 3 ME q k O1
>>> val
<<< NS kk O1
>>> ms x 3 MR q
>>> val
<<< NS
>>> ms x 3 MA q
>>> val
<<< NS
>>> ms k 3 C1 q O2
>>> val
<<< EX O2
>>> ms x 3 C1 q O2
>>> val
<<< NF O2
>>> mn
<<< MN

=== an empty value
>>> ms k 0
>>>
<<< HD
>>> mg k v
<<< VA 0
<<<

=== mode S and no mode
>>> ms k 3 MS
>>> val
<<< HD
>>> mg k v
<<< VA 3
<<< val

=== mode E adds
>>> ms k 3 ME O1 k
>>> one
<<< HD O1 kk
>>> ms k 3 ME O1 k
>>> two
<<< NS O1 kk
>>> mg k v
<<< VA 3
<<< one

=== mode R replaces
>>> ms k 3 MR
>>> one
<<< NS
>>> ms k 3
>>> two
<<< HD
>>> ms k 5 MR F3
>>> three
<<< HD
>>> mg k v f
<<< VA 5 f3
<<< three

=== modes A and P
>>> ms k 1 MA
>>> x
<<< NS
>>> ms k 1 MP k
>>> x
<<< NS kk
>>> ms k 3 F7 T1000
>>> mid
<<< HD
>>> ms k 4 MA F9 T1
>>> -end
<<< HD
>>> ms k 6 MP F9 T0
>>> start-
<<< HD
>>> mg k v f t
<<<~ VA 13 f7 t(1000|999)
<<< start-mid-end

=== faulty modes
>>> ms k 3
>>> old
<<< HD
>>> ms k 3 M
>>> val
<<< CLIENT_ERROR incorrect length for M token
>>> ms k 3 MX
>>> val
<<< CLIENT_ERROR invalid mode for ms M token
>>> ms k 3 Ms
>>> val
<<< CLIENT_ERROR invalid mode for ms M token
>>> ms k 3 Mset
>>> val
<<< CLIENT_ERROR incorrect length for M token
>>> ms k 3 MSS
>>> val
<<< CLIENT_ERROR incorrect length for M token
>>> mg k v
<<< VA 3
<<< old

=== C compares
>>> ms k 3 C1
>>> val
<<< NF
>>> ms k 3 c
>>> old
<<<~ HD c(?P<cas>\d+)
>>> ms k 3 C0
>>> val
<<< EX
>>> ms k 3 C18446744073709551615 k O1
>>> val
<<< EX kk O1
>>> ms k 3 C${cas} c
>>> new
<<<~ HD c(?P<next>\d+)
>>> ms k 3 C${cas}
>>> bad
<<< EX
>>> mg k v c
<<< VA 3 c${next}
<<< new

=== C with modes
>>> ms k 3 c
>>> old
<<<~ HD c(?P<cas>\d+)
>>> ms k 3 C${cas} ME
>>> bad
<<< NS
>>> ms k 1 C1 MA
>>> !
<<< EX
>>> ms k 1 C${cas} MA c
>>> !
<<<~ HD c(?P<cas>\d+)
>>> ms k 1 C${cas} MP c
>>> ?
<<<~ HD c(?P<cas>\d+)
>>> ms k 1 C1 MR
>>> x
<<< EX
>>> ms k 1 C${cas} MR
>>> r
<<< HD
>>> mg k v
<<< VA 1
<<< r
>>> ms x 1 C1 MA
>>> x
<<< NS
>>> ms x 1 C1 MP
>>> x
<<< NS
>>> ms x 1 C1 MR
>>> x
<<< NF
>>> ms x 1 C1 ME
>>> x
<<< HD
>>> mg x v
<<< VA 1
<<< x

=== faulty lengths swallow nothing
>>> ms k
<<< CLIENT_ERROR bad command line format
>>> ms k abc
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k -1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k 3x
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k 1.5
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k 0x3
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k S3
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k q
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k abc q
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms k 99999999999999999999
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== lengths with a sign or zeros
>>> ms k +3
>>> val
<<< HD
>>> ms k 003
>>> val
<<< HD
>>> mg k v
<<< VA 3
<<< val

=== faulty flags swallow the block and keep the value
>>> ms k 3
>>> old
<<< HD
>>> ms k 3 z
>>> new
<<< CLIENT_ERROR invalid flag
>>> ms k 3 z q
>>> new
<<< CLIENT_ERROR invalid flag
>>> ms k 3 5
>>> new
<<< CLIENT_ERROR invalid flag
>>> ms k 3 S3
>>> new
<<< CLIENT_ERROR invalid flag
>>> ms k 3 noreply
>>> new
<<< CLIENT_ERROR invalid flag
>>> ms k 3 k k
>>> new
<<< CLIENT_ERROR duplicate flag
>>> ms k 3 T1 T2
>>> new
<<< CLIENT_ERROR duplicate flag
>>> ms k 3 T
>>> new
<<< CLIENT_ERROR bad token in command line format
>>> ms k 3 Tx
>>> new
<<< CLIENT_ERROR bad token in command line format
>>> ms k 3 C
>>> new
<<< CLIENT_ERROR bad token in command line format
>>> ms k 3 Cx
>>> new
<<< CLIENT_ERROR bad token in command line format
>>> ms k 3 F
>>> new
<<< CLIENT_ERROR bad command line format
>>> ms k 3 Fx
>>> new
<<< CLIENT_ERROR bad command line format
>>> ms k 3 F-1
>>> new
<<< CLIENT_ERROR bad command line format
>>> ms k 3 D
>>> new
<<< CLIENT_ERROR invalid numeric delta value
>>> ms k 3 J
>>> new
<<< CLIENT_ERROR invalid numeric initial value
>>> ms k 3 N
>>> new
<<< CLIENT_ERROR bad token in command line format
>>> ms k 3 O{{o*32}}
>>> new
<<< CLIENT_ERROR opaque token too long
>>> ms k 3 O{{o*32}} q
>>> new
<<< CLIENT_ERROR opaque token too long
>>> mg k v
<<< VA 3
<<< old

=== flags without meaning here
>>> ms k 3 D1 J1 N1 R1 P L u
>>> val
<<< HD
>>> mg k v
<<< VA 3
<<< val

=== without a key or length
>>> ms
<<< ERROR
>>> ms \x20
<<< ERROR
>>>raw "ms k\n"
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== bare line feeds
>>>raw "ms k 3\nval\r\nmg k v\n"
<<< HD
<<< VA 3
<<< val
>>>raw "ms k 3\r\nval\n\nmn\r\n"
<<< CLIENT_ERROR bad data chunk
<<< MN

=== I without C stores
--- over memory,memcached no such marks on a Redis store
>>> ms k 3 I
>>> val
<<< HD
>>> mg k v
<<< VA 3
<<< val

=== too many flags
>>> ms k 2 {{O *30}}
<<< CLIENT_ERROR options flags too long
>>> mn
<<< MN

=== the cas of what was not stored is 0
>>> ms k 1 MR c
>>> x
<<< NS c0
>>> ms k 1 MA c k
>>> x
<<< NS c0 kk
>>> ms k 1 C5 c
>>> x
<<< NF c0
>>> set k 0 0 1
>>> a
<<< STORED
>>> ms k 1 ME c q
>>> x
<<< NS c0
>>> ms k 1 C18446744073709551615 O1 c
>>> x
<<< EX O1 c0

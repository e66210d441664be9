# Vivify, recache, stale and win: N, R, I and the reply flags W, X, Z.

=== N creates on a miss, one wins
--- over memory,memcached no such marks on a Redis store
>>> mg k N100 v t f s k O1
<<<~ VA 0 t(100|99) f0 s0 kk O1 W
<<<raw "\r\n"
>>> mg k N100 v s
<<< VA 0 s0 Z
<<<
>>> mg k v
<<< VA 0 Z
<<<
>>> mg k
<<< HD Z
>>> get k
<<< VALUE k 0 0
<<<
<<< END
>>> add k 0 0 1
>>> x
<<< NOT_STORED

=== the winner's set ends it
--- over memory,memcached no such marks on a Redis store
>>> mg k N100
<<< HD W
>>> mg k N100
<<< HD Z
>>> ms k 3
>>> new
<<< HD
>>> mg k v N100 t
<<< VA 3 t-1
<<< new

=== times of N
--- over memory,memcached no such marks on a Redis store
>>> mg a N0 t
<<< HD t-1 W
>>> mg b N-1 v
<<< VA 0 W
<<<
>>> mg b v
<<< EN
>>> mg c N
<<< CLIENT_ERROR bad token in command line format
>>> mg c Nabc v
<<< CLIENT_ERROR bad token in command line format
>>> mg c
<<< EN
>>> mg d N100 T50 t
<<<~ HD t(50|49) W

=== N and quiet
--- over memory,memcached no such marks on a Redis store
>>> mg k N100 q
<<< HD W
>>> mg k N100 q v k O1
<<< VA 0 kk O1 Z
<<<
>>> mg x q N100 k v O2
<<< VA 0 kx O2 W
<<<
>>> mn
<<< MN

=== N on what is there
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k N100 v t
<<< VA 3 t-1
<<< val

=== other writes on a vivified item
--- over memory,memcached no such marks on a Redis store
>>> mg a N100
<<< HD W
>>> append a 0 0 1
>>> x
<<< STORED
>>> mg a v
<<< VA 1
<<< x
>>> mg b N100
<<< HD W
>>> replace b 0 0 1
>>> x
<<< STORED
>>> mg b v
<<< VA 1
<<< x
>>> mg d N100
<<< HD W
>>> touch d 0
<<< TOUCHED
>>> mg d t
<<< HD t-1 Z
>>> mg e N100 c
<<<~ HD c(?P<cas>\d+) W
>>> ms e 1 C${cas}
>>> x
<<< HD
>>> mg e v
<<< VA 1
<<< x

=== R wins once when little time is left
--- over memory,memcached no such marks on a Redis store
>>> set k 0 20 3
>>> val
<<< STORED
>>> mg k R10 v
<<< VA 3
<<< val
>>> mg k R30 v t
<<<~ VA 3 t(20|19) W
<<< val
>>> mg k R30 v
<<< VA 3 Z
<<< val
>>> mg k v
<<< VA 3 Z
<<< val
>>> mg k
<<< HD Z
>>> set k 0 20 3
>>> new
<<< STORED
>>> mg k
<<< HD
>>> mg k R30
<<< HD W

=== R and no time
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k R30 v
<<< VA 3
<<< val
>>> mg k R2592000
<<< HD
>>> mg x R30
<<< EN
>>> mg x R30 N100
<<< HD W
>>> mg x R30 N100
<<< HD Z

=== R that is no number
--- over memory,memcached no such marks on a Redis store
>>> set k 0 20 3
>>> val
<<< STORED
>>> mg k R
<<< CLIENT_ERROR bad token in command line format
>>> mg k Rabc
<<< CLIENT_ERROR bad token in command line format
>>> mg k R-1
<<< HD

=== R sees what T has set, in the order of the flags
--- over memory,memcached no such marks on a Redis store
>>> set k 0 20 3
>>> val
<<< STORED
>>> mg k T1000 R30
<<< HD
>>> mg k T20 R30
<<< HD W
>>> set k 0 20 3
>>> val
<<< STORED
>>> mg k R30 T1000
<<< HD W
>>> mg k t
<<<~ HD t(1000|999) Z

=== a won item stays won when touched
--- over memory,memcached no such marks on a Redis store
>>> set k 0 20 3
>>> val
<<< STORED
>>> mg k R30
<<< HD W
>>> touch k 1000
<<< TOUCHED
>>> mg k R30
<<< HD Z
>>> append k 0 0 1
>>> !
<<< STORED
>>> mg k R30
<<< HD

=== md I marks as stale
--- over memory,memcached no such marks on a Redis store
>>> set k 5 0 3
>>> old
<<< STORED
>>> md k I
<<< HD
>>> mg k v t f
<<< VA 3 t-1 f5 X W
<<< old
>>> mg k v t
<<< VA 3 t-1 Z X
<<< old
>>> mg k
<<< HD Z X
>>> get k
<<< VALUE k 5 3
<<< old
<<< END
>>> set k 0 0 3
>>> new
<<< STORED
>>> mg k v
<<< VA 3
<<< new

=== md I with a time
--- over memory,memcached no such marks on a Redis store
>>> set k 5 0 3
>>> old
<<< STORED
>>> md k I T30 k O1
<<< HD kk O1
>>> mg k v t
<<<~ VA 3 t(30|29) X W
<<< old
>>> md k q I T40
>>> mg k t
<<<~ HD t(40|39) X W
>>> mg k t
<<<~ HD t(40|39) Z X
>>> md k I T-1
<<< HD
>>> mg k
<<< EN
>>> md x I
<<< NF
>>> md x I q O1
<<< NF O1

=== md I keeps the time
--- over memory,memcached no such marks on a Redis store
>>> set k 5 1000 3
>>> old
<<< STORED
>>> md k I
<<< HD
>>> mg k t
<<<~ HD t(1000|999) X W

=== md I changes the cas, and compares it
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> old
<<< STORED
>>> mg k c
<<<~ HD c(?P<cas>\d+)
>>> md k I C1
<<< EX
>>> md k I C${cas}
<<< HD
>>> ms k 3 C${cas}
>>> bad
<<< EX
>>> mg k c v
<<<~ VA 3 c(?P<stale>\d+) X W
<<< old
>>> ms k 3 C${stale}
>>> new
<<< HD
>>> mg k v
<<< VA 3
<<< new

=== ms I with an older cas stores what is stale
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> old
<<< STORED
>>> mg k c
<<<~ HD c(?P<cas>\d+)
>>> ms k 3 C${cas}
>>> new
<<< HD
>>> ms k 3 C${cas}
>>> bad
<<< EX
>>> ms k 3 C${cas} I
>>> low
<<< HD
>>> mg k v c
<<<~ VA 3 c(?P<stale>\d+) X W
<<< low
>>> mg k v
<<< VA 3 Z X
<<< low
>>> ms k 3 C${stale} I
>>> hi!
<<< HD
>>> mg k v
<<< VA 3
<<< hi!
>>> ms k 3 C18446744073709551615 I
>>> bad
<<< EX
>>> mg k v
<<< VA 3
<<< hi!

=== ms I and modes
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> old
<<< STORED
>>> ms k 1 C0 I MA
>>> !
<<< HD
>>> ms k 1 C0 I ME
>>> !
<<< NS
>>> ms k 3 C0 I MR
>>> rep
<<< EX
>>> mg k v
<<< VA 4
<<< old!
>>> ms x 1 C0 I
>>> x
<<< NF

=== what clears stale, and what does not
--- uncompressed anywhere a converted value is stored anew when it is changed
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 1
>>> 1
<<< STORED
>>> md k I
<<< HD
>>> touch k 0
<<< TOUCHED
>>> incr k 1
<<< 2
>>> ma k
<<< HD
>>> mg k v
<<< VA 1 X W
<<< 3
>>> add k 0 0 1
>>> x
<<< NOT_STORED
>>> mg k v
<<< VA 1 Z X
<<< 3
>>> append k 0 0 1
>>> !
<<< STORED
>>> mg k v
<<< VA 2
<<< 3!
>>> md k I
<<< HD
>>> replace k 0 0 1
>>> r
<<< STORED
>>> mg k v
<<< VA 1
<<< r

=== stale and R
--- over memory,memcached no such marks on a Redis store
>>> set k 0 20 1
>>> x
<<< STORED
>>> md k I
<<< HD
>>> mg k R30
<<< HD X W
>>> mg k R30
<<< HD Z X
>>> set k 0 20 1
>>> x
<<< STORED
>>> mg k R30
<<< HD W
>>> md k I
<<< HD
>>> mg k
<<< HD X W
>>> mg k
<<< HD Z X

=== two clients
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> old
<<< STORED
>>> md k I T100
<<< HD
>>>[b] mg k v
<<<[b] VA 3 X W
<<<[b] old
>>> mg k v
<<< VA 3 Z X
<<< old
>>>[b] ms k 3
>>>[b] new
<<<[b] HD
>>> mg k v
<<< VA 3
<<< new

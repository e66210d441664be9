# What `stats` counts of each command, and what it does not.

=== gets, and those that touch
>>> set k 0 0 1
>>> x
<<< STORED
>>> stats reset
<<< RESET
>>> gat 0 k zz
<<< VALUE k 0 1
<<< x
<<< END
>>> mg k T0
<<< HD
>>> mg zz T0
<<< EN
>>> get k zz
<<< VALUE k 0 1
<<< x
<<< END
>>> stats
<<<~~ (?=[\s\S]*STAT cmd_get 3\r\n)(?=[\s\S]*STAT get_hits 1\r\n)(?=[\s\S]*STAT get_misses 2\r\n)(?=[\s\S]*STAT cmd_touch 3\r\n)(?=[\s\S]*STAT touch_hits 2\r\n)(?=[\s\S]*STAT touch_misses 1\r\n)[\s\S]+END\r\n

=== stores that fail
>>> delete k
<<< NOT_FOUND
>>> stats reset
<<< RESET
>>> set k 0 0 abc
<<< CLIENT_ERROR bad command line format
>>> set {{k*251}} 0 0 1
<<< CLIENT_ERROR bad command line format
>>> ms k abc
<<< CLIENT_ERROR bad command line format
>>> replace k 0 0 1
>>> x
<<< NOT_STORED
>>> append k 0 0 1
>>> x
<<< NOT_STORED
>>> set k 0 0 1
>>> x
<<< STORED
>>> ms k 1 ME
>>> x
<<< NS
>>>raw "ms k 1 I\r\nxyz\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> stats
<<<~~ (?=[\s\S]*STAT cmd_set 5\r\n)(?=[\s\S]*STAT total_items 1\r\n)[\s\S]+END\r\n

=== counters and deletions
>>> set k 0 0 1
>>> x
<<< STORED
>>> set n 0 0 1
>>> 1
<<< STORED
>>> stats reset
<<< RESET
>>> incr k 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> decr k 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> ma n C987654321
<<< EX
>>> incr n 1
<<< 2
>>> ma zz
<<< NF
>>> md n C987654321
<<< EX
>>> md n
<<< HD
>>> me n
<<< EN
>>> stats
<<<~~ (?=[\s\S]*STAT cmd_meta 1\r\n)(?=[\s\S]*STAT delete_misses 1\r\n)(?=[\s\S]*STAT delete_hits 1\r\n)(?=[\s\S]*STAT incr_misses 1\r\n)(?=[\s\S]*STAT incr_hits 1\r\n)(?=[\s\S]*STAT decr_misses 0\r\n)[\s\S]+END\r\n

=== marked as stale is not deleted
--- over memory,memcached a Redis store keeps no such marks
>>> set n 0 0 1
>>> 1
<<< STORED
>>> stats reset
<<< RESET
>>> md n I
<<< HD
>>> stats
<<<~~ (?=[\s\S]*STAT delete_misses 0\r\n)(?=[\s\S]*STAT delete_hits 0\r\n)[\s\S]+END\r\n

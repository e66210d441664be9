# By how much each metric moves for memcached clients.
--- daemon-only memcached has no such metrics

=== hits and misses
>>> set k 0 0 1
>>> v
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< v
<<< END
>>> get absent
<<< END
>>> get k absent k
<<< VALUE k 0 1
<<< v
<<< VALUE k 0 1
<<< v
<<< END
>>> mg k v
<<< VA 1
<<< v
>>> mg absent q
>>> mn
<<< MN
+++ cachetted_hits_total{protocol="memcache"} 4
+++ cachetted_misses_total{protocol="memcache"} 3
+++ cachetted_hits_total{protocol="resp"} 0
+++ cachetted_misses_total{protocol="resp"} 0
+++ cachetted_requests_total{protocol="memcache",command="get"} 3
+++ cachetted_requests_total{protocol="memcache",command="set"} 1
+++ cachetted_requests_total{protocol="memcache",command="mg"} 2
+++ cachetted_requests_total{protocol="resp"} 0

=== each command by its name
>>> add k 0 0 1
>>> 1
<<< STORED
>>> incr k 1
<<< 2
>>> decr k 1 noreply
>>> touch k 100
<<< TOUCHED
>>> delete k
<<< DELETED
>>> ms k 1 q
>>> 1
>>> ma k
<<< HD
>>> md k
<<< HD
+++ cachetted_requests_total{protocol="memcache",command="add"} 1
+++ cachetted_requests_total{protocol="memcache",command="incr"} 1
+++ cachetted_requests_total{protocol="memcache",command="decr"} 1
+++ cachetted_requests_total{protocol="memcache",command="touch"} 1
+++ cachetted_requests_total{protocol="memcache",command="delete"} 1
+++ cachetted_requests_total{protocol="memcache",command="ms"} 1
+++ cachetted_requests_total{protocol="memcache",command="ma"} 1
+++ cachetted_requests_total{protocol="memcache",command="md"} 1

=== errors
>>> foo
<<< ERROR
>>> set k 0 0 abc
<<< CLIENT_ERROR bad command line format
>>> set k 0 0 1
>>> x
<<< STORED
>>> incr k 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
+++ cachetted_errors_total{protocol="memcache"} 3
+++ cachetted_errors_total{protocol="memcache",kind="unknown_command"} 1
+++ cachetted_errors_total{protocol="memcache",kind="not_integer"} 1
+++ cachetted_errors_total{protocol="resp"} 0

=== misses that are no errors
>>> get k
<<< END
>>> delete k
<<< NOT_FOUND
>>> touch k 0
<<< NOT_FOUND
>>> replace k 0 0 1
>>> x
<<< NOT_STORED
>>> md k
<<< NF
+++ cachetted_errors_total{protocol="memcache"} 0

=== expiry
--- over memory what expires in a store is not known here
>>> set k 0 1 1
>>> v
<<< STORED
!!! sleep 1100
>>> get k
<<< END
+++ cachetted_expiries_total 1
+++ cachetted_misses_total{protocol="memcache"} 1

=== what no protocol is cuts the connection
>>> GET / HTTP/1.1
<<<close
+++ cachetted_connections_cut_total{reason="protocol_error"} 1

=== errors behind keys that were read, of words, and of what is refused
>>> get zz {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> stats foo
<<< ERROR
>>> shutdown
<<< ERROR: shutdown not enabled
>>> get
<<< ERROR
>>> incr a
<<< ERROR
+++ cachetted_errors_total{protocol="memcache"} 5
+++ cachetted_errors_total{protocol="memcache",kind="syntax"} 1
+++ cachetted_errors_total{protocol="memcache",kind="unknown_command"} 1
+++ cachetted_errors_total{protocol="memcache",kind="unsupported"} 1
+++ cachetted_errors_total{protocol="memcache",kind="wrong_arity"} 2

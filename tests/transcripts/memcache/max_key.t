# limits.max_key under memcached's own limit: refused by name, the block swallowed in step.
--- daemon-only memcached has no such option
--- option limits.max_key=10

=== text
>>> set 12345678901 0 0 1
>>> x
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> add 123456789012 0 0 1 noreply
>>> x
>>> append 12345678901 0 0 1
>>> x
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> cas 12345678901 0 0 1 1
>>> x
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> get 12345678901
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> gets a 123456789012 12345678901
<<< CLIENT_ERROR key of 12 bytes is over the limit of 10 (limits.max_key)
>>> gat 0 12345678901
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> incr 12345678901 1
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> touch 12345678901 0
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> delete 12345678901
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
+++ cachetted_errors_total{protocol="memcache",kind="too_large"} 10

=== meta
>>> ms 12345678901 1 q
>>> x
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> mg 12345678901 v
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> md 12345678901
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> ma 12345678901 N0
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> me 12345678901
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)

=== base64 counts as what it stands for
>>> ms MTIzNDU2Nzg5MA== 1 b
>>> x
<<< HD
>>> ms MTIzNDU2Nzg5MDE= 1 b
>>> x
<<< CLIENT_ERROR key of 11 bytes is over the limit of 10 (limits.max_key)
>>> get 1234567890
<<< VALUE 1234567890 0 1
<<< x
<<< END

=== memcached's own limit first
>>> get {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> set {{k*250}} 0 0 1
>>> x
<<< CLIENT_ERROR key of 250 bytes is over the limit of 10 (limits.max_key)

# b: keys in base64. What k returns tells how the key was sent, or how the item was stored; over a store always the former.

=== stored and read
>>> ms Zm9v 3 b
>>> val
<<< HD
>>> mg Zm9v b v
<<< VA 3
<<< val
>>> mg foo v
<<< VA 3
<<< val
>>> get foo
<<< VALUE foo 0 3
<<< val
<<< END

=== k returns the encoded key of what was stored so
>>> ms Zm9v 3 b k O1
>>> val
<<< HD kZm9v b O1
>>> mg Zm9v b v k O1
<<< VA 3 kZm9v b O1
<<< val
>>> mg foo v k
<<< VA 3 kZm9v b
??? redis,memcached,mongodb,dynamodb <<< VA 3 kfoo
<<< val
>>> mg Zm9v k b
<<< HD kZm9v b

=== k returns the plain key of what was stored plainly
>>> set foo 0 0 3
>>> val
<<< STORED
>>> mg Zm9v b v k
<<< VA 3 kfoo
??? redis,memcached,mongodb,dynamodb <<< VA 3 kZm9v b
<<< val
>>> mg foo v k
<<< VA 3 kfoo
<<< val

=== the last write decides
>>> ms Zm9v 3 b
>>> val
<<< HD
>>> set foo 0 0 3
>>> val
<<< STORED
>>> mg Zm9v b k
<<< HD kfoo
??? redis,memcached,mongodb,dynamodb <<< HD kZm9v b
>>> ms Zm9v 3 b
>>> val
<<< HD
>>> mg foo k
<<< HD kZm9v b
??? redis,memcached,mongodb,dynamodb <<< HD kfoo

=== a miss returns the key as it was sent
>>> mg Zm9v b k
<<< EN kZm9v b
>>> mg Zm9v k b O1
<<< EN kZm9v b O1
>>> mg Zm9v b k q
>>> md Zm9v b k
<<< NF kZm9v b
>>> ma Zm9v b k O1
<<< NF kZm9v b O1
>>> ms Zm9v 1 b k MR
>>> x
<<< NS kZm9v b
>>> mn
<<< MN

=== md and ma return it as it was sent
>>> set foo 0 0 1
>>> 5
<<< STORED
>>> ma Zm9v b k v
<<< VA 1 kZm9v b
<<< 6
>>> ma Zm9v b k v O1
<<< VA 1 kZm9v b O1
<<< 7
>>> md Zm9v b k O1
<<< HD kZm9v b O1

=== keys of any bytes
>>> ms YSBi 1 b
>>> 1
<<< HD
>>> mg YSBi b v k
<<< VA 1 kYSBi b
<<< 1
>>> ms AAECDQo= 1 b k
>>> 2
<<< HD kAAECDQo= b
>>> mg AAECDQo= b v k
<<< VA 1 kAAECDQo= b
<<< 2
>>> md AAECDQo= b k
<<< HD kAAECDQo= b
>>> mg AAECDQo= b v k
<<< EN kAAECDQo= b

=== created by ma and mg
--- over memory,memcached no such marks on a Redis store
>>> ma Zm9v b N0 v k
<<< VA 1 kZm9v b
<<< 0
>>> mg YmFy b N30 v k
<<< VA 0 kbar W
??? memcached <<< VA 0 kYmFy b W
<<<
>>> get foo bar
<<< VALUE foo 0 1
<<< 0
<<< VALUE bar 0 0
<<<
<<< END

=== keys that are not base64
>>> mg foo b
<<< CLIENT_ERROR error decoding key
>>> mg Zm9 b
<<< CLIENT_ERROR error decoding key
>>> mg Z b
<<< CLIENT_ERROR error decoding key
>>> mg !!!! b
<<< CLIENT_ERROR error decoding key
>>> mg ==== b
<<< CLIENT_ERROR error decoding key
>>> mg Zm9v!A== b
<<< CLIENT_ERROR error decoding key
>>> ms foo! 3 b
>>> val
<<< CLIENT_ERROR error decoding key
>>> ms Z 3 b q
>>> val
<<< CLIENT_ERROR error decoding key
>>> md Z b
<<< CLIENT_ERROR invalid or duplicate flag
>>> ma Z b
<<< CLIENT_ERROR invalid or duplicate flag
>>> mg !! b z
<<< CLIENT_ERROR invalid flag
>>> mn
<<< MN

=== bits after the padding
>>> set a 0 0 1
>>> x
<<< STORED
>>> mg YQ== b v
<<< VA 1
<<< x
>>> mg YQ b v
<<< CLIENT_ERROR error decoding key

=== the longest
>>> ms {{eHh4*62}} 1 b
>>> x
<<< HD
>>> mg {{eHh4*62}} b v s
<<< VA 1 s1
<<< x
>>> get {{x*186}}
<<< VALUE {{x*186}} 0 1
<<< x
<<< END
>>> ms {{eHh4*63}} 2 b
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> mg {{eHh4*63}} b
<<< CLIENT_ERROR bad command line format

=== an empty key
>>> mg \x20 b
<<< EN
>>> ms  2 b
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

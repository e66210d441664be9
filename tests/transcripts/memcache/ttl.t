# The TTL policy: time 0 names no TTL and gets ttl.default; nothing lives longer than ttl.max.
--- daemon-only memcached has no TTL policy
--- option ttl.default=100
--- option ttl.max=1000

=== time 0 gets the default
>>> set a 0 0 1
>>> x
<<< STORED
>>> mg a t
<<<~ HD t(100|99)
>>> add b 0 0 1
>>> x
<<< STORED
>>> mg b t
<<<~ HD t(100|99)
>>> ms c 1
>>> x
<<< HD
>>> mg c t
<<<~ HD t(100|99)
>>> ma d N0 t
<<<~ HD t(100|99)
>>> ms e 1 T0
>>> x
<<< HD
>>> mg e t
<<<~ HD t(100|99)

=== a time within the bounds stays
>>> set a 0 500 1
>>> x
<<< STORED
>>> mg a t
<<<~ HD t(500|499)
>>> touch a 600
<<< TOUCHED
>>> mg a t
<<<~ HD t(600|599)

=== beyond the maximum is clamped
>>> set a 0 5000 1
>>> x
<<< STORED
>>> mg a t
<<<~ HD t(1000|999)
>>> set a 0 2147483647 1
>>> x
<<< STORED
>>> mg a t
<<<~ HD t(1000|999)
>>> touch a 5000
<<< TOUCHED
>>> mg a t
<<<~ HD t(1000|999)
>>> mg a T5000 t
<<<~ HD t(1000|999)
+++ cachetted_ttl_clamped_total{bound="max"} 4

=== negative is gone at once
>>> set a 0 -1 1
>>> x
<<< STORED
>>> get a
<<< END

=== append and incr keep what is left
>>> set a 0 500 1
>>> 1
<<< STORED
>>> append a 0 0 1
>>> 0
<<< STORED
>>> incr a 1
<<< 11
>>> mg a t
<<<~ HD t(500|499)

=== what is counted as given the default
>>> set n 0 500 1
>>> x
<<< STORED
>>> touch n 0
<<< TOUCHED
>>> gat 0 n zz
<<< VALUE n 0 1
<<< x
<<< END
>>> mg n T0 t
<<<~ HD t(100|99)
+++ cachetted_ttl_defaulted_total 3

=== a lease and an invalidation too
--- over memory,memcached a Redis store keeps no such marks
>>> set n 0 500 1
>>> x
<<< STORED
>>> md n I T0
<<< HD
>>> mg zz N0 t
<<<~ HD t(100|99) W
+++ cachetted_ttl_defaulted_total 2

=== an item made by N shows the expiry that it was given
--- uncompressed memcached cachetted makes it
--- over memory,memcached a Redis store keeps no such marks
>>> mg zz T3 N5000 t
<<<~ HD t(1000|999) W
>>> mg zz t
<<<~ HD t(1000|999) Z
>>> ma zn T3 N5000 t
<<<~ HD t(1000|999)
??? memcached <<< HD t3
>>> mg zn t
<<<~ HD t(1000|999)

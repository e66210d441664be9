# The TTL policy with min and max, clamping: every clamp counts.
--- daemon-only redis-server has no TTL policy
--- option ttl.default=60
--- option ttl.min=10
--- option ttl.max=1000

=== above the maximum
>>> SET k v EX 5000
<<< +OK
>>> TTL k
<<<~ :(999|1000)
>>> SETEX k 5000 v
<<< +OK
>>> PSETEX k 5000000 v
<<< +OK
>>> SET k v EXAT 4102444800
<<< +OK
>>> EXPIRE k 5000
<<< :1
>>> PEXPIREAT k 4102444800000
<<< :1
>>> GETEX k PX 5000000
<<< $1
<<< v
>>> TTL k
<<<~ :(999|1000)
+++ cachetted_ttl_clamped_total{bound="max"} 7
+++ cachetted_ttl_clamped_total{bound="min"} 0

=== below the minimum
>>> SET k v EX 5
<<< +OK
>>> TTL k
<<<~ :(9|10)
>>> SET k v PX 1
<<< +OK
>>> TTL k
<<<~ :(9|10)
>>> EXPIRE k 1
<<< :1
>>> TTL k
<<<~ :(9|10)
+++ cachetted_ttl_clamped_total{bound="min"} 3

=== inside the bounds
>>> SET k v EX 10
<<< +OK
>>> SET k v EX 1000
<<< +OK
>>> SET k v EX 500
<<< +OK
>>> TTL k
<<<~ :(499|500)
>>> SET k v
<<< +OK
>>> TTL k
<<<~ :(59|60)
+++ cachetted_ttl_clamped_total 0

=== PERSIST becomes the maximum
>>> SET k v
<<< +OK
>>> PERSIST k
<<< :1
>>> TTL k
<<<~ :(999|1000)
>>> SET k v
<<< +OK
>>> GETEX k PERSIST
<<< $1
<<< v
>>> TTL k
<<<~ :(999|1000)
>>> PERSIST absent
<<< :0

=== zero, negative and past times are never clamped
>>> SET k v
<<< +OK
>>> EXPIRE k 0
<<< :1
>>> EXISTS k
<<< :0
>>> SET k v
<<< +OK
>>> PEXPIREAT k 1
<<< :1
>>> EXISTS k
<<< :0
>>> SET k v EXAT 1
<<< +OK
>>> EXISTS k
<<< :0
>>> SET k v EX 0
<<< -ERR invalid expire time in 'set' command
>>> SET k v EX -5
<<< -ERR invalid expire time in 'set' command
+++ cachetted_ttl_clamped_total 0

=== a condition that does not hold changes nothing
>>> SET k v EX 100
<<< +OK
>>> EXPIRE k 5000 NX
<<< :0
>>> TTL k
<<<~ :(99|100)

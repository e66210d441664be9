# The TTL policy with on_violation: reject. The error names the bound, and nothing is stored.
--- daemon-only redis-server has no TTL policy
--- option ttl.default=60
--- option ttl.min=10
--- option ttl.max=1000
--- option ttl.on_violation=reject

=== above and below
>>> SET k v EX 5000
<<<~ -ERR .*ttl\.max.*
>>> SET k v PX 9999
<<<~ -ERR .*ttl\.min.*
>>> EXISTS k
<<< :0
>>> SET k old EX 100
<<< +OK
>>> SETEX k 5000 new
<<<~ -ERR .*ttl\.max.*
>>> EXPIRE k 5000
<<<~ -ERR .*ttl\.max.*
>>> GETEX k EX 1
<<<~ -ERR .*ttl\.min.*
>>> GET k
<<< $3
<<< old
>>> TTL k
<<<~ :(99|100)
+++ cachetted_ttl_rejected_total 5
+++ cachetted_ttl_clamped_total 0
+++ cachetted_errors_total{kind="ttl_rejected"} 5

=== inside
>>> SET k v EX 10
<<< +OK
>>> SET k v EX 1000
<<< +OK
>>> SET k v
<<< +OK
>>> TTL k
<<<~ :(59|60)
>>> EXPIRE k -1
<<< :1
>>> EXISTS k
<<< :0

=== inside a transaction the others run
>>> MULTI
<<< +OK
>>> SET a 1 EX 5000
<<< +QUEUED
>>> SET b 1 EX 50
<<< +QUEUED
>>> EXEC
<<< *2
<<<~ -ERR .*ttl\.max.*
<<< +OK
>>> EXISTS a b
<<< :1

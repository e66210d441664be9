# Another policy for a prefix; the longest prefix wins, what a route leaves out is the global policy's.
--- daemon-only redis-server has no TTL policy
--- option ttl.default=60
--- option ttl.max=1000
--- option routes=[{prefix: "session:", ttl: {default: 1800, max: 86400}}, {prefix: "session:short:", ttl: {default: 5}}, {prefix: "keep:", ttl: {default: 0, max: 0}}]

=== each prefix has its default
>>> SET plain v
<<< +OK
>>> TTL plain
<<<~ :(59|60)
>>> SET session:1 v
<<< +OK
>>> TTL session:1
<<<~ :(1799|1800)
>>> SET session:short:1 v
<<< +OK
>>> TTL session:short:1
<<<~ :(4|5)
>>> SET keep:1 v
<<< +OK
>>> TTL keep:1
<<< :-1
>>> SET session v
<<< +OK
>>> TTL session
<<<~ :(59|60)

=== each prefix has its maximum
>>> SET session:1 v EX 50000
<<< +OK
>>> TTL session:1
<<<~ :(49999|50000)
>>> SET session:1 v EX 100000
<<< +OK
>>> TTL session:1
<<<~ :(86399|86400)
>>> SET plain v EX 50000
<<< +OK
>>> TTL plain
<<<~ :(999|1000)
>>> SET keep:1 v EXAT 2100000000
<<< +OK
>>> EXPIRETIME keep:1
<<< :2100000000

=== MSET gives each key its own
>>> MSET plain 1 session:1 2 keep:1 3
<<< +OK
>>> TTL plain
<<<~ :(59|60)
>>> TTL session:1
<<<~ :(1799|1800)
>>> TTL keep:1
<<< :-1

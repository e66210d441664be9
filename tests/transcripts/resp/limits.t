# Keys and values over the limits: an error that names the limit, the stream stays in step, the old value is kept.
--- daemon-only redis-server has no such options
--- option limits.max_key=20
--- option limits.max_value=100

=== keys
>>> SET {{k*20}} v
<<< +OK
>>> SET {{k*21}} v
<<<~ -ERR .*21 bytes.*20.*limits\.max_key.*
>>> GET {{k*21}}
<<<~ -ERR .*limits\.max_key.*
>>> MSET a 1 {{k*21}} 2
<<<~ -ERR .*limits\.max_key.*
>>> EXISTS a
<<< :0
>>> DEL a {{k*21}}
<<<~ -ERR .*limits\.max_key.*
>>> PING
<<< +PONG

=== values
>>> SET k {{v*100}}
<<< +OK
>>> SET k {{v*101}}
<<<~ -ERR .*
>>> GET k
<<< $100
<<< {{v*100}}
>>> PING
<<< +PONG

=== values that grow
--- over memory,memcached,mongodb,dynamodb a Redis store does it, and lets them grow to its own limit
>>> SET k {{v*100}}
<<< +OK
>>> APPEND k x
<<<~ -ERR .*
>>> SETRANGE k 100 x
<<<~ -ERR .*
>>> SETBIT k 800 1
<<<~ -ERR .*
>>> SETRANGE n 100 x
<<<~ -ERR .*
>>> GET k
<<< $100
<<< {{v*100}}
>>> EXISTS n
<<< :0
>>> PING
<<< +PONG

=== in a transaction
>>> MULTI
<<< +OK
>>> SET {{k*21}} v
<<<~ -ERR .*limits\.max_key.*
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.

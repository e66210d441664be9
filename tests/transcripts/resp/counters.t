# INCR, DECR, INCRBY, DECRBY.

=== counting
>>> INCR n
<<< :1
>>> INCR n
<<< :2
>>> INCRBY n 40
<<< :42
>>> DECR n
<<< :41
>>> DECRBY n 100
<<< :-59
>>> GET n
<<< $3
<<< -59
>>> INCRBY n -1
<<< :-60
>>> DECRBY n -2
<<< :-58
>>> GET n
<<< $3
<<< -58

=== the ends of the range
>>> SET n 9223372036854775806
<<< +OK
>>> INCR n
<<< :9223372036854775807
>>> INCR n
<<< -ERR increment or decrement would overflow
>>> INCRBY n 1
<<< -ERR increment or decrement would overflow
>>> GET n
<<< $19
<<< 9223372036854775807
>>> SET n -9223372036854775807
<<< +OK
>>> DECR n
<<< :-9223372036854775808
>>> DECR n
<<< -ERR increment or decrement would overflow
>>> DECRBY n 1
<<< -ERR increment or decrement would overflow
>>> INCRBY n -1
<<< -ERR increment or decrement would overflow
>>> GET n
<<< $20
<<< -9223372036854775808
>>> SET n 0
<<< +OK
>>> DECRBY n -9223372036854775808
<<< -ERR decrement would overflow
>>> DECRBY n 9223372036854775807
<<< :-9223372036854775807
>>> INCRBY n -1
<<< :-9223372036854775808
>>> INCRBY n -9223372036854775808
<<< -ERR increment or decrement would overflow

=== operands that are no integers
>>> INCRBY n abc
<<< -ERR value is not an integer or out of range
>>> INCRBY n 1.5
<<< -ERR value is not an integer or out of range
>>> INCRBY n ""
<<< -ERR value is not an integer or out of range
>>> INCRBY n " 1"
<<< -ERR value is not an integer or out of range
>>> INCRBY n 9223372036854775808
<<< -ERR value is not an integer or out of range
>>> INCRBY n -9223372036854775809
<<< -ERR value is not an integer or out of range
>>> INCRBY n +1
<<< -ERR value is not an integer or out of range
>>> INCRBY n 01
<<< -ERR value is not an integer or out of range
>>> INCRBY n -0
<<< -ERR value is not an integer or out of range
>>> DECRBY n abc
<<< -ERR value is not an integer or out of range
>>> EXISTS n
<<< :0

=== values that are no integers
--- uncompressed memcached cachetted counts, by the rules of redis-server
>>> SET n abc
<<< +OK
>>> INCR n
<<< -ERR value is not an integer or out of range
>>> SET n 1.0
<<< +OK
>>> INCR n
<<< -ERR value is not an integer or out of range
>>> SET n " 1"
<<< +OK
>>> INCR n
<<< -ERR value is not an integer or out of range
??? memcached <<< :2
>>> SET n 01
<<< +OK
>>> INCR n
<<< -ERR value is not an integer or out of range
??? memcached <<< :2
>>> SET n -0
<<< +OK
>>> INCR n
<<< -ERR value is not an integer or out of range
??? memcached <<< :1
>>> SET n 99999999999999999999
<<< +OK
>>> DECR n
<<< -ERR value is not an integer or out of range
>>> GET n
<<< $20
<<< 99999999999999999999

=== nothing is no integer
--- over memory,redis,mongodb,dynamodb memcached reads on behind it, into what the memory held before
>>> SET n ""
<<< +OK
>>> INCR n
<<< -ERR value is not an integer or out of range
>>> SET n "  "
<<< +OK
>>> INCR n
<<< -ERR value is not an integer or out of range

=== the expiry stays
>>> SET n 1 EXAT 2100000000
<<< +OK
>>> INCR n
<<< :2
>>> EXPIRETIME n
<<< :2100000000
>>> INCRBYFLOAT n 1.5
<<< $3
<<< 3.5
>>> EXPIRETIME n
<<< :2100000000

=== wrong arity
>>> INCR
<<< -ERR wrong number of arguments for 'incr' command
>>> INCR a b
<<< -ERR wrong number of arguments for 'incr' command
>>> DECR
<<< -ERR wrong number of arguments for 'decr' command
>>> INCRBY n
<<< -ERR wrong number of arguments for 'incrby' command
>>> DECRBY n 1 2
<<< -ERR wrong number of arguments for 'decrby' command
>>> INCRBYFLOAT n
<<< -ERR wrong number of arguments for 'incrbyfloat' command

# INCRBYFLOAT: long double arithmetic, at most 17 decimals, no exponent in the reply.

=== sums
>>> SET f 10.50
<<< +OK
>>> INCRBYFLOAT f 0.1
<<< $4
<<< 10.6
>>> INCRBYFLOAT f -5
<<< $3
<<< 5.6
>>> SET f 5.0e3
<<< +OK
>>> INCRBYFLOAT f 2.0e2
<<< $4
<<< 5200
>>> GET f
<<< $4
<<< 5200
>>> INCRBYFLOAT n 3
<<< $1
<<< 3
>>> GET n
<<< $1
<<< 3
>>> INCR n
<<< :4
>>> INCRBYFLOAT n 1.0e-3
<<< $5
<<< 4.001
>>> INCR n
<<< -ERR value is not an integer or out of range

=== decimals
>>> INCRBYFLOAT f 0.1
<<< $3
<<< 0.1
>>> INCRBYFLOAT f 0.2
<<< $3
<<< 0.3
>>> INCRBYFLOAT g 1e-17
<<< $19
<<< 0.00000000000000001
>>> INCRBYFLOAT g 1e-18
<<< $19
<<< 0.00000000000000001
>>> INCRBYFLOAT h 3.14159265358979323846
<<< $19
<<< 3.14159265358979324
>>> INCRBYFLOAT i 1e18
<<< $19
<<< 1000000000000000000
>>> INCRBYFLOAT i 0.5
<<< $21
<<< 1000000000000000000.5
>>> INCRBYFLOAT j 123456789012345678901234567890
<<< $30
<<< 123456789012345678899921813504
>>> INCRBYFLOAT k -0.0
<<< $1
<<< 0
>>> INCRBYFLOAT l 0x10
<<< $2
<<< 16
>>> INCRBYFLOAT m 1e300
<<< $301
<<< 1000000000000000000008997324079559193870523944273290747938260082321265646596180935755849152083750497190350372508614274835903592556184672983913096260520748646287327135641843653294084255107606016789726652932370030551382947620994540294772781889620606179267611627097410650567187386105690089424915104006144

=== refused
>>> SET f abc
<<< +OK
>>> INCRBYFLOAT f 1
<<< -ERR value is not a valid float
>>> SET f 1
<<< +OK
>>> INCRBYFLOAT f abc
<<< -ERR value is not a valid float
>>> INCRBYFLOAT f ""
<<< -ERR value is not a valid float
>>> INCRBYFLOAT f " 1"
<<< -ERR value is not a valid float
>>> INCRBYFLOAT f "1 "
<<< -ERR value is not a valid float
>>> INCRBYFLOAT f 1.2.3
<<< -ERR value is not a valid float
>>> INCRBYFLOAT f nan
<<< -ERR value is not a valid float
>>> INCRBYFLOAT f inf
<<< -ERR increment would produce NaN or Infinity
>>> INCRBYFLOAT f -inf
<<< -ERR increment would produce NaN or Infinity
>>> INCRBYFLOAT f +1
<<< $1
<<< 2
>>> INCRBYFLOAT f 1e5000
<<< -ERR value is not a valid float
>>> GET f
<<< $1
<<< 2
>>> SET f "1 "
<<< +OK
>>> INCRBYFLOAT f 1
<<< -ERR value is not a valid float
>>> SET f " 1"
<<< +OK
>>> INCRBYFLOAT f 1
<<< -ERR value is not a valid float
>>> SET f ""
<<< +OK
>>> INCRBYFLOAT f 1
<<< -ERR value is not a valid float
>>> SET f inf
<<< +OK
>>> INCRBYFLOAT f 1
<<< -ERR increment would produce NaN or Infinity

=== in resp3 it is a bulk string too
>>> HELLO 3
<<<any
>>> INCRBYFLOAT f 1.25
<<< $4
<<< 1.25

# GETRANGE, SUBSTR, SETRANGE.

=== getrange
>>> SET k "This is a string"
<<< +OK
>>> GETRANGE k 0 3
<<< $4
<<< This
>>> GETRANGE k -3 -1
<<< $3
<<< ing
>>> GETRANGE k 0 -1
<<< $16
<<< This is a string
>>> GETRANGE k 10 100
<<< $6
<<< string
>>> GETRANGE k 5 3
<<< $0
<<< 
>>> GETRANGE k 100 200
<<< $0
<<< 
>>> GETRANGE k -100 2
<<< $3
<<< Thi
>>> GETRANGE k -100 -50
<<< $1
<<< T
>>> GETRANGE k -1 -5
<<< $0
<<< 
>>> GETRANGE k 0 -17
<<< $1
<<< T
>>> GETRANGE k 9223372036854775807 9223372036854775807
<<< $0
<<< 
>>> GETRANGE k -9223372036854775808 9223372036854775807
<<< $16
<<< This is a string
>>> GETRANGE absent 0 -1
<<< $0
<<< 
>>> SUBSTR k 0 3
<<< $4
<<< This
>>> SET n 12345
<<< +OK
>>> GETRANGE n 1 2
<<< $2
<<< 23

=== getrange refuses
>>> GETRANGE k a 1
<<< -ERR value is not an integer or out of range
>>> GETRANGE k 1 a
<<< -ERR value is not an integer or out of range
>>> GETRANGE k 0
<<< -ERR wrong number of arguments for 'getrange' command
>>> GETRANGE k 0 1 2
<<< -ERR wrong number of arguments for 'getrange' command
>>> GETRANGE k 1.5 2
<<< -ERR value is not an integer or out of range
>>> SUBSTR k 0
<<< -ERR wrong number of arguments for 'substr' command
>>> SUBSTR k a b
<<< -ERR value is not an integer or out of range

=== setrange
>>> SET k "Hello World"
<<< +OK
>>> SETRANGE k 6 Redis
<<< :11
>>> GET k
<<< $11
<<< Hello Redis
>>> SETRANGE n 3 ab
<<< :5
>>> GET n
<<< $5
<<< \x00\x00\x00ab
>>> SETRANGE k 0 ""
<<< :11
>>> SETRANGE absent 0 ""
<<< :0
>>> SETRANGE absent 5 ""
<<< :0
>>> EXISTS absent
<<< :0
>>> SETRANGE k 20 x
<<< :21
>>> GET k
<<< $21
<<< Hello Redis\x00\x00\x00\x00\x00\x00\x00\x00\x00x
>>> SETRANGE z 0 ab
<<< :2
>>> GET z
<<< $2
<<< ab

=== setrange keeps the expiry
>>> SET k abc EXAT 2100000000
<<< +OK
>>> SETRANGE k 1 X
<<< :3
>>> EXPIRETIME k
<<< :2100000000

=== setrange refuses
>>> SETRANGE k -1 x
<<< -ERR offset is out of range
>>> SETRANGE k abc x
<<< -ERR value is not an integer or out of range
>>> SETRANGE k 536870912 x
<<< -ERR string exceeds maximum allowed size (proto-max-bulk-len)
>>> SETRANGE k 9223372036854775807 x
<<< -ERR string exceeds maximum allowed size (proto-max-bulk-len)
>>> SETRANGE k 9223372036854775808 x
<<< -ERR value is not an integer or out of range
>>> SETRANGE k 1
<<< -ERR wrong number of arguments for 'setrange' command
>>> SETRANGE k 536870912 ""
<<< :0
>>> EXISTS k
<<< :0

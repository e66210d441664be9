# Commands as plain lines.

=== plain
>>>raw "PING\r\n"
<<< +PONG
>>>raw "SET k v\r\n"
<<< +OK
>>>raw "GET k\r\n"
<<< $1
<<< v
>>>raw "  GET    k  \r\n"
<<< $1
<<< v
>>>raw "\tGET\tk\r\n"
<<< $1
<<< v

=== a bare newline ends a line
>>>raw "PING\n"
<<< +PONG
>>>raw "SET k v\nGET k\n"
<<< +OK
<<< $1
<<< v

=== empty lines are passed over
>>>raw "\r\n\r\n\nPING\r\n"
<<< +PONG
>>>raw "   \r\nPING\r\n"
<<< +PONG

=== quotes
>>>raw "SET k \"a b\"\r\n"
<<< +OK
>>> GET k
<<< $3
<<< a b
>>>raw "SET k 'a \\\"b\\\\n'\r\n"
<<< +OK
>>> GET k
<<< $8
<<< a \\"b\\\\n
>>>raw "SET k \"\\x41\\n\\r\\t\\b\\a\\\\\\\"\\q\\xzz\"\r\n"
<<< +OK
>>> GET k
<<< $12
<<< A\n\r\t\x08\x07\\"qxzz
>>>raw "SET k 'it\\'s'\r\n"
<<< +OK
>>> GET k
<<< $4
<<< it's
>>>raw "SET k \"\"\r\n"
<<< +OK
>>> GET k
<<< $0
<<< 
>>>raw "SET \"\" ''\r\n"
<<< +OK
??? memcached <<< -ERR key of 0 bytes: the 'memcached' backend takes 1 to 250
??? dynamodb <<< -ERR a key of 0 bytes: the 'dynamodb' backend has keys of 1 to 2048 bytes
>>> EXISTS ""
<<< :1
??? memcached <<< -ERR key of 0 bytes: the 'memcached' backend takes 1 to 250
??? dynamodb <<< :0
>>>raw "SET a\"b c\r\n"
<<< -ERR Protocol error: unbalanced quotes in request
<<<close

=== unbalanced single quotes
>>>raw "SET k 'abc\r\n"
<<< -ERR Protocol error: unbalanced quotes in request
<<<close

=== text right after a quote
>>>raw "SET k \"abc\"d\r\n"
<<< -ERR Protocol error: unbalanced quotes in request
<<<close

=== mixed with arrays
>>>raw "PING\r\n*1\r\n$4\r\nPING\r\nPING x\r\n"
<<< +PONG
<<< +PONG
<<< $1
<<< x

=== unknown and wrong arity
>>>raw "NOSUCH a b\r\n"
<<< -ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b'\x20
>>>raw "GET\r\n"
<<< -ERR wrong number of arguments for 'get' command

=== line of 65000 bytes
>>>raw "SET k {{x*65000}}\r\n"
<<< +OK
>>> STRLEN k
<<< :65000

=== a line without an end
>>>raw "{{x*70000}}"
<<< -ERR Protocol error: too big inline request
<<<close

# Malformed input: the error, then the close. An empty or null array is passed over.

=== empty arrays
>>>raw "*0\r\n*1\r\n$4\r\nPING\r\n"
<<< +PONG
>>>raw "*-1\r\n*1\r\n$4\r\nPING\r\n"
<<< +PONG
>>>raw "*-10\r\n*1\r\n$4\r\nPING\r\n"
<<< +PONG

=== a count that is no number
>>>raw "*abc\r\n"
<<< -ERR Protocol error: invalid multibulk length
<<<close

=== an empty count
>>>raw "*\r\n"
<<< -ERR Protocol error: invalid multibulk length
<<<close

=== a count with a sign
>>>raw "*+1\r\n$4\r\nPING\r\n"
<<< -ERR Protocol error: invalid multibulk length
<<<close

=== a count with a blank
>>>raw "* 1\r\n$4\r\nPING\r\n"
<<< -ERR Protocol error: invalid multibulk length
<<<close

=== a count too large
>>>raw "*2147483648\r\n"
<<< -ERR Protocol error: invalid multibulk length
<<<close

=== a count of a million is awaited
>>>raw "*1048577\r\n$1\r\nx\r\nx\r\n"
<<< -ERR Protocol error: expected '$', got 'x'
<<<close

=== a count of 20 digits
>>>raw "*99999999999999999999\r\n"
<<< -ERR Protocol error: invalid multibulk length
<<<close

=== a count without an end
>>>raw "*{{1*70000}}"
<<< -ERR Protocol error: too big mbulk count string
<<<close

=== no dollar
>>>raw "*1\r\n+PING\r\n"
<<< -ERR Protocol error: expected '$', got '+'
<<<close

=== no dollar but a printable
>>>raw "*2\r\n$4\r\nECHO\r\nhello\r\n"
<<< -ERR Protocol error: expected '$', got 'h'
<<<close

=== no dollar but a newline
>>>raw "*1\r\n\r\n"
<<< -ERR Protocol error: expected '$', got ' '
<<<close

=== a bulk length that is no number
>>>raw "*1\r\n$abc\r\n"
<<< -ERR Protocol error: invalid bulk length
<<<close

=== a negative bulk length
>>>raw "*1\r\n$-1\r\n"
<<< -ERR Protocol error: invalid bulk length
<<<close

=== a bulk length with a leading zero
>>>raw "*1\r\n$04\r\nPING\r\n"
<<< -ERR Protocol error: invalid bulk length
<<<close

=== a bulk too large
>>>raw "*1\r\n$536870913\r\n"
<<< -ERR Protocol error: invalid bulk length
<<<close

=== a bulk length of 20 digits
>>>raw "*1\r\n$99999999999999999999\r\n"
<<< -ERR Protocol error: invalid bulk length
<<<close

=== a bulk length without an end
>>>raw "*1\r\n${{1*70000}}"
<<< -ERR Protocol error: too big bulk count string
<<<close

=== what came before the fault is answered
>>>raw "*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*x\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n"
<<< +PONG
<<< +OK
<<< -ERR Protocol error: invalid multibulk length
<<<close
>>>[b] GET a
<<<[b] $1
<<<[b] 1

=== the bytes after a bulk are not looked at
>>>raw "*2\r\n$4\r\nECHO\r\n$1\r\naXX*1\r\n$4\r\nPING\r\n"
<<< $1
<<< a
<<< +PONG

=== an unfinished command does nothing
>>>raw "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n"
<<<raw ""
>>>[b] GET a
<<<[b] $-1
>>>raw "v\r\n"
<<< +OK
>>>[b] GET a
<<<[b] $1
<<<[b] v

=== a fault inside a transaction
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>>raw "*1\r\n$x\r\n"
<<< -ERR Protocol error: invalid bulk length
<<<close
>>>[b] GET a
<<<[b] $-1

=== empty command name
>>>raw "*1\r\n$0\r\n\r\n"
<<< -ERR unknown command '', with args beginning with:\x20

=== http post
>>>raw "POST / HTTP/1.1\r\nHost: x\r\n\r\n"
<<<close

=== http get
>>>raw "GET / HTTP/1.1\r\n"
<<< -ERR wrong number of arguments for 'get' command
>>>raw "Host: x\r\n\r\n"
<<<close

=== a whole http get
>>>raw "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
<<<close

=== what was asked just before
>>>raw "PING\r\nSET a 2\r\nPOST / HTTP/1.1\r\n"
<<<close
!!! sleep 30
>>>[b] GET a
<<<[b] $1
<<<[b] 2

=== a host line
>>>raw "Host: x\r\n"
<<<close

=== post as an array
>>> POST x
<<<close

=== other connections are untouched
>>>[b] SET a 1
<<<[b] +OK
>>>raw "*x\r\n"
<<< -ERR Protocol error: invalid multibulk length
<<<close
>>>[b] GET a
<<<[b] $1
<<<[b] 1

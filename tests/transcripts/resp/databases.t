# SELECT, SWAPDB, MOVE, FLUSHDB, FLUSHALL, DBSIZE.

=== databases are separate
--- over memory,redis memcached has but one
>>> SET k zero
<<< +OK
>>> SELECT 1
<<< +OK
>>> GET k
<<< $-1
>>> SET k one
<<< +OK
>>> SELECT 0
<<< +OK
>>> GET k
<<< $4
<<< zero
>>> SELECT 15
<<< +OK
>>> DBSIZE
<<< :0
>>> SELECT 1
<<< +OK
>>> DBSIZE
<<< :1

=== select refuses
>>> SELECT
<<< -ERR wrong number of arguments for 'select' command
>>> SELECT 16
<<< -ERR DB index is out of range
>>> SELECT -1
<<< -ERR DB index is out of range
>>> SELECT abc
<<< -ERR value is not an integer or out of range
>>> SELECT 1.5
<<< -ERR value is not an integer or out of range
>>> SELECT 99999999999999999999
<<< -ERR value is not an integer or out of range
>>> SELECT 0 1
<<< -ERR wrong number of arguments for 'select' command
>>> SET k v
<<< +OK
>>> DBSIZE
<<< :1

=== pipelined around a select
--- over memory,redis memcached has but one
>>>raw "SET k zero\r\nSELECT 7\r\nSET k seven\r\nSELECT 7\r\nGET k\r\nSELECT 16\r\nGET k\r\nSELECT 0\r\nGET k\r\nDBSIZE\r\n"
<<<raw "+OK\r\n+OK\r\n+OK\r\n+OK\r\n$5\r\nseven\r\n"
<<< -ERR DB index is out of range
<<<raw "$5\r\nseven\r\n+OK\r\n$4\r\nzero\r\n:1\r\n"

=== a select without a reply
--- over memory,redis memcached has but one
>>> SET k zero
<<< +OK
>>>raw "CLIENT REPLY SKIP\r\nSELECT 5\r\nGET k\r\nCLIENT REPLY SKIP\r\nSELECT 16\r\nSET k five\r\nSELECT 0\r\nGET k\r\n"
<<<raw "$-1\r\n+OK\r\n+OK\r\n$4\r\nzero\r\n"

=== a select in the other version
--- over memory,redis memcached has but one
>>> HELLO 3
<<<any
>>>raw "SELECT 6\r\nSET k six\r\nHELLO 2\r\n"
<<<raw "+OK\r\n+OK\r\n"
<<<any
>>> GET k
<<< $3
<<< six

=== move
--- over memory it would concern the store's other users
>>> SET k v EXAT 4102444800
<<< +OK
>>> MOVE k 1
<<< :1
>>> EXISTS k
<<< :0
>>> SELECT 1
<<< +OK
>>> EXPIRETIME k
<<< :4102444800
>>> GET k
<<< $1
<<< v
>>> MOVE k 1
<<< -ERR source and destination objects are the same
>>> MOVE absent 2
<<< :0
>>> SELECT 0
<<< +OK
>>> SET k other
<<< +OK
>>> MOVE k 1
<<< :0
>>> GET k
<<< $5
<<< other
>>> MOVE k 16
<<< -ERR DB index is out of range
>>> MOVE k -1
<<< -ERR DB index is out of range
>>> MOVE k abc
<<< -ERR value is not an integer or out of range
>>> MOVE k
<<< -ERR wrong number of arguments for 'move' command

=== swapdb
--- over memory it would concern the store's other users
>>> SET k zero
<<< +OK
>>> SWAPDB 0 1
<<< +OK
>>> GET k
<<< $-1
>>> SELECT 1
<<< +OK
>>> GET k
<<< $4
<<< zero
>>> SWAPDB 1 1
<<< +OK
>>> SWAPDB 1 0
<<< +OK
>>> GET k
<<< $-1
>>> SWAPDB 0 16
<<< -ERR DB index is out of range
>>> SWAPDB 16 0
<<< -ERR DB index is out of range
>>> SWAPDB abc 0
<<< -ERR invalid first DB index
>>> SWAPDB 0 abc
<<< -ERR invalid second DB index
>>> SWAPDB -1 0
<<< -ERR DB index is out of range
>>> SWAPDB 0
<<< -ERR wrong number of arguments for 'swapdb' command

=== swapdb concerns other connections
--- over memory it would concern the store's other users
>>> SET k zero
<<< +OK
>>>[b] SELECT 3
<<<[b] +OK
>>>[b] GET k
<<<[b] $-1
>>> SWAPDB 0 3
<<< +OK
>>>[b] GET k
<<<[b] $4
<<<[b] zero
>>> GET k
<<< $-1

=== flushdb and flushall
--- over memory,redis memcached has but one
>>> MSET a 1 b 2
<<< +OK
>>> SELECT 2
<<< +OK
>>> MSET c 3
<<< +OK
>>> FLUSHDB
<<< +OK
>>> DBSIZE
<<< :0
>>> SELECT 0
<<< +OK
>>> DBSIZE
<<< :2
>>> FLUSHDB ASYNC
<<< +OK
>>> DBSIZE
<<< :0
>>> SET a 1
<<< +OK
>>> SELECT 4
<<< +OK
>>> SET b 2
<<< +OK
>>> FLUSHALL
<<< +OK
>>> DBSIZE
<<< :0
>>> SELECT 0
<<< +OK
>>> DBSIZE
<<< :0

=== flushdb and flushall of one database
>>> MSET a 1 b 2
<<< +OK
>>> FLUSHDB ASYNC
<<< +OK
>>> DBSIZE
<<< :0
>>> SET a 1
<<< +OK
>>> FLUSHALL SYNC
<<< +OK
>>> flushall async
<<< +OK
>>> FLUSHDB sync
<<< +OK
>>> FLUSHDB foo
<<< -ERR syntax error
>>> FLUSHALL foo
<<< -ERR syntax error
>>> FLUSHALL SYNC ASYNC
<<< -ERR syntax error
>>> FLUSHDB ASYNC x
<<< -ERR syntax error
>>> DBSIZE x
<<< -ERR wrong number of arguments for 'dbsize' command

=== where there is but one
--- daemon-only redis-server has 16
--- over memcached memcached has but one
>>> SET k v
<<< +OK
>>> SELECT 1
<<< -ERR DB index is out of range
>>> SELECT 0
<<< +OK
>>> COPY k c DB 1
<<< -ERR DB index is out of range
>>> COPY k c DB 0
<<< :1
>>> MOVE k 1
<<< -ERR DB index is out of range
>>> SWAPDB 0 1
<<< -ERR DB index is out of range
>>> SWAPDB 0 0
<<< -ERR command 'swapdb' is not supported by the 'memcached' backend
>>> MULTI
<<< +OK
>>> SELECT 1
<<< +QUEUED
>>> SELECT 0
<<< +QUEUED
>>> EXEC
<<< *2
<<< -ERR DB index is out of range
<<< +OK
>>> WATCH k
<<< -ERR WATCH is not supported by the 'memcached' backend
>>> UNWATCH
<<< +OK
>>> MGET k c
<<< *2
<<< $1
<<< v
<<< $1
<<< v

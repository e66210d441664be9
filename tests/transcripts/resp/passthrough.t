# What cachetted has no row for goes to a Redis or Valkey store as it is, and the reply comes back byte for byte.
--- over redis the memory backend refuses them: unsupported.t

=== hashes
>>> HSET h f v g w
<<< :2
>>> HSET h f x
<<< :0
>>> HGET h f
<<< $1
<<< x
>>> HGET h absent
<<< $-1
>>> HGET absent f
<<< $-1
>>> HMGET h f absent g
<<< *3
<<< $1
<<< x
<<< $-1
<<< $1
<<< w
>>> HGETALL h
<<< *4
<<< $1
<<< f
<<< $1
<<< x
<<< $1
<<< g
<<< $1
<<< w
>>> HEXISTS h f
<<< :1
>>> HINCRBY h n 5
<<< :5
>>> HINCRBYFLOAT h n 0.5
<<< $3
<<< 5.5
>>> HINCRBY h f 1
<<< -ERR hash value is not an integer
>>> HLEN h
<<< :3
>>> HKEYS absent
<<< *0
>>> HDEL h f g n
<<< :3
>>> EXISTS h
<<< :0
>>> HSET h f
<<< -ERR wrong number of arguments for 'hset' command
>>> hset h "a\r\nb" "\x00\xff"
<<< :1
>>> hget h "a\r\nb"
<<< $2
<<< \x00\xff
>>> TYPE h
<<< +hash

=== hashes, resp3
>>> HELLO 3
<<<any
>>> HSET h f v
<<< :1
>>> HGETALL h
<<< %1
<<< $1
<<< f
<<< $1
<<< v
>>> HGETALL absent
<<< %0
>>> HGET h absent
<<< _
>>> HINCRBYFLOAT h n 1.5
<<< $3
<<< 1.5
>>> HRANDFIELD absent
<<< _
>>> HRANDFIELD h 0 WITHVALUES
<<< *0

=== lists
>>> RPUSH l a b c
<<< :3
>>> LPUSH l z
<<< :4
>>> LRANGE l 0 -1
<<< *4
<<< $1
<<< z
<<< $1
<<< a
<<< $1
<<< b
<<< $1
<<< c
>>> LPOP l
<<< $1
<<< z
>>> RPOP l 2
<<< *2
<<< $1
<<< c
<<< $1
<<< b
>>> LLEN l
<<< :1
>>> LINDEX l 0
<<< $1
<<< a
>>> LINDEX l 9
<<< $-1
>>> LSET l 9 x
<<< -ERR index out of range
>>> LPOS l absent
<<< $-1
>>> LPOP absent 2
<<< *-1
>>> LMOVE l m LEFT RIGHT
<<< $1
<<< a
>>> EXISTS l m
<<< :1
>>> LRANGE absent 0 -1
<<< *0

=== lists, resp3
>>> HELLO 3
<<<any
>>> LPOP absent
<<< _
>>> LPOP absent 2
<<< _
>>> RPUSH l a
<<< :1
>>> LRANGE l 0 -1
<<< *1
<<< $1
<<< a
>>> LMPOP 1 l LEFT
<<< *2
<<< $1
<<< l
<<< *1
<<< $1
<<< a
>>> LMPOP 1 l LEFT
<<< _

=== sets
>>> SADD s a
<<< :1
>>> SADD s a
<<< :0
>>> SMEMBERS s
<<< *1
<<< $1
<<< a
>>> SISMEMBER s a
<<< :1
>>> SMISMEMBER s a b
<<< *2
<<< :1
<<< :0
>>> SADD t a b
<<< :2
>>> SINTER s t
<<< *1
<<< $1
<<< a
>>> SINTERCARD 2 s t
<<< :1
>>> SDIFFSTORE d t s
<<< :1
>>> SMEMBERS d
<<< *1
<<< $1
<<< b
>>> SPOP absent
<<< $-1
>>> SCARD s
<<< :1

=== sets, resp3
>>> HELLO 3
<<<any
>>> SADD s a
<<< :1
>>> SMEMBERS s
<<< ~1
<<< $1
<<< a
>>> SMEMBERS absent
<<< ~0
>>> SPOP absent
<<< _
>>> SISMEMBER s a
<<< :1

=== sorted sets
>>> ZADD z 1 a 2.5 b inf c
<<< :3
>>> ZADD z NX 5 a
<<< :0
>>> ZADD z XX CH INCR 1 a
<<< $1
<<< 2
>>> ZSCORE z b
<<< $3
<<< 2.5
>>> ZSCORE z absent
<<< $-1
>>> ZRANGE z 0 -1 WITHSCORES
<<< *6
<<< $1
<<< a
<<< $1
<<< 2
<<< $1
<<< b
<<< $3
<<< 2.5
<<< $1
<<< c
<<< $3
<<< inf
>>> ZRANK z absent
<<< $-1
>>> ZRANGEBYSCORE z (2 +inf LIMIT 0 1
<<< *1
<<< $1
<<< b
>>> ZRANGEBYSCORE z x y
<<< -ERR min or max is not a float
>>> ZPOPMIN z
<<< *2
<<< $1
<<< a
<<< $1
<<< 2
>>> ZPOPMIN absent
<<< *0
>>> ZADD z x a
<<< -ERR value is not a valid float

=== sorted sets, resp3
>>> HELLO 3
<<<any
>>> ZADD z 1 a 2.5 b
<<< :2
>>> ZSCORE z b
<<< ,2.5
>>> ZSCORE z absent
<<< _
>>> ZRANGE z 0 -1 WITHSCORES
<<< *2
<<< *2
<<< $1
<<< a
<<< ,1
<<< *2
<<< $1
<<< b
<<< ,2.5
>>> ZADD z INCR 1 a
<<< ,2
>>> ZPOPMIN z
<<< *2
<<< $1
<<< a
<<< ,2
>>> ZRANDMEMBER absent
<<< _
>>> ZMSCORE z a b
<<< *2
<<< _
<<< ,2.5

=== streams
>>> XADD x 1-1 f v g w
<<< $3
<<< 1-1
>>> XADD x 1-1 f v
<<< -ERR The ID specified in XADD is equal or smaller than the target stream top item
>>> XADD x 2-1 f v
<<< $3
<<< 2-1
>>> XLEN x
<<< :2
>>> XRANGE x - +
<<< *2
<<< *2
<<< $3
<<< 1-1
<<< *4
<<< $1
<<< f
<<< $1
<<< v
<<< $1
<<< g
<<< $1
<<< w
<<< *2
<<< $3
<<< 2-1
<<< *2
<<< $1
<<< f
<<< $1
<<< v
>>> XREAD COUNT 1 STREAMS x 0
<<< *1
<<< *2
<<< $1
<<< x
<<< *1
<<< *2
<<< $3
<<< 1-1
<<< *4
<<< $1
<<< f
<<< $1
<<< v
<<< $1
<<< g
<<< $1
<<< w
>>> XREAD STREAMS x 9
<<< *-1
>>> XGROUP CREATE x group 0
<<< +OK
>>> XGROUP CREATE x group 0
<<< -BUSYGROUP Consumer Group name already exists
>>> XREADGROUP GROUP group one COUNT 1 STREAMS x >
<<< *1
<<< *2
<<< $1
<<< x
<<< *1
<<< *2
<<< $3
<<< 1-1
<<< *4
<<< $1
<<< f
<<< $1
<<< v
<<< $1
<<< g
<<< $1
<<< w
>>> XACK x group 1-1
<<< :1
>>> XTRIM x MAXLEN 1
<<< :1
>>> XDEL x 2-1
<<< :1

=== streams, resp3
>>> HELLO 3
<<<any
>>> XADD x 1-1 f v
<<< $3
<<< 1-1
>>> XREAD STREAMS x 0
<<< %1
<<< $1
<<< x
<<< *1
<<< *2
<<< $3
<<< 1-1
<<< *2
<<< $1
<<< f
<<< $1
<<< v
>>> XREAD STREAMS x 9
<<< _
>>> XRANGE x - +
<<< *1
<<< *2
<<< $3
<<< 1-1
<<< *2
<<< $1
<<< f
<<< $1
<<< v

=== geo, hyperloglog, bit fields
>>> GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
<<< :2
>>> GEODIST g Palermo Catania km
<<< $8
<<< 166.2742
>>> GEOPOS g Palermo absent
<<< *2
<<< *2
<<< $20
<<< 13.36138933897018433
<<< $20
<<< 38.11555639549629859
<<< *-1
>>> PFADD p a b c
<<< :1
>>> PFCOUNT p
<<< :3
>>> BITFIELD b SET u8 0 255 INCRBY u8 0 1 OVERFLOW FAIL INCRBY u8 0 300
<<< *3
<<< :0
<<< :0
<<< $-1
>>> SORT absent
<<< *0
>>> RPUSH l 3 1 2
<<< :3
>>> SORT l DESC
<<< *3
<<< $1
<<< 3
<<< $1
<<< 2
<<< $1
<<< 1
>>> SETBIT a 1 1
<<< :0
>>> BITOP NOT c a
<<< :1
>>> GET c
<<< $1
<<< \xbf

=== dump and restore
>>> RPUSH l a
<<< :1
>>> DUMP absent
<<< $-1
>>> RESTORE k 0 bad
<<< -ERR DUMP payload version or checksum are wrong
>>> OBJECT HELP
<<<any

=== of the wrong type, both ways
>>> HSET h f v
<<< :1
>>> GET h
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
>>> INCR h
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
>>> APPEND h x
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
>>> STRLEN h
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
>>> SET s v
<<< +OK
>>> HGET s f
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
>>> LPUSH s x
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
>>> MGET h s
<<< *2
<<< $-1
<<< $1
<<< v
>>> SET h v
<<< +OK
>>> TYPE h
<<< +string

=== keys of other types are keys
>>> HSET h f v
<<< :1
>>> RPUSH l a
<<< :1
>>> EXISTS h l
<<< :2
>>> TYPE l
<<< +list
>>> EXPIRE h 1000
<<< :1
>>> TTL h
<<< :1000
>>> RENAME h k
<<< +OK
>>> HGET k f
<<< $1
<<< v
>>> COPY l m
<<< :1
>>> DEL k l m
<<< :3
>>> DBSIZE
<<< :0

=== wrong arity
>>> HGET h
<<< -ERR wrong number of arguments for 'hget' command
>>> hset
<<< -ERR wrong number of arguments for 'hset' command
>>> LPUSH l
<<< -ERR wrong number of arguments for 'lpush' command
>>> ZADD z
<<< -ERR wrong number of arguments for 'zadd' command
>>> EVAL x
<<< -ERR wrong number of arguments for 'eval' command

=== scripts
>>> EVAL "return 1" 0
<<< :1
>>> EVAL "return {1, 'a', false, {2}, 3.9}" 0
<<< *5
<<< :1
<<< $1
<<< a
<<< $-1
<<< *1
<<< :2
<<< :3
>>> EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 k v
<<< +OK
>>> GET k
<<< $1
<<< v
>>> EVAL "return redis.call('GET', KEYS[1])" 1 absent
<<< $-1
>>> EVAL "return redis.status_reply('FINE')" 0
<<< +FINE
>>> EVAL "return redis.error_reply('MY error')" 0
<<< -MY error
>>> EVAL "return {KEYS[1], KEYS[2], ARGV[1]}" 2 a b c
<<< *3
<<< $1
<<< a
<<< $1
<<< b
<<< $1
<<< c
>>> EVAL "return #redis.call('KEYS', '*')" 0
<<< :1
>>> EVAL_RO "return redis.call('GET', KEYS[1])" 1 k
<<< $1
<<< v
>>> EVAL_RO "return redis.call('SET', KEYS[1], 'x')" 1 k
<<<~ -ERR Write commands are not allowed from read-only scripts\..*
>>> EVAL "return 1" x
<<< -ERR value is not an integer or out of range
>>> EVAL "return 1" 2 a
<<< -ERR Number of keys can't be greater than number of args
>>> EVAL "return (" 0
<<<~ -ERR Error compiling script .*
>>> EVAL "return redis.call('HSET', KEYS[1], 'f', 'v')" 1 h
<<< :1
>>> HGET h f
<<< $1
<<< v

=== scripts, resp3
>>> HELLO 3
<<<any
>>> EVAL "return redis.call('GET', KEYS[1])" 1 absent
<<< _
>>> EVAL "return {1, false}" 0
<<< *2
<<< :1
<<< _
>>> EVAL "redis.setresp(3); return redis.call('HGETALL', KEYS[1])" 1 absent
<<< %0
>>> EVAL "return {double = 3.5}" 0
<<< ,3.5
>>> EVAL "redis.setresp(3); return true" 0
<<< #t

=== by digest
>>> SCRIPT LOAD "return ARGV[1]"
<<< $40
<<< 098e0f0d1448c0a81dafe820f66d460eb09263da
>>> EVALSHA 098e0f0d1448c0a81dafe820f66d460eb09263da 0 hello
<<< $5
<<< hello
>>> EVALSHA 098E0F0D1448C0A81DAFE820F66D460EB09263DA 0 hello
<<< $5
<<< hello
>>> SCRIPT EXISTS 098e0f0d1448c0a81dafe820f66d460eb09263da ffffffffffffffffffffffffffffffffffffffff
<<< *2
<<< :1
<<< :0
>>> EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
<<<~ -NOSCRIPT No matching script\..*
>>> EVALSHA short 0
<<<~ -NOSCRIPT No matching script\..*
>>> EVALSHA_RO 098e0f0d1448c0a81dafe820f66d460eb09263da 0 x
<<< $1
<<< x
>>> SCRIPT EXISTS
<<< -ERR wrong number of arguments for 'script|exists' command

=== in a transaction
--- uncompressed redis a converted value cannot be changed in part within MULTI
>>> MULTI
<<< +OK
>>> HSET h f v
<<< +QUEUED
>>> SET k 1
<<< +QUEUED
>>> HGETALL h
<<< +QUEUED
>>> INCR k
<<< +QUEUED
>>> LPUSH k x
<<< +QUEUED
>>> EVAL "return redis.call('GET', KEYS[1])" 1 k
<<< +QUEUED
>>> MGET k absent
<<< +QUEUED
>>> ZRANGE absent 0 -1
<<< +QUEUED
>>> EXEC
<<< *8
<<< :1
<<< +OK
<<< *2
<<< $1
<<< f
<<< $1
<<< v
<<< :2
<<< -WRONGTYPE Operation against a key holding the wrong kind of value
<<< $1
<<< 2
<<< *2
<<< $1
<<< 2
<<< $-1
<<< *0
>>> HGET h f
<<< $1
<<< v
>>> GET k
<<< $1
<<< 2

=== in a transaction, resp3
>>> HELLO 3
<<<any
>>> MULTI
<<< +OK
>>> HSET h f v
<<< +QUEUED
>>> HGETALL h
<<< +QUEUED
>>> HGET h absent
<<< +QUEUED
>>> ZADD z 1.5 a
<<< +QUEUED
>>> ZSCORE z a
<<< +QUEUED
>>> SMEMBERS absent
<<< +QUEUED
>>> GET absent
<<< +QUEUED
>>> EVAL "return false" 0
<<< +QUEUED
>>> EXEC
<<< *8
<<< :1
<<< %1
<<< $1
<<< f
<<< $1
<<< v
<<< _
<<< :1
<<< ,1.5
<<< ~0
<<< _
<<< _

=== a wrong one aborts it
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>> HSET h f
<<< -ERR wrong number of arguments for 'hset' command
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.
>>> EXISTS a h
<<< :0

=== in a pipeline, in order
>>>raw "SET a 1\r\nHSET h f v\r\nGET a\r\nHGET h f\r\nINCR a\r\nHINCRBY h n 2\r\nMGET a absent\r\nHGETALL h\r\nPING\r\nLRANGE absent 0 -1\r\nECHO x\r\n"
<<< +OK
<<< :1
<<< $1
<<< 1
<<< $1
<<< v
<<< :2
<<< :2
<<< *2
<<< $1
<<< 2
<<< $-1
<<< *4
<<< $1
<<< f
<<< $1
<<< v
<<< $1
<<< n
<<< $1
<<< 2
<<< +PONG
<<< *0
<<< $1
<<< x

=== two sessions, one of each version
>>>[b] HELLO 3
<<<[b]any
>>> HSET h f v
<<< :1
>>>[b] HGETALL h
<<<[b] %1
<<<[b] $1
<<<[b] f
<<<[b] $1
<<<[b] v
>>> HGETALL h
<<< *2
<<< $1
<<< f
<<< $1
<<< v
>>>[b] HGET h absent
<<<[b] _
>>> HGET h absent
<<< $-1

=== in another database
>>> SELECT 3
<<< +OK
>>> HSET h f v
<<< :1
>>> SELECT 0
<<< +OK
>>> HGET h f
<<< $-1
>>>[b] SELECT 3
<<<[b] +OK
>>>[b] HGET h f
<<<[b] $1
<<<[b] v

=== a database that is not there
>>> SELECT 16
<<< -ERR DB index is out of range
>>> HSET h f v
<<< :1
>>> HGET h f
<<< $1
<<< v

=== unknown to the store as well
>>> NOSUCH a b
<<< -ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b'\x20
>>> HSETX h f v
<<< -ERR unknown command 'HSETX', with args beginning with: 'h' 'f' 'v'\x20

=== large replies
>>> HSET h f {{v*100000}}
<<< :1
>>> HGET h f
<<< $100000
<<< {{v*100000}}
>>> RPUSH l {{a*5000}} {{b*5000}}
<<< :2
>>> LRANGE l 0 -1
<<< *2
<<< $5000
<<< {{a*5000}}
<<< $5000
<<< {{b*5000}}

=== what would change the shared connection is refused
--- daemon-only redis-server does it
>>> SUBSCRIBE news
<<<~ -ERR command 'subscribe' is not passed on to the '(redis|valkey)' backend: .*
>>> PSUBSCRIBE news.*
<<<~ -ERR command 'psubscribe' is not passed on to .*
>>> SSUBSCRIBE news
<<<~ -ERR command 'ssubscribe' is not passed on to .*
>>> PUBLISH news x
<<<~ -ERR command 'publish' is not passed on to .*
>>> BLPOP l 1
<<<~ -ERR command 'blpop' is not passed on to .*
>>> BRPOPLPUSH l m 0
<<<~ -ERR command 'brpoplpush' is not passed on to .*
>>> BLMOVE l m LEFT LEFT 0
<<<~ -ERR command 'blmove' is not passed on to .*
>>> BZPOPMIN z 0
<<<~ -ERR command 'bzpopmin' is not passed on to .*
>>> XREAD BLOCK 0 STREAMS x $
<<<~ -ERR command 'xread' is not passed on to .*
>>> XREADGROUP GROUP g c BLOCK 0 STREAMS x >
<<<~ -ERR command 'xreadgroup' is not passed on to .*
>>> MONITOR
<<<~ -ERR command 'monitor' is not passed on to .*
>>> WATCH k
<<<~ -ERR .*
>>> MOVE k 1
<<<~ -ERR .*
>>> SWAPDB 0 1
<<<~ -ERR .*
>>> READWRITE
<<<~ -ERR .*
>>> ASKING
<<<~ -ERR .*
>>> CLIENT TRACKING ON
<<<~ -ERR .*
>>> CLIENT PAUSE 1000
<<<~ -ERR .*
>>> GET absent
<<< $-1

=== what is an administrator's is refused
--- daemon-only redis-server does it
>>> DEBUG SLEEP 0
<<<~ -ERR command 'debug' is not passed on to .*
>>> SHUTDOWN NOSAVE
<<<~ -ERR .*
>>> SCRIPT FLUSH
<<<~ -ERR .*
>>> SCRIPT KILL
<<<~ -ERR .*
>>> SCRIPT DEBUG YES
<<<~ -ERR .*
>>> FUNCTION FLUSH
<<<~ -ERR .*
>>> FUNCTION KILL
<<<~ -ERR .*
>>> SAVE
<<<~ -ERR command 'save' is not passed on to .*
>>> BGSAVE
<<<~ -ERR command 'bgsave' is not passed on to .*
>>> BGREWRITEAOF
<<<~ -ERR command 'bgrewriteaof' is not passed on to .*
>>> REPLICAOF NO ONE
<<<~ -ERR command 'replicaof' is not passed on to .*
>>> SLAVEOF NO ONE
<<<~ -ERR command 'slaveof' is not passed on to .*
>>> PSYNC ? -1
<<<~ -ERR command 'psync' is not passed on to .*
>>> SYNC
<<<~ -ERR command 'sync' is not passed on to .*
>>> REPLCONF LISTENING-PORT 1
<<<~ -ERR command 'replconf' is not passed on to .*
>>> FAILOVER
<<<~ -ERR command 'failover' is not passed on to .*
>>> MIGRATE 127.0.0.1 1 k 0 1
<<<~ -ERR command 'migrate' is not passed on to .*
>>> MODULE LIST
<<<~ -ERR .*
>>> ACL SETUSER eve on
<<<~ -ERR .*
>>> CLUSTER INFO
<<<~ -ERR .*
>>> GET absent
<<< $-1

=== a refused one aborts a transaction
--- daemon-only redis-server does it
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>> BLPOP l 1
<<<~ -ERR command 'blpop' is not passed on to .*
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.
>>> EXISTS a
<<< :0

=== a database of its own cannot be chosen inside
--- daemon-only redis-server can
>>> MULTI
<<< +OK
>>> SELECT 1
<<<~ -ERR SELECT inside MULTI is not supported by the '(redis|valkey)' backend
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.

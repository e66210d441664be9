# A raw value that looks like the envelope that flags are kept in, over a store.
--- over redis,memcached the memory backend has no envelopes
--- daemon-only memcached has no envelopes
--- option ttl.default=60

=== values that look like an envelope keep their bytes, whole or in pieces
>>>[resp] SET e "\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abc" KEEPTTL
<<<[resp] +OK
>>>[resp] GET e
<<<[resp]raw "$23\r\n\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abc\r\n"
>>>[resp] SET e "\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27def" KEEPTTL
<<<[resp] +OK
>>>[resp] GET e
<<<[resp]raw "$23\r\n\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27def\r\n"
>>>[resp] STRLEN e
<<<[resp] :23
>>>[resp] APPEND p "\xffcachet\x00\x01\x00"
<<<[resp] :10
>>>[resp] APPEND p "\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abc"
<<<[resp] :23
>>>[resp] GET p
<<<[resp]raw "$23\r\n\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abc\r\n"
>>>[resp] APPEND p x
<<<[resp] :24
>>>[resp] SETRANGE q 10 "\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abc"
<<<[resp] :23
>>>[resp] SETRANGE q 0 "\xffcachet\x00\x01\x00"
<<<[resp] :23
>>>[resp] GET q
<<<[resp]raw "$23\r\n\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abc\r\n"
>>>[resp] SETRANGE q 22 X
<<<[resp] :23
>>>[resp] GETRANGE q 20 -1
<<<[resp] $3
<<<[resp] abX
>>>[resp] APPEND r "\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abc"
<<<[resp] :23
>>>[resp] GETRANGE r 18 -1
<<<[resp]raw "$5\r\n\x80\x27abc\r\n"
>>> mg q f v
<<< VA 23 f0
<<<raw "\xffcachet\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2c\xb7\x80\x27abX\r\n"

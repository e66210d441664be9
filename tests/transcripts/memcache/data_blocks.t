# Data blocks that are not as announced: what is swallowed, what is kept, how the stream goes on.

=== longer than announced
>>> set a 0 0 3
>>> old
<<< STORED
>>>raw "set a 0 0 1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> get a
<<< VALUE a 0 3
<<< old
<<< END
>>> mn
<<< MN

=== much longer than announced
>>> set a 0 0 1
>>> 0123456789
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> mn
<<< MN

=== shorter than announced eats what follows
>>>raw "set a 0 0 3\r\nx\r\nmn\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> mn
<<< MN
>>> get a
<<< END

=== a block that ends in a bare line feed
>>>raw "set a 0 0 1\r\nx\nmn\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> mn
<<< MN
>>>raw "set a 0 0 1\nx\nmn\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> mn
<<< MN
>>> get a
<<< END

=== a line that ends in a bare line feed, and a good block
>>>raw "set a 0 0 1\nx\r\nget a\n"
<<< STORED
<<< VALUE a 0 1
<<< x
<<< END

=== a block that ends in a bare carriage return
>>>raw "set a 0 0 1\r\nx\rmn\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> mn
<<< MN

=== an empty block
>>>raw "set a 0 0 0\r\n\r\nget a\r\n"
<<< STORED
<<< VALUE a 0 0
<<<
<<< END
>>>raw "set a 0 0 0\r\nmn\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> mn
<<< MN

=== every storage command keeps what was there
>>> set a 0 0 3
>>> old
<<< STORED
>>>raw "add b 0 0 1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>>raw "replace a 0 0 1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>>raw "append a 0 0 1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>>raw "prepend a 0 0 1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>>raw "cas a 0 0 1 1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>>raw "ms a 1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>>raw "ms a 1 q k O1\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>>raw "ms a 1 MA\r\nxy\r\n"
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> get a b
<<< VALUE a 0 3
<<< old
<<< END

=== negative lengths
>>> set a 0 0 3
>>> old
<<< STORED
>>> set a 0 0 -1
<<< CLIENT_ERROR bad command line format
>>> set a 0 0 -100
<<< CLIENT_ERROR bad command line format
>>> add b 0 0 -1
<<< CLIENT_ERROR bad command line format
>>> append a 0 0 -1
<<< CLIENT_ERROR bad command line format
>>> cas a 0 0 -1 1
<<< CLIENT_ERROR bad command line format
>>> ms a -1
<<< CLIENT_ERROR bad command line format
>>> ms a -1 q
<<< CLIENT_ERROR bad command line format
>>> get a b
<<< VALUE a 0 3
<<< old
<<< END
>>> set a 0 0 -1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== lengths at the edge of 31 bits
>>> set a 0 0 2147483646
<<< CLIENT_ERROR bad command line format
>>> set a 0 0 2147483647
<<< CLIENT_ERROR bad command line format
>>> set a 0 0 2147483648
<<< CLIENT_ERROR bad command line format
>>> ms a 2147483646
<<< CLIENT_ERROR bad command line format
>>> ms a 2147483647
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== lengths are cut to 32 bits
>>> set a 0 0 4294967297
>>> x
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< x
<<< END
>>> ms b 4294967298
>>> xy
<<< HD
>>> get b
<<< VALUE b 0 2
<<< xy
<<< END

=== a huge length is swallowed, not stored
>>>[x] set a 0 0 2147483645
>>>[x] x
!!! sleep 50
>>> get a
<<< END
>>> set a 0 0 1
>>> y
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< y
<<< END
>>>[x]close

=== a client that leaves in the middle of a block changes nothing
>>> set a 0 0 3
>>> old
<<< STORED
>>>[x] set a 0 0 100
>>>[x] new
!!! sleep 50
>>>[x]close
>>> get a
<<< VALUE a 0 3
<<< old
<<< END

=== a block in many pieces
>>>raw "set a 0 0 1"
!!! sleep 10
>>>raw "0\r"
!!! sleep 10
>>>raw "\n01234"
!!! sleep 10
>>>raw "56789\r"
!!! sleep 10
>>>raw "\nge"
<<< STORED
!!! sleep 10
>>>raw "t a\r\n"
<<< VALUE a 0 10
<<< 0123456789
<<< END

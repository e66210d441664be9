# LCS.

=== text and length
>>> MSET a ohmytext b mynewtext
<<< +OK
>>> LCS a b
<<< $6
<<< mytext
>>> LCS a b LEN
<<< :6
>>> LCS a absent
<<< $0
<<< 
>>> LCS absent also LEN
<<< :0
>>> LCS a a
<<< $8
<<< ohmytext

=== idx
>>> MSET a ohmytext b mynewtext
<<< +OK
>>> LCS a b IDX
<<< *4
<<< $7
<<< matches
<<< *2
<<< *2
<<< *2
<<< :4
<<< :7
<<< *2
<<< :5
<<< :8
<<< *2
<<< *2
<<< :2
<<< :3
<<< *2
<<< :0
<<< :1
<<< $3
<<< len
<<< :6
>>> LCS a b IDX MINMATCHLEN 4
<<< *4
<<< $7
<<< matches
<<< *1
<<< *2
<<< *2
<<< :4
<<< :7
<<< *2
<<< :5
<<< :8
<<< $3
<<< len
<<< :6
>>> LCS a b IDX WITHMATCHLEN
<<< *4
<<< $7
<<< matches
<<< *2
<<< *3
<<< *2
<<< :4
<<< :7
<<< *2
<<< :5
<<< :8
<<< :4
<<< *3
<<< *2
<<< :2
<<< :3
<<< *2
<<< :0
<<< :1
<<< :2
<<< $3
<<< len
<<< :6
>>> LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
<<< *4
<<< $7
<<< matches
<<< *1
<<< *3
<<< *2
<<< :4
<<< :7
<<< *2
<<< :5
<<< :8
<<< :4
<<< $3
<<< len
<<< :6
>>> LCS a b idx minmatchlen 0 withmatchlen
<<< *4
<<< $7
<<< matches
<<< *2
<<< *3
<<< *2
<<< :4
<<< :7
<<< *2
<<< :5
<<< :8
<<< :4
<<< *3
<<< *2
<<< :2
<<< :3
<<< *2
<<< :0
<<< :1
<<< :2
<<< $3
<<< len
<<< :6
>>> LCS a b IDX MINMATCHLEN -5
<<< *4
<<< $7
<<< matches
<<< *2
<<< *2
<<< *2
<<< :4
<<< :7
<<< *2
<<< :5
<<< :8
<<< *2
<<< *2
<<< :2
<<< :3
<<< *2
<<< :0
<<< :1
<<< $3
<<< len
<<< :6
>>> LCS a b IDX MINMATCHLEN 100
<<< *4
<<< $7
<<< matches
<<< *0
<<< $3
<<< len
<<< :6
>>> LCS a absent IDX
<<< *4
<<< $7
<<< matches
<<< *0
<<< $3
<<< len
<<< :0

=== idx in resp3 is a map
>>> HELLO 3
<<<any
>>> MSET a ohmytext b mynewtext
<<< +OK
>>> LCS a b IDX WITHMATCHLEN
<<< %2
<<< $7
<<< matches
<<< *2
<<< *3
<<< *2
<<< :4
<<< :7
<<< *2
<<< :5
<<< :8
<<< :4
<<< *3
<<< *2
<<< :2
<<< :3
<<< *2
<<< :0
<<< :1
<<< :2
<<< $3
<<< len
<<< :6
>>> LCS a b
<<< $6
<<< mytext
>>> LCS a b LEN
<<< :6
>>> LCS a absent IDX
<<< %2
<<< $7
<<< matches
<<< *0
<<< $3
<<< len
<<< :0

=== refused
>>> LCS a
<<< -ERR wrong number of arguments for 'lcs' command
>>> LCS a b IDX LEN
<<< -ERR If you want both the length and indexes, please just use IDX.
>>> LCS a b FOO
<<< -ERR syntax error
>>> LCS a b MINMATCHLEN
<<< -ERR syntax error
>>> LCS a b IDX MINMATCHLEN abc
<<< -ERR value is not an integer or out of range
>>> LCS a b MINMATCHLEN 4
<<< $0
<<< 
>>> LCS a b WITHMATCHLEN
<<< $0
<<< 

# h: whether an item was hit before; t: what is left of its time; me.

=== the first read and the next
--- over memory,memcached no such marks on a Redis store
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k h
<<< HD h0
>>> mg k h
<<< HD h1
>>> set k 0 0 3
>>> val
<<< STORED
>>> mg k h
<<< HD h0

=== what counts as a hit
--- over memory,memcached no such marks on a Redis store
>>> set a 0 0 1
>>> 1
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< 1
<<< END
>>> mg a h
<<< HD h1
>>> set a 0 0 1
>>> 1
<<< STORED
>>> gat 0 a
<<< VALUE a 0 1
<<< 1
<<< END
>>> mg a h
<<< HD h1
>>> set a 0 0 1
>>> 1
<<< STORED
>>> touch a 0
<<< TOUCHED
>>> mg a h
<<< HD h1
>>> set a 0 0 1
>>> 1
<<< STORED
>>> mg a
<<< HD
>>> mg a h
<<< HD h1
>>> set a 0 0 1
>>> 1
<<< STORED
>>> mg a T0
<<< HD
>>> mg a h
<<< HD h1
>>> set a 0 0 1
>>> 1
<<< STORED
>>> mg a s t f
<<< HD s1 t-1 f0
>>> mg a h
<<< HD h1

=== what does not
--- over memory,memcached no such marks on a Redis store
>>> set a 0 0 1
>>> 1
<<< STORED
>>> incr a 1
<<< 2
>>> ma a
<<< HD
>>> mg a h
<<< HD h0
>>> ms b 1
>>> 1
<<< HD
>>> append b 0 0 1
>>> 2
<<< STORED
>>> mg b h
<<< HD h0
>>> append b 0 0 1
>>> 2
<<< STORED
>>> mg b h
<<< HD h0
>>> ms c 1
>>> 1
<<< HD
>>> md c I
<<< HD
>>> add c 0 0 1
>>> x
<<< NOT_STORED
>>> ms d 1
>>> 1
<<< HD
>>> mg d u
<<< HD
>>> mg d h
<<< HD h0

=== me (1.6.18 shows what is left of the time as a negative number, newer versions as a positive one)
--- over memory,memcached no such marks on a Redis store
>>> me x
<<< EN
>>> set k 0 0 3
>>> val
<<< STORED
>>> me k
<<<~ ME k exp=-1 la=[01] cas=\d+ fetch=no cls=\d+ size=\d+
>>> get k
<<< VALUE k 0 3
<<< val
<<< END
>>> me k
<<<~ ME k exp=-1 la=[01] cas=\d+ fetch=yes cls=\d+ size=\d+
>>> touch k 100
<<< TOUCHED
>>> me k
<<<~ ME k exp=-?(100|99) la=[01] cas=\d+ fetch=yes cls=\d+ size=\d+
>>> me azE= b
<<< EN
>>> me aw== b
<<<~ ME k exp=-?(100|99|98) la=[01] cas=\d+ fetch=yes cls=\d+ size=\d+

=== me's words
>>> me
<<< CLIENT_ERROR bad command line format
>>> me x b c d
<<< CLIENT_ERROR bad command line format
>>> me x q
<<< EN
>>> me x c b d
<<< EN
>>> me eHh4 b c d e
<<< EN
>>> me {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

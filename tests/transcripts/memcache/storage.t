# set, add, replace, append, prepend: what is stored, under which flags.

=== set and get
>>> set k 0 0 5
>>> hello
<<< STORED
>>> get k
<<< VALUE k 0 5
<<< hello
<<< END

=== set overwrites value and flags
>>> set k 1 0 3
>>> one
<<< STORED
>>> set k 2 0 5
>>> three
<<< STORED
>>> get k
<<< VALUE k 2 5
<<< three
<<< END

=== an empty value
>>> set k 0 0 0
>>>
<<< STORED
>>> get k
<<< VALUE k 0 0
<<<
<<< END

=== line ends, zeros and high bytes in a value
>>>raw "set k 0 0 10\r\na\r\nb\n\x00\xff\x80\r\n\r\n"
<<< STORED
>>> get k
<<<raw "VALUE k 0 10\r\na\r\nb\n\x00\xff\x80\r\n\r\nEND\r\n"

=== a value that looks like commands
>>>raw "set k 0 0 16\r\nget k\r\nEND\r\nmn\r\n\r\n"
<<< STORED
>>> get k
<<< VALUE k 0 16
<<< get k
<<< END
<<< mn
<<<
<<< END

=== add only what is absent
>>> add k 1 0 1
>>> a
<<< STORED
>>> add k 2 0 1
>>> b
<<< NOT_STORED
>>> get k
<<< VALUE k 1 1
<<< a
<<< END

=== replace only what is there
>>> replace k 1 0 1
>>> a
<<< NOT_STORED
>>> get k
<<< END
>>> set k 1 0 1
>>> a
<<< STORED
>>> replace k 2 0 2
>>> bb
<<< STORED
>>> get k
<<< VALUE k 2 2
<<< bb
<<< END

=== append and prepend keep flags and do not create
>>> append k 0 0 1
>>> x
<<< NOT_STORED
>>> prepend k 0 0 1
>>> x
<<< NOT_STORED
>>> set k 7 0 3
>>> mid
<<< STORED
>>> append k 9 0 4
>>> -end
<<< STORED
>>> prepend k 9 0 6
>>> start-
<<< STORED
>>> get k
<<< VALUE k 7 13
<<< start-mid-end
<<< END

=== append and prepend nothing
>>> set k 7 0 3
>>> abc
<<< STORED
>>> append k 0 0 0
>>>
<<< STORED
>>> prepend k 0 0 0
>>>
<<< STORED
>>> get k
<<< VALUE k 7 3
<<< abc
<<< END

=== append ignores its exptime
>>> set k 0 0 1
>>> a
<<< STORED
>>> append k 0 -1 1
>>> b
<<< STORED
>>> prepend k 0 -1 1
>>> c
<<< STORED
>>> get k
<<< VALUE k 0 3
<<< cab
<<< END
>>> mg k t
<<< HD t-1

=== replace takes its exptime
>>> set k 0 0 1
>>> a
<<< STORED
>>> replace k 0 1000 1
>>> b
<<< STORED
>>> mg k v t
<<<~ VA 1 t(1000|999)
<<< b

=== flags of 32 bits
>>> set k 4294967295 0 1
>>> a
<<< STORED
>>> get k
<<< VALUE k 4294967295 1
<<< a
<<< END
>>> set k 0 0 1
>>> a
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< a
<<< END

=== flags are cut to 32 bits
>>> set k 4294967296 0 1
>>> a
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< a
<<< END
>>> set k 4294967297 0 1
>>> a
<<< STORED
>>> get k
<<< VALUE k 1 1
<<< a
<<< END
>>> set k 18446744073709551615 0 1
>>> a
<<< STORED
>>> get k
<<< VALUE k 4294967295 1
<<< a
<<< END

=== signs and leading zeros in numbers
>>> set k +5 +0 +1
>>> a
<<< STORED
>>> get k
<<< VALUE k 5 1
<<< a
<<< END
>>> set k 007 000 001
>>> b
<<< STORED
>>> get k
<<< VALUE k 7 1
<<< b
<<< END

=== a large value
>>> set k 3 0 100000
>>> {{v*100000}}
<<< STORED
>>> get k
<<< VALUE k 3 100000
<<< {{v*100000}}
<<< END

=== more blanks than needed
>>> set   k  1   0  1
>>> a
<<< STORED
>>>    get    k \x20
<<< VALUE k 1 1
<<< a
<<< END

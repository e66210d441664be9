# noreply: the last word, after the words were counted.

=== every command that has it
>>> set a 0 0 1 noreply
>>> 1
>>> add b 0 0 1 noreply
>>> 1
>>> add b 0 0 1 noreply
>>> 2
>>> replace a 0 0 1 noreply
>>> 2
>>> replace x 0 0 1 noreply
>>> 2
>>> append a 0 0 1 noreply
>>> 3
>>> append x 0 0 1 noreply
>>> 3
>>> prepend a 0 0 1 noreply
>>> 1
>>> incr b 10 noreply
>>> decr b 1 noreply
>>> touch a 1000 noreply
>>> delete x noreply
>>> verbosity 0 noreply
>>> get a b
<<< VALUE a 0 3
<<< 123
<<< VALUE b 0 2
<<< 10
<<< END
>>> delete a noreply
>>> get a
<<< END
>>> flush_all noreply
>>> get b
<<< END

=== errors of a whole line are silent too
>>> set a abc 0 1 noreply
>>> set a 0 abc 1 noreply
>>> set a 0 0 abc noreply
>>> set a 0 0 -1 noreply
>>> cas a 0 0 1 x noreply
>>> set {{k*251}} 0 0 1 noreply
>>> delete {{k*251}} noreply
>>> incr {{k*251}} 1 noreply
>>> touch {{k*251}} 1 noreply
>>> incr a abc noreply
>>> touch a abc noreply
>>> flush_all abc noreply
>>> verbosity abc noreply
>>> verbosity noreply
>>> mn
<<< MN

=== noreply where a number was wanted
>>> set a 0 0 noreply
>>> cas a 0 0 1 noreply
>>> incr a noreply
>>> touch a noreply
>>> mn
<<< MN

=== a wrong number of words is answered
>>> set noreply
<<< ERROR
>>> set a noreply
<<< ERROR
>>> set a 0 noreply
<<< ERROR
>>> set a 0 0 1 2 noreply
<<< ERROR
>>> cas a 0 0 noreply
<<< ERROR
>>> incr noreply
<<< ERROR
>>> incr a 1 2 noreply
<<< ERROR
>>> touch noreply
<<< ERROR
>>> touch a 1 2 noreply
<<< ERROR
>>> delete a 0 0 noreply
<<< ERROR
>>> flush_all 1 2 noreply
<<< ERROR
>>> verbosity 1 2 3 noreply
<<< ERROR
>>> foo noreply
<<< ERROR
>>> noreply
<<< ERROR

=== a bad data block is silent, what is left of it is not
>>> set a 0 0 3
>>> old
<<< STORED
>>>raw "set a 0 0 1 noreply\r\nxy\r\n"
<<< ERROR
>>> get a
<<< VALUE a 0 3
<<< old
<<< END

=== the next command is answered
>>> set a 0 0 1 noreply
>>> 1
>>> foo
<<< ERROR
>>> set a 0 0 abc noreply
>>> set b 0 0 1
>>> 1
<<< STORED
>>>raw "set a 0 0 1 noreply\r\n2\r\nget a\r\nincr a 1 noreply\r\nincr a 1\r\n"
<<< VALUE a 0 1
<<< 2
<<< END
<<< 4

=== only the last word counts, in small letters
>>> set a 0 0 1 NOREPLY
>>> 1
<<< STORED
>>> set a 0 0 1 noreplyx
>>> 1
<<< STORED
>>> set a 0 0 1 noreply \x20
>>> 1
>>> mn
<<< MN

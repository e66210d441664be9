# delete: the key, an old time argument of 0, and what is refused.

=== there and gone
>>> set k 0 0 1
>>> a
<<< STORED
>>> delete k
<<< DELETED
>>> delete k
<<< NOT_FOUND
>>> get k
<<< END

=== a time of 0 is an old client's
>>> set k 0 0 1
>>> a
<<< STORED
>>> delete k 0
<<< DELETED
>>> get k
<<< END

=== any other time is refused
>>> set k 0 0 1
>>> a
<<< STORED
>>> delete k 1
<<< CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]
>>> delete k 00
<<< CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]
>>> delete k -1
<<< CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]
>>> delete k foo
<<< CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]
>>> delete k 0 0
<<< CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]
>>> delete k 1 2
<<< CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]
>>> delete k 0 0 0
<<< ERROR
>>> get k
<<< VALUE k 0 1
<<< a
<<< END

=== noreply
>>> set k 0 0 1
>>> a
<<< STORED
>>> delete k noreply
>>> get k
<<< END
>>> delete k noreply
>>> set k 0 0 1
>>> a
<<< STORED
>>> delete k 0 noreply
>>> get k
<<< END
>>> set k 0 0 1
>>> a
<<< STORED
>>> delete k 1 noreply
>>> delete k foo noreply
>>> delete k noreply noreply
>>> get k
<<< VALUE k 0 1
<<< a
<<< END
>>> delete k 0 0 noreply
<<< ERROR

=== a key named noreply
>>> set noreply 0 0 1
>>> a
<<< STORED
>>> delete noreply
<<< DELETED
>>> delete noreply
<<< NOT_FOUND

=== without a key
>>> delete
<<< ERROR
>>> delete \x20
<<< ERROR

=== then add
>>> set k 0 0 1
>>> a
<<< STORED
>>> delete k
<<< DELETED
>>> add k 0 0 1
>>> b
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< b
<<< END

// gomemcache with its defaults, but for the time-out, which is short for a busy machine.
// Needs HOST and PORT in the environment; prints failures and the closing line.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cachetted/clients/cases"

	"github.com/bradfitz/gomemcache/memcache"
)

type body func(c *memcache.Client) error

func connect() *memcache.Client {
	c := memcache.New(cases.Address())
	c.Timeout = 10 * time.Second
	return c
}

func item(key, value string, seconds int32) *memcache.Item {
	return &memcache.Item{Key: key, Value: []byte(value), Expiration: seconds}
}

// read is the value, or the error's text.
func read(found *memcache.Item, err error) string {
	if err != nil {
		return err.Error()
	}
	return string(found.Value)
}

func get(c *memcache.Client, key string) string {
	return read(c.Get(key))
}

// alive are the keys of the list that are there, in its order.
func alive(c *memcache.Client, keys ...string) []string {
	found, err := c.GetMulti(keys)
	if err != nil {
		return []string{err.Error()}
	}
	there := []string{}
	for _, key := range keys {
		if found[key] != nil {
			there = append(there, key)
		}
	}
	return there
}

func gone(c *memcache.Client, key string) error {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := c.Get(key); err == memcache.ErrCacheMiss {
			return nil
		}
	}
	return fmt.Errorf("%s never expired", key)
}

func stringsCase(c *memcache.Client) error {
	return cases.First(
		cases.Same("ping", c.Ping(), nil),
		cases.Same("set", c.Set(item("k", "v", 0)), nil),
		cases.Same("get", get(c, "k"), "v"),
		cases.Same("miss", get(c, "absent"), memcache.ErrCacheMiss),
		cases.Same("set empty", c.Set(item("empty", "", 0)), nil),
		cases.Same("get empty", get(c, "empty"), ""),
		cases.Same("get several", alive(c, "k", "absent", "empty"), "[k empty]"),
		cases.Same("delete", c.Delete("k"), nil),
		cases.Same("delete again", c.Delete("k"), memcache.ErrCacheMiss),
		cases.Same("what is left", alive(c, "k", "empty"), "[empty]"))
}

func conditionalCase(c *memcache.Client) error {
	return cases.First(
		cases.Same("replace nothing", c.Replace(item("k", "lost", 0)), memcache.ErrNotStored),
		cases.Same("append to nothing", c.Append(item("k", "lost", 0)), memcache.ErrNotStored),
		cases.Same("prepend to nothing", c.Prepend(item("k", "lost", 0)), memcache.ErrNotStored),
		cases.Same("nothing", get(c, "k"), memcache.ErrCacheMiss),
		cases.Same("add", c.Add(item("k", "one", 0)), nil),
		cases.Same("add again", c.Add(item("k", "lost", 0)), memcache.ErrNotStored),
		cases.Same("replace", c.Replace(item("k", "two", 0)), nil),
		cases.Same("append", c.Append(item("k", ">", 0)), nil),
		cases.Same("prepend", c.Prepend(item("k", "<", 0)), nil),
		cases.Same("get", get(c, "k"), "<two>"))
}

func swapCase(c *memcache.Client) error {
	c.Set(item("k", "v", 0))
	mine, err := c.Get("k")
	if err != nil {
		return err
	}
	theirs, _ := c.Get("k")
	mine.Value, theirs.Value = []byte("won"), []byte("lost")
	fault := cases.First(
		cases.Same("won", c.CompareAndSwap(mine), nil),
		cases.Same("lost", c.CompareAndSwap(theirs), memcache.ErrCASConflict),
		cases.Same("get", get(c, "k"), "won"))
	if fault != nil {
		return fault
	}
	c.Delete("k")
	return cases.Same("absent", c.CompareAndSwap(theirs), memcache.ErrCacheMiss)
}

func countersCase(c *memcache.Client) error {
	step := func(change func(string, uint64) (uint64, error), key string, delta uint64) string {
		value, err := change(key, delta)
		if err != nil {
			return err.Error()
		}
		return strconv.FormatUint(value, 10)
	}
	fault := cases.First(
		cases.Same("absent", step(c.Increment, "n", 1), memcache.ErrCacheMiss),
		cases.Same("set", c.Set(item("n", "10", 0)), nil),
		cases.Same("up", step(c.Increment, "n", 32), 42),
		cases.Same("down", step(c.Decrement, "n", 2), 40),
		cases.Same("not below nought", step(c.Decrement, "n", 50), 0),
		cases.Same("to the brink", step(c.Increment, "n", 1<<64-1), uint64(1<<64-1)),
		cases.Same("around", step(c.Increment, "n", 2), 1),
		cases.Same("set a word", c.Set(item("s", "abc", 0)), nil))
	if fault != nil {
		return fault
	}
	if got := step(c.Increment, "s", 1); !strings.Contains(got, "non-numeric") {
		return fmt.Errorf("a word counted: %s", got)
	}
	return cases.Same("the word", get(c, "s"), "abc")
}

func flagsCase(c *memcache.Client) error {
	for _, flags := range []uint32{0, 1, 65535, 1<<32 - 1} {
		c.Set(&memcache.Item{Key: "k", Value: []byte("v"), Flags: flags})
		found, err := c.Get("k")
		if err != nil || found.Flags != flags {
			return fmt.Errorf("flags %d: got %v, %v", flags, found, err)
		}
	}
	return nil
}

func expiryCase(c *memcache.Client) error {
	now := int32(time.Now().Unix())
	for key, seconds := range map[string]int32{"soon": 1, "never": 0, "touched": 2, "got": 2, "then": now + 1000,
		"past": now - 1000, "negative": -1} {
		c.Set(item(key, key, seconds))
	}
	fault := cases.First(
		cases.Same("touch", c.Touch("touched", 100), nil),
		cases.Same("touch nothing", c.Touch("absent", 100), memcache.ErrCacheMiss),
		cases.Same("get and touch", read(c.GetAndTouch("got", 100)), "got"),
		cases.Same("get and touch nothing", read(c.GetAndTouch("absent", 100)), memcache.ErrCacheMiss),
		cases.Same("at once", alive(c, "past", "negative", "then"), "[then]"),
		cases.Same("mark", c.Set(item("mark", "v", 2)), nil),
		gone(c, "mark"))
	if fault != nil {
		return fault
	}
	return cases.First(
		cases.Same("later", alive(c, "soon", "never", "touched", "got", "then"), "[never touched got then]"),
		cases.Same("touch into the past", c.Touch("never", -1), nil),
		cases.Same("gone", get(c, "never"), memcache.ErrCacheMiss))
}

func largeAndBinaryCase(c *memcache.Client) error {
	all := make([]byte, 900000)
	for i := range all {
		all[i] = byte(i)
	}
	trap := append([]byte("\r\nEND\r\nVALUE k 0 1\r\n"), all[:256]...)
	c.Set(&memcache.Item{Key: "big", Value: all})
	c.Set(&memcache.Item{Key: "trap", Value: trap})
	found, err := c.GetMulti([]string{"trap", "absent", "big"})
	if err != nil {
		return err
	}
	if len(found) != 2 {
		return fmt.Errorf("found %d of two", len(found))
	}
	return cases.First(
		cases.Same("big", bytes.Equal(found["big"].Value, all), true),
		cases.Same("trap", bytes.Equal(found["trap"].Value, trap), true))
}

func keysCase(c *memcache.Client) error {
	longest := strings.Repeat("k", 250)
	return cases.First(
		cases.Same("longest", c.Set(item(longest, "v", 0)), nil),
		cases.Same("too long", get(c, longest+"k"), memcache.ErrMalformedKey),
		cases.Same("two words", c.Set(item("two words", "v", 0)), memcache.ErrMalformedKey),
		cases.Same("umlaut", c.Set(item("ä", "w", 0)), nil),
		cases.Same("get umlaut", get(c, "ä"), "w"),
		cases.Same("get longest", get(c, longest), "v"))
}

func manyKeysCase(c *memcache.Client) error {
	names := []string{}
	for i := 0; i < 1000; i++ {
		key := fmt.Sprint("key:", i)
		names = append(names, key, fmt.Sprint("absent:", i))
		if err := c.Set(item(key, "value of "+key, 0)); err != nil {
			return err
		}
	}
	found, err := c.GetMulti(names)
	if err != nil {
		return err
	}
	for key, one := range found {
		if string(one.Value) != "value of "+key {
			return fmt.Errorf("%s: got %s", key, one.Value)
		}
	}
	return cases.Same("found", len(found), 1000)
}

func flushCase(c *memcache.Client) error {
	return cases.First(
		cases.Same("set", c.Set(item("k", "v", 0)), nil),
		cases.Same("flush", c.FlushAll(), nil),
		cases.Same("nothing", get(c, "k"), memcache.ErrCacheMiss),
		cases.Same("set again", c.Set(item("k", "w", 0)), nil),
		cases.Same("get", get(c, "k"), "w"))
}

// Every goroutine reads its own keys over one pool: no reply goes astray, and no step of the shared counters is lost.
func concurrentCase(c *memcache.Client) error {
	c.Set(item("incr", "0", 0))
	c.Set(item("cas", "0", 0))
	fault := cases.Parallel(20, func(i int) error {
		for j := 0; j < 50; j++ {
			key := fmt.Sprint("k", i, ":", j)
			if err := c.Set(item(key, key, 0)); err != nil {
				return err
			}
			if fault := cases.Same(key, get(c, key), key); fault != nil {
				return fault
			}
			if _, err := c.Increment("incr", 1); err != nil {
				return err
			}
		}
		return addByCas(c, "cas", 5)
	})
	return cases.First(fault, cases.Same("incr", get(c, "incr"), 1000), cases.Same("cas", get(c, "cas"), 100))
}

func addByCas(c *memcache.Client, key string, times int) error {
	for done := 0; done < times; {
		found, err := c.Get(key)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(found.Value))
		found.Value = []byte(strconv.Itoa(n + 1))
		if err := c.CompareAndSwap(found); err == nil {
			done++
		} else if !errors.Is(err, memcache.ErrCASConflict) {
			return err
		}
	}
	return nil
}

func main() {
	bodies := []struct {
		name string
		run  body
	}{{"strings", stringsCase}, {"conditional writes", conditionalCase}, {"compare and swap", swapCase},
		{"counters", countersCase}, {"flags", flagsCase}, {"expiry", expiryCase},
		{"large and binary", largeAndBinaryCase}, {"keys", keysCase}, {"many keys", manyKeysCase},
		{"flush", flushCase}, {"concurrent", concurrentCase}}
	tally := cases.New("gomemcache")
	for _, one := range bodies {
		client := connect()
		client.DeleteAll()
		tally.Run(one.name, func() error { return one.run(client) })
		client.Close()
	}
	tally.Close()
}

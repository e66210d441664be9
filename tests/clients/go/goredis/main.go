// go-redis with its default handshake (RESP3, CLIENT SETINFO, maintenance notifications on auto) and with RESP2.
// Needs HOST and PORT in the environment; prints failures and the closing line.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cachetted/clients/cases"

	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

type body func(c *redis.Client) error

func options(protocol int) *redis.Options {
	return &redis.Options{Addr: cases.Address(), Protocol: protocol}
}

func stringsCase(c *redis.Client) error {
	_, missing := c.Get(ctx, "absent").Result()
	return cases.First(
		cases.Same("ping", c.Ping(ctx).Val(), "PONG"),
		cases.Same("set", c.Set(ctx, "k", "v", 100*time.Second).Val(), "OK"),
		cases.Same("get", c.Get(ctx, "k").Val(), "v"),
		cases.Same("nil", missing, redis.Nil),
		cases.Same("ttl", c.TTL(ctx, "k").Val() > 90*time.Second, true),
		cases.Same("setnx", c.SetNX(ctx, "k", "w", time.Minute).Val(), false),
		cases.Same("keepttl", c.Set(ctx, "k", "w", redis.KeepTTL).Val(), "OK"),
		cases.Same("ttl kept", c.TTL(ctx, "k").Val() > 90*time.Second, true),
		cases.Same("mset", c.MSet(ctx, "a", 1, "b", 2).Val(), "OK"),
		cases.Same("mget", c.MGet(ctx, "a", "absent", "b").Val(), "[1 <nil> 2]"),
		cases.Same("incrby", c.IncrBy(ctx, "a", 41).Val(), 42),
		cases.Same("float", c.IncrByFloat(ctx, "f", 1.5).Val(), 1.5),
		cases.Same("getdel", c.GetDel(ctx, "b").Val(), "2"),
		cases.Same("del", c.Del(ctx, "a", "absent").Val(), 1),
		cases.Same("persist", c.Persist(ctx, "k").Val(), true),
		cases.Same("no ttl", c.TTL(ctx, "k").Val(), time.Duration(-1)),
		cases.Same("dbsize", c.DBSize(ctx).Val(), 2))
}

func pipelinesCase(c *redis.Client) error {
	commands, err := c.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i := 0; i < 2000; i++ {
			pipe.Set(ctx, fmt.Sprint("k", i), i, 0)
			pipe.Get(ctx, fmt.Sprint("k", i))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := 0; i < 2000; i++ {
		if fault := cases.Same("get", commands[2*i+1].(*redis.StringCmd).Val(), i); fault != nil {
			return fault
		}
	}
	return nil
}

// Ten goroutines count by optimistic locking: nothing is lost.
func transactionsCase(c *redis.Client) error {
	add := func() error {
		return c.Watch(ctx, func(tx *redis.Tx) error {
			n, err := tx.Get(ctx, "n").Int()
			if err != nil && err != redis.Nil {
				return err
			}
			_, err = tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
				pipe.Set(ctx, "n", n+1, 0)
				return nil
			})
			return err
		}, "n")
	}
	fault := cases.Parallel(10, func(int) error {
		for done := 0; done < 20; {
			if err := add(); err == nil {
				done++
			} else if !errors.Is(err, redis.TxFailedErr) {
				return err
			}
		}
		return nil
	})
	if fault != nil {
		return fault
	}
	return cases.Same("count", c.Get(ctx, "n").Val(), 200)
}

func scanningCase(c *redis.Client) error {
	for i := 0; i < 300; i++ {
		c.Set(ctx, fmt.Sprint("key:", i), i, 0)
	}
	seen := map[string]bool{}
	for it := c.Scan(ctx, 0, "key:*", 11).Iterator(); it.Next(ctx); {
		seen[it.Val()] = true
	}
	return cases.First(cases.Same("seen", len(seen), 300), cases.Same("keys", len(c.Keys(ctx, "key:1?").Val()), 10))
}

func errorsCase(c *redis.Client) error {
	c.Set(ctx, "s", "abc", 0)
	contains := func(err error, text string) error {
		if err == nil || !strings.Contains(err.Error(), text) {
			return fmt.Errorf("got %v, want an error with %q", err, text)
		}
		return nil
	}
	return cases.First(
		contains(c.Incr(ctx, "s").Err(), "not an integer"),
		contains(c.Do(ctx, "NOSUCH", "a").Err(), "unknown command"),
		contains(c.Do(ctx, "GET").Err(), "wrong number of arguments"),
		cases.Same("ping", c.Ping(ctx).Val(), "PONG"))
}

// Every goroutine reads its own keys over one pool: no reply goes astray.
func concurrentCase(c *redis.Client) error {
	return cases.Parallel(50, func(i int) error {
		for j := 0; j < 40; j++ {
			key := fmt.Sprint("k", i, ":", j)
			c.Set(ctx, key, key, 0)
			if fault := cases.Same(key, c.Get(ctx, key).Val(), key); fault != nil {
				return fault
			}
		}
		return nil
	})
}

func serverCase(c *redis.Client) error {
	commands, err := c.Command(ctx).Result()
	if err != nil {
		return err
	}
	info := c.InfoMap(ctx, "server").Val()
	return cases.First(
		cases.Same("get is listed", commands["get"] != nil, true),
		cases.Same("version", info["Server"]["redis_version"], "7.0.15"),
		cases.Same("databases", c.ConfigGet(ctx, "databases").Val()["databases"], "16"),
		cases.Same("id", c.ClientID(ctx).Val() > 0, true),
		cases.Same("time", c.Time(ctx).Err(), nil))
}

func handshakeCase(protocol int) error {
	with := options(protocol)
	with.DB, with.ClientName = 3, "gopher"
	c := redis.NewClient(with)
	defer c.Close()
	plain := redis.NewClient(options(protocol))
	defer plain.Close()
	return cases.First(
		cases.Same("flush", c.FlushAll(ctx).Val(), "OK"),
		cases.Same("set", c.Set(ctx, "k", "three", 0).Val(), "OK"),
		cases.Same("name", c.ClientGetName(ctx).Val(), "gopher"),
		cases.Same("other database", plain.Get(ctx, "k").Err(), redis.Nil))
}

func main() {
	bodies := []struct {
		name string
		run  body
	}{{"strings", stringsCase}, {"pipelines", pipelinesCase}, {"transactions", transactionsCase},
		{"scanning", scanningCase}, {"errors", errorsCase}, {"concurrent", concurrentCase}, {"server", serverCase}}
	tally := cases.New("go-redis")
	for protocol, way := range map[int]string{0: "defaults", 2: "resp2", 3: "resp3"} {
		for _, one := range bodies {
			client := redis.NewClient(options(protocol))
			client.FlushAll(ctx)
			tally.Run(one.name+", "+way, func() error { return one.run(client) })
			client.Close()
		}
		tally.Run("handshake, "+way, func() error { return handshakeCase(protocol) })
	}
	tally.Close()
}

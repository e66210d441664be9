// go-redis with its default handshake (RESP3, CLIENT SETINFO, maintenance notifications on auto) and with RESP2.
// Needs HOST and PORT in the environment; prints failures and the closing line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

type body func(c *redis.Client) error

func options(protocol int) *redis.Options {
	return &redis.Options{Addr: os.Getenv("HOST") + ":" + os.Getenv("PORT"), Protocol: protocol}
}

func same(what string, got, want interface{}) error {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

func first(faults ...error) error {
	for _, fault := range faults {
		if fault != nil {
			return fault
		}
	}
	return nil
}

func stringsCase(c *redis.Client) error {
	_, missing := c.Get(ctx, "absent").Result()
	return first(
		same("ping", c.Ping(ctx).Val(), "PONG"),
		same("set", c.Set(ctx, "k", "v", 100*time.Second).Val(), "OK"),
		same("get", c.Get(ctx, "k").Val(), "v"),
		same("nil", missing, redis.Nil),
		same("ttl", c.TTL(ctx, "k").Val() > 90*time.Second, true),
		same("setnx", c.SetNX(ctx, "k", "w", time.Minute).Val(), false),
		same("keepttl", c.Set(ctx, "k", "w", redis.KeepTTL).Val(), "OK"),
		same("ttl kept", c.TTL(ctx, "k").Val() > 90*time.Second, true),
		same("mset", c.MSet(ctx, "a", 1, "b", 2).Val(), "OK"),
		same("mget", c.MGet(ctx, "a", "absent", "b").Val(), "[1 <nil> 2]"),
		same("incrby", c.IncrBy(ctx, "a", 41).Val(), 42),
		same("float", c.IncrByFloat(ctx, "f", 1.5).Val(), 1.5),
		same("getdel", c.GetDel(ctx, "b").Val(), "2"),
		same("del", c.Del(ctx, "a", "absent").Val(), 1),
		same("persist", c.Persist(ctx, "k").Val(), true),
		same("no ttl", c.TTL(ctx, "k").Val(), time.Duration(-1)),
		same("dbsize", c.DBSize(ctx).Val(), 2))
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
		if fault := same("get", commands[2*i+1].(*redis.StringCmd).Val(), i); fault != nil {
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
	faults := make(chan error, 10)
	var group sync.WaitGroup
	for i := 0; i < 10; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for done := 0; done < 20; {
				if err := add(); err == nil {
					done++
				} else if !errors.Is(err, redis.TxFailedErr) {
					faults <- err
					return
				}
			}
		}()
	}
	group.Wait()
	select {
	case fault := <-faults:
		return fault
	default:
	}
	return same("count", c.Get(ctx, "n").Val(), 200)
}

func scanningCase(c *redis.Client) error {
	for i := 0; i < 300; i++ {
		c.Set(ctx, fmt.Sprint("key:", i), i, 0)
	}
	seen := map[string]bool{}
	for it := c.Scan(ctx, 0, "key:*", 11).Iterator(); it.Next(ctx); {
		seen[it.Val()] = true
	}
	return first(same("seen", len(seen), 300), same("keys", len(c.Keys(ctx, "key:1?").Val()), 10))
}

func errorsCase(c *redis.Client) error {
	c.Set(ctx, "s", "abc", 0)
	contains := func(err error, text string) error {
		if err == nil || !strings.Contains(err.Error(), text) {
			return fmt.Errorf("got %v, want an error with %q", err, text)
		}
		return nil
	}
	return first(
		contains(c.Incr(ctx, "s").Err(), "not an integer"),
		contains(c.Do(ctx, "NOSUCH", "a").Err(), "unknown command"),
		contains(c.Do(ctx, "GET").Err(), "wrong number of arguments"),
		same("ping", c.Ping(ctx).Val(), "PONG"))
}

// Every goroutine reads its own keys over one pool: no reply goes astray.
func concurrentCase(c *redis.Client) error {
	faults := make(chan error, 50)
	var group sync.WaitGroup
	for i := 0; i < 50; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			for j := 0; j < 40; j++ {
				key := fmt.Sprint("k", i, ":", j)
				c.Set(ctx, key, key, 0)
				if fault := same(key, c.Get(ctx, key).Val(), key); fault != nil {
					faults <- fault
					return
				}
			}
		}(i)
	}
	group.Wait()
	select {
	case fault := <-faults:
		return fault
	default:
		return nil
	}
}

func serverCase(c *redis.Client) error {
	commands, err := c.Command(ctx).Result()
	if err != nil {
		return err
	}
	info := c.InfoMap(ctx, "server").Val()
	return first(
		same("get is listed", commands["get"] != nil, true),
		same("version", info["Server"]["redis_version"], "7.0.15"),
		same("databases", c.ConfigGet(ctx, "databases").Val()["databases"], "16"),
		same("id", c.ClientID(ctx).Val() > 0, true),
		same("time", c.Time(ctx).Err(), nil))
}

func handshakeCase(protocol int) error {
	with := options(protocol)
	with.DB, with.ClientName = 3, "gopher"
	c := redis.NewClient(with)
	defer c.Close()
	plain := redis.NewClient(options(protocol))
	defer plain.Close()
	return first(
		same("flush", c.FlushAll(ctx).Val(), "OK"),
		same("set", c.Set(ctx, "k", "three", 0).Val(), "OK"),
		same("name", c.ClientGetName(ctx).Val(), "gopher"),
		same("other database", plain.Get(ctx, "k").Err(), redis.Nil))
}

func main() {
	cases := []struct {
		name string
		run  body
	}{{"strings", stringsCase}, {"pipelines", pipelinesCase}, {"transactions", transactionsCase},
		{"scanning", scanningCase}, {"errors", errorsCase}, {"concurrent", concurrentCase}, {"server", serverCase}}
	passed, failed := 0, 0
	count := func(name string, fault error) {
		if fault == nil {
			passed++
			return
		}
		failed++
		fmt.Printf("FAIL  go-redis: %s\n      %v\n", name, fault)
	}
	for protocol, way := range map[int]string{0: "defaults", 2: "resp2", 3: "resp3"} {
		for _, one := range cases {
			client := redis.NewClient(options(protocol))
			client.FlushAll(ctx)
			count(one.name+", "+way, one.run(client))
			client.Close()
		}
		count("handshake, "+way, handshakeCase(protocol))
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

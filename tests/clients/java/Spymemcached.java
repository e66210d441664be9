import static java.util.Arrays.asList;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.spy.memcached.CASResponse;
import net.spy.memcached.CASValue;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;

/** spymemcached with its defaults: text protocol, one connection, everything pipelined. Needs HOST and PORT. */
final class Spymemcached {
    private static final InetSocketAddress ADDRESS = new InetSocketAddress(Cases.HOST, Cases.PORT);
    private static MemcachedClient c;

    private static MemcachedClient connect() throws IOException {
        return new MemcachedClient(new ConnectionFactoryBuilder().setOpTimeout(10_000).build(), asList(ADDRESS));
    }

    private static void strings() throws Exception {
        Cases.equal(c.set("k", 0, "v").get(), true);
        Cases.equal(c.get("k"), "v");
        Cases.equal(c.get("absent"), null);
        Cases.equal(c.set("empty", 0, "").get(), true);
        Cases.equal(c.get("empty"), "");
        Cases.equal(c.set("l", 0, "w").get(), true);
        Cases.equal(c.getBulk(asList("k", "absent", "l")), Map.of("k", "v", "l", "w"));
        Cases.equal(c.delete("k").get(), true);
        Cases.equal(c.delete("k").get(), false);
        Cases.equal(c.getBulk("k", "l"), Map.of("l", "w"));
    }

    private static void kindsOfValues() throws Exception {
        List<Integer> list = new ArrayList<>(asList(1, 2));
        for (Object value : asList(true, 7, -7L, 2.5, new byte[] {0, 13, 10}, "\u00e4", list)) {
            c.set("k", 0, value);
            Cases.equal(c.get("k"), value);
        }
    }

    private static void conditionalWrites() throws Exception {
        Cases.equal(c.replace("k", 0, "lost").get(), false);
        Cases.equal(c.append("k", "lost").get(), false);
        Cases.equal(c.prepend("k", "lost").get(), false);
        Cases.equal(c.get("k"), null);
        Cases.equal(c.add("k", 0, "one").get(), true);
        Cases.equal(c.add("k", 0, "lost").get(), false);
        Cases.equal(c.replace("k", 0, "two").get(), true);
        Cases.equal(c.append("k", ">").get(), true);
        Cases.equal(c.prepend("k", "<").get(), true);
        Cases.equal(c.get("k"), "<two>");
    }

    private static void compareAndSwap() throws Exception {
        c.set("k", 0, "v").get();
        CASValue<Object> found = c.gets("k");
        Cases.equal(found.getValue(), "v");
        Cases.equal(c.cas("k", found.getCas(), "won"), CASResponse.OK);
        Cases.equal(c.cas("k", found.getCas(), "lost"), CASResponse.EXISTS);
        Cases.equal(c.cas("absent", found.getCas(), "lost"), CASResponse.NOT_FOUND);
        Cases.equal(c.get("k"), "won");
        Cases.equal(c.gets("absent"), null);
    }

    private static void counters() throws Exception {
        Cases.equal(c.incr("n", 1), -1L);
        Cases.equal(c.incr("n", 1, 10), 10L);
        Cases.equal(c.incr("n", 32), 42L);
        Cases.equal(c.decr("n", 2), 40L);
        Cases.equal(c.decr("n", 50), 0L);
    }

    private static void expiry() throws Exception {
        int now = (int) (System.currentTimeMillis() / 1000);
        Map<String, Integer> until =
                Map.of("soon", 1, "never", 0, "touched", 2, "then", now + 1000, "past", now - 1000);
        for (Map.Entry<String, Integer> one : until.entrySet()) {
            c.set(one.getKey(), one.getValue(), "v").get();
        }
        Cases.equal(c.touch("touched", 100).get(), true);
        Cases.equal(c.touch("absent", 100).get(), false);
        Cases.equal(c.getBulk("past", "then"), Map.of("then", "v"));
        c.set("mark", 2, "v").get();
        Cases.eventually("seconds pass", () -> c.get("mark") == null);
        Cases.equal(c.getBulk("soon", "never", "touched", "then").keySet(), Set.of("never", "touched", "then"));
    }

    private static void largeAndBinary() throws Exception {
        byte[] big = Cases.bytes(900_000);
        byte[] trap = "\r\nEND\r\nVALUE k 0 1\r\n".getBytes();
        Cases.equal(c.set("big", 0, big).get(), true);
        Cases.equal(c.set("trap", 0, trap).get(), true);
        Map<String, Object> both = c.getBulk("trap", "absent", "big");
        Cases.equal(both.size(), 2);
        Cases.equal(both.get("trap"), trap);
        Cases.equal(both.get("big"), big);
        String text = "text ".repeat(1_000_000);
        Cases.equal(c.set("packed", 0, text).get(), true);
        Cases.equal(text.equals(c.get("packed")), true);
    }

    private static void keys() throws Exception {
        String longest = "k".repeat(250);
        Cases.equal(c.set(longest, 0, "v").get(), true);
        Cases.fails(IllegalArgumentException.class, "too long", () -> c.get(longest + "k"));
        Cases.fails(IllegalArgumentException.class, "", () -> c.set("two words", 0, "v"));
        Cases.equal(c.get(longest), "v");
    }

    private static void manyKeys() throws Exception {
        Map<String, Object> values = new HashMap<>();
        List<String> names = new ArrayList<>();
        List<Future<Boolean>> written = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            values.put("key:" + i, "value " + i);
            names.addAll(asList("key:" + i, "absent:" + i));
            written.add(c.set("key:" + i, 0, "value " + i));
        }
        for (Future<Boolean> one : written) {
            Cases.equal(one.get(), true);
        }
        Cases.equal(c.getBulk(names).equals(values), true);
    }

    private static void theServersWords() throws Exception {
        SocketAddress server = c.getVersions().keySet().iterator().next();
        String version = c.getVersions().get(server);
        Cases.check(version.startsWith("1.6."), version);
        Map<String, String> before = c.getStats().get(server);
        c.set("new", 0, "v").get();
        c.get("new");
        Map<String, String> after = c.getStats().get(server);
        for (String name : asList("cmd_set", "get_hits", "total_items")) {
            Cases.equal(Long.parseLong(after.get(name)) - Long.parseLong(before.get(name)), 1L);
        }
        Set<String> settings = c.getStats("settings").get(server).keySet();
        Cases.check(settings.containsAll(asList("maxconns", "item_size_max")), settings.toString());
        Cases.equal(c.flush().get(), true);
        Cases.equal(c.get("new"), null);
    }

    private static void concurrent() throws Exception {
        c.set("total", 0, "0").get();
        Cases.parallel(16, number -> {
            for (int i = 0; i < 200; i++) {
                String key = number + ":" + i;
                Cases.equal(c.set(key, 0, key).get(), true);
                Cases.equal(c.get(key), key);
                c.asyncIncr("total", 1);
            }
        });
        Cases.eventually("every step is counted", () -> "3200".equals(c.get("total")));
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("net.spy.log.LoggerImpl", "net.spy.memcached.compat.log.SunLogger");
        Logger.getLogger("").setLevel(Level.OFF);
        c = connect();
        Cases cases = new Cases("spymemcached");
        cases.add("strings", Spymemcached::strings);
        cases.add("kinds of values", Spymemcached::kindsOfValues);
        cases.add("conditional writes", Spymemcached::conditionalWrites);
        cases.add("compare and swap", Spymemcached::compareAndSwap);
        cases.add("counters", Spymemcached::counters);
        cases.add("expiry", Spymemcached::expiry);
        cases.add("large and binary", Spymemcached::largeAndBinary);
        cases.add("keys", Spymemcached::keys);
        cases.add("many keys", Spymemcached::manyKeys);
        cases.add("the server's words", Spymemcached::theServersWords);
        cases.add("concurrent", Spymemcached::concurrent);
        cases.run(() -> c.flush().get());
    }
}

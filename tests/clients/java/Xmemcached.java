import static java.util.Arrays.asList;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.rubyeye.xmemcached.CASOperation;
import net.rubyeye.xmemcached.GetsResponse;
import net.rubyeye.xmemcached.MemcachedClient;
import net.rubyeye.xmemcached.XMemcachedClientBuilder;
import net.rubyeye.xmemcached.exception.MemcachedClientException;
import net.rubyeye.xmemcached.transcoders.StringTranscoder;

/** xmemcached with its defaults: text protocol, gets of several callers merged into one. Needs HOST and PORT. */
final class Xmemcached {
    private static final InetSocketAddress ADDRESS = new InetSocketAddress(Cases.HOST, Cases.PORT);
    private static MemcachedClient c;

    private static MemcachedClient connect(int connections) throws Exception {
        XMemcachedClientBuilder builder = new XMemcachedClientBuilder(asList(ADDRESS));
        builder.setConnectionPoolSize(connections);
        builder.setOpTimeout(10_000);
        return builder.build();
    }

    private static void strings() throws Exception {
        Cases.equal(c.set("k", 0, "v"), true);
        Cases.equal(c.get("k"), "v");
        Cases.equal(c.get("absent"), null);
        Cases.equal(c.set("empty", 0, ""), true);
        Cases.equal(c.get("empty"), "");
        Cases.equal(c.set("l", 0, "w"), true);
        Cases.equal(c.get(asList("k", "absent", "l")), Map.of("k", "v", "l", "w"));
        Cases.equal(c.delete("k"), true);
        Cases.equal(c.delete("k"), false);
        Cases.equal(c.get(asList("k", "l")), Map.of("l", "w"));
    }

    private static void kindsOfValues() throws Exception {
        List<Integer> list = new ArrayList<>(asList(1, 2));
        for (Object value : asList(true, 7, -7L, 2.5, 'c', new byte[] {0, 13, 10}, "\u00e4", list)) {
            c.set("k", 0, value);
            Cases.equal(c.get("k"), value);
        }
    }

    private static void conditionalWrites() throws Exception {
        Cases.equal(c.replace("k", 0, "lost"), false);
        Cases.equal(c.append("k", "lost"), false);
        Cases.equal(c.prepend("k", "lost"), false);
        Cases.equal(c.get("k"), null);
        Cases.equal(c.add("k", 0, "one"), true);
        Cases.equal(c.add("k", 0, "lost"), false);
        Cases.equal(c.replace("k", 0, "two"), true);
        Cases.equal(c.append("k", ">"), true);
        Cases.equal(c.prepend("k", "<"), true);
        Cases.equal(c.get("k"), "<two>");
    }

    private static void compareAndSwap() throws Exception {
        c.set("k", 0, "v");
        GetsResponse<String> found = c.gets("k");
        Cases.equal(found.getValue(), "v");
        Cases.equal(c.cas("k", 0, "won", found.getCas()), true);
        Cases.equal(c.cas("k", 0, "lost", found.getCas()), false);
        Cases.equal(c.cas("absent", 0, "lost", found.getCas()), false);
        Cases.equal(c.get("k"), "won");
        Cases.equal(c.gets("absent"), null);
        Map<String, GetsResponse<String>> many = c.gets(asList("k", "absent"));
        Cases.equal(many.keySet(), Set.of("k"));
        Cases.equal(c.cas("k", 0, "again", many.get("k").getCas()), true);
    }

    private static void counters() throws Exception {
        Cases.equal(c.incr("n", 1, 10), 10L);
        Cases.equal(c.incr("n", 32), 42L);
        Cases.equal(c.decr("n", 2), 40L);
        Cases.equal(c.decr("n", 50), 0L);
        Cases.equal(c.getCounter("m", 5).addAndGet(3), 8L);
        c.set("s", 0, "abc");
        Cases.fails(MemcachedClientException.class, "non-numeric", () -> c.incr("s", 1));
        Cases.equal(c.get("s"), "abc");
    }

    private static void expiry() throws Exception {
        int now = (int) (System.currentTimeMillis() / 1000);
        Map<String, Integer> until =
                Map.of("soon", 1, "never", 0, "touched", 2, "then", now + 1000, "past", now - 1000);
        for (Map.Entry<String, Integer> one : until.entrySet()) {
            c.set(one.getKey(), one.getValue(), "v");
        }
        Cases.equal(c.touch("touched", 100), true);
        Cases.equal(c.touch("absent", 100), false);
        Cases.equal(c.get(asList("past", "then")), Map.of("then", "v"));
        c.set("mark", 2, "v");
        Cases.eventually("seconds pass", () -> c.get("mark") == null);
        Map<String, String> left = c.get(asList("soon", "never", "touched", "then"));
        Cases.equal(left.keySet(), Set.of("never", "touched", "then"));
    }

    private static void largeAndBinary() throws Exception {
        byte[] big = Cases.bytes(900_000);
        byte[] trap = "\r\nEND\r\nVALUE k 0 1\r\n".getBytes();
        Cases.equal(c.set("big", 0, big), true);
        Cases.equal(c.get("big"), big);
        Cases.equal(c.set("trap", 0, trap), true);
        Map<String, byte[]> both = c.get(asList("trap", "absent", "big"));
        Cases.equal(both.size(), 2);
        Cases.equal(both.get("trap"), trap);
        Cases.equal(both.get("big"), big);
        String text = "text ".repeat(1_000_000);
        Cases.equal(c.set("packed", 0, text), true);
        Cases.equal(text.equals(c.get("packed")), true);
    }

    private static void keys() throws Exception {
        String longest = "k".repeat(250);
        Cases.equal(c.set(longest, 0, "v"), true);
        Cases.fails(IllegalArgumentException.class, "too long", () -> c.get(longest + "k"));
        Cases.fails(IllegalArgumentException.class, "", () -> c.set("two words", 0, "v"));
        Cases.equal(c.set("\u00e4", 0, "w"), true);
        Cases.equal(c.get("\u00e4"), "w");
        Cases.equal(c.get(longest), "v");
        Cases.equal(c.withNamespace("space", one -> one.set("k", 0, "in space")), true);
        Cases.equal(c.withNamespace("space", one -> one.get("k")), "in space");
        c.invalidateNamespace("space");
        Cases.equal(c.withNamespace("space", one -> one.get("k")), null);
    }

    private static void noReply() throws Exception {
        c.setWithNoReply("k", 0, "1");
        c.addWithNoReply("k", 0, "lost");
        c.replaceWithNoReply("k", 0, "4");
        c.appendWithNoReply("k", "0");
        c.incrWithNoReply("k", 7);
        c.decrWithNoReply("k", 2);
        c.prependWithNoReply("k", "1");
        c.setWithNoReply("gone", 0, "v");
        c.deleteWithNoReply("gone");
        Cases.equal(c.get(asList("k", "gone")), Map.of("k", "145"));
        CASOperation<String> swap = new CASOperation<>() {
            @Override
            public int getMaxTries() {
                return 1;
            }

            @Override
            public String getNewValue(long token, String value) {
                return value + "!";
            }
        };
        c.casWithNoReply("k", swap);
        Cases.equal(c.get("k"), "145!");
        for (int i = 0; i < 500; i++) {
            c.setWithNoReply("n" + i, 0, i);
        }
        Cases.equal(c.get("n499"), 499);
        c.flushAllWithNoReply();
        Cases.equal(c.get("n499"), null);
    }

    private static void manyKeys() throws Exception {
        Map<String, String> values = new HashMap<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            values.put("key:" + i, "value " + i);
            names.addAll(asList("key:" + i, "absent:" + i));
            c.setWithNoReply("key:" + i, 0, "value " + i);
        }
        Cases.equal(c.get(names).equals(values), true);
    }

    private static void theServersWords() throws Exception {
        String version = c.getVersions().get(ADDRESS);
        Cases.check(version.startsWith("1.6."), version);
        Map<String, String> before = c.stats(ADDRESS);
        c.set("new", 0, "v");
        c.get("new");
        Map<String, String> after = c.stats(ADDRESS);
        for (String name : asList("cmd_set", "get_hits", "total_items")) {
            Cases.equal(Long.parseLong(after.get(name)) - Long.parseLong(before.get(name)), 1L);
        }
        Cases.equal(after.get("version"), version);
        Set<String> settings = c.getStatsByItem("settings").get(ADDRESS).keySet();
        Cases.check(settings.containsAll(asList("maxconns", "item_size_max")), settings.toString());
        c.getStatsByItem("items");
        c.setLoggingLevelVerbosity(ADDRESS, 0);
        c.flushAll();
        Cases.equal(c.get("new"), null);
    }

    private static void concurrent(MemcachedClient client) throws Exception {
        client.set("total", 0, "0", new StringTranscoder());
        client.set("cas", 0, 0);
        Cases.parallel(16, number -> {
            for (int i = 0; i < 200; i++) {
                String key = number + ":" + i;
                Cases.equal(client.set(key, 0, key), true);
                Cases.equal(client.get(key), key);
                client.incr("total", 1);
            }
        });
        Cases.equal(client.get("total", new StringTranscoder()), "3200");
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            names.add("3:" + i);
        }
        Cases.equal(client.get(names).keySet(), names);
    }

    private static void severalConnections() throws Exception {
        MemcachedClient pooled = connect(4);
        concurrent(pooled);
        pooled.shutdown();
    }

    public static void main(String[] arguments) throws Exception {
        c = connect(1);
        Cases cases = new Cases("xmemcached");
        cases.add("strings", Xmemcached::strings);
        cases.add("kinds of values", Xmemcached::kindsOfValues);
        cases.add("conditional writes", Xmemcached::conditionalWrites);
        cases.add("compare and swap", Xmemcached::compareAndSwap);
        cases.add("counters", Xmemcached::counters);
        cases.add("expiry", Xmemcached::expiry);
        cases.add("large and binary", Xmemcached::largeAndBinary);
        cases.add("keys", Xmemcached::keys);
        cases.add("no reply", Xmemcached::noReply);
        cases.add("many keys", Xmemcached::manyKeys);
        cases.add("the server's words", Xmemcached::theServersWords);
        cases.add("concurrent over one connection", () -> concurrent(c));
        cases.add("concurrent over several", Xmemcached::severalConnections);
        cases.run(c::flushAll);
    }
}

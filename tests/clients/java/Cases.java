import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The small case runner of the Java clients: add cases, run them, print failures and the closing line. */
final class Cases {
    static final String HOST = System.getenv("HOST");
    static final int PORT = Integer.parseInt(System.getenv("PORT"));

    interface Body {
        void run() throws Exception;
    }

    interface Work {
        void run(int number) throws Exception;
    }

    private final String library;
    private final Map<String, Body> cases = new LinkedHashMap<>();

    Cases(String library) {
        this.library = library;
    }

    void add(String name, Body body) {
        cases.put(name, body);
    }

    static void check(boolean condition, String text) {
        if (!condition) {
            throw new AssertionError(text);
        }
    }

    static void equal(Object got, Object want) {
        check(Objects.deepEquals(got, want), "\n got  " + brief(got) + "\n want " + brief(want));
    }

    private static String brief(Object value) {
        String text = value instanceof byte[] ? Arrays.toString((byte[]) value) : String.valueOf(value);
        return text.length() <= 600 ? text : text.substring(0, 600) + "... (" + text.length() + " characters)";
    }

    static void fails(Class<? extends Throwable> kind, String part, Body body) throws Exception {
        try {
            body.run();
        } catch (Throwable fault) {
            for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
                if (kind.isInstance(cause) && String.valueOf(cause.getMessage()).contains(part)) {
                    return;
                }
            }
            throw new AssertionError("another failure was expected", fault);
        }
        throw new AssertionError(kind.getSimpleName() + " was expected");
    }

    static void eventually(String what, Callable<Boolean> probe) throws Exception {
        for (long end = System.nanoTime() + 10_000_000_000L; !probe.call(); Thread.sleep(5)) {
            check(System.nanoTime() < end, "never came true: " + what);
        }
    }

    /** Runs n threads, each with its number; the first of their failures is thrown. */
    static void parallel(int n, Work work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(n);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int number = i;
            running.add(threads.submit(() -> {
                work.run(number);
                return null;
            }));
        }
        for (Future<?> one : running) {
            one.get();
        }
        threads.shutdown();
    }

    /** Bytes that no compression shortens; the same in each run. */
    static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    /** Runs them all, `before` ahead of each, and ends the program. */
    void run(Body before) {
        int passed = 0;
        int failed = 0;
        for (Map.Entry<String, Body> one : cases.entrySet()) {
            try {
                before.run();
                one.getValue().run();
                passed++;
            } catch (Throwable fault) {
                failed++;
                System.out.println("FAIL  " + library + ": " + one.getKey() + "\n" + trace(fault));
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }

    private static String trace(Throwable fault) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
            text.append("      ").append(cause.toString().replace("\n", "\n      ")).append("\n");
            for (StackTraceElement place : cause.getStackTrace()) {
                if (place.getFileName() != null && place.getFileName().matches("(Cases|Xm|Spym).*")) {
                    text.append("          ").append(place).append("\n");
                }
            }
        }
        return text.toString().stripTrailing();
    }
}

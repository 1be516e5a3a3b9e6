import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.queryparser.classic.QueryParser;

/** Reads a query a line, in base64, and says per line whether Lucene's classic parser takes it. */
public final class Lucene {
    private static final long SECONDS = 10;

    public static void main(String[] arguments) throws Exception {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        boolean leading = !List.of(arguments).contains("no-leading-wildcard");
        ExecutorService one = worker();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String query = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            Future<String> answer = one.submit(() -> reason(query, leading));
            try {
                String said = answer.get(SECONDS, TimeUnit.SECONDS);
                System.out.println(said == null ? "{}" : "{\"error\": " + json(said) + "}");
            } catch (TimeoutException late) {
                answer.cancel(true);
                one = worker();
                System.out.println("{\"silent\": true}");
            } catch (ExecutionException failure) {
                System.out.println("{\"silent\": true}");
            }
        }
        System.exit(0);
    }

    /** A thread of its own: a parse that does not end is left behind. */
    private static ExecutorService worker() {
        return Executors.newSingleThreadExecutor(
                task -> {
                    Thread thread = new Thread(null, task, "parse", 64L << 20);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    private static String reason(String query, boolean leading) {
        QueryParser parser = new QueryParser("*", new KeywordAnalyzer());
        parser.setAllowLeadingWildcard(leading);
        try {
            parser.parse(query);
            return null;
        } catch (Exception | StackOverflowError error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            return cause.getClass().getSimpleName() + ": " + cause.getMessage();
        }
    }

    private static String json(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char one : text.substring(0, Math.min(text.length(), 300)).toCharArray()) {
            if (one == '"' || one == '\\') {
                out.append('\\').append(one);
            } else if (one < ' ' || one > '~') {
                out.append(String.format("\\u%04x", (int) one));
            } else {
                out.append(one);
            }
        }
        return out.append('"').toString();
    }
}
